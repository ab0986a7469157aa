// What is measured. A stage is a set of servers that run at one time and take turns in short slices; a phase is one kind of
// load on them, an ask one kind of request in it. What a ratio compares stands in one phase of one stage.
// Ids of measures are `variant size phase`, and where one server answers a phase's asks in two ways, the ask's suffix.

export const LABELS = {
  'bare-buffer': 'bare node:http, Buffer body',
  'bare-string': 'bare node:http, string body',
  'bare-range': 'bare node:http, one range by hand',
  'bare-https': 'bare node:https, Buffer body',
  'fastify-object': 'Fastify route, uncached',
  'fastify-text': 'Fastify route, uncached, ready text',
  'fastify-object-six-hooks': 'Fastify route, uncached, six hooks',
  'fastify-guarded': 'Fastify route, uncached, two schemas, six hooks',
  'fastify-busy': 'Fastify route, uncached, handler works 1.5 ms',
  'caching-etag': '@fastify/caching + @fastify/etag',
  lcache: 'fastify-lcache',
  auto: "catzilla, mode 'auto'",
  'auto-no-near': "catzilla, mode 'auto', no near-cache",
  send: "catzilla, mode 'send'",
  'auto-six-hooks': "catzilla, mode 'auto', six hooks",
  'send-six-hooks': "catzilla, mode 'send', six hooks",
  'auto-stale': "catzilla, mode 'auto', stale, beside its refresh",
  'auto-guarded': "catzilla, mode 'auto', two schemas, six hooks",
  'early-guarded': "catzilla, the same with lookup: 'onRequest', skipGuards",
  'auto-busy': "catzilla, mode 'auto', handler works 1.5 ms once",
  'auto-https': "catzilla, mode 'auto', HTTPS",
};

/** The phase that ratios are made from, unless they say otherwise. */
export const MAIN = 'c50';

const BROWSER = '50 connections, browser headers';
const SINGLE = '1 connection, browser headers';
/** 1 KB: hits as they are compared with everybody. */
const HIT = [
  'bare-buffer',
  'bare-string',
  'fastify-object',
  'fastify-text',
  'fastify-object-six-hooks',
  'caching-etag',
  'lcache',
  'auto',
  'send',
  'auto-six-hooks',
  'send-six-hooks',
  'auto-stale',
];
const QUICK_HIT = [
  'bare-buffer',
  'bare-string',
  'fastify-object',
  'auto',
  'send',
  'auto-six-hooks',
];
const PAGE = HIT.filter((variant) => !/six-hooks|stale/.test(variant));
/** Answers of 256 KB and more: the variants that differ there. */
const LARGE = ['bare-buffer', 'auto', 'auto-no-near'];
const LARGE_SIZES = [
  [262_144, 1000],
  [1_048_576, 400],
  [4_194_304, 120],
];

/**
 * The stages of a run.
 * @returns [{ id, size, warm, slices, variants, phases }] warm: requests to each server before the first slice, of `head`;
 *   phases: [{ name, connections, requests, asks: [{ head, suffix, variants }], shown }], requests: of one slice
 */
export function makeStages(quick) {
  const stages = [hit(quick), guarded(quick), busy(quick)];
  return quick ? stages : [...stages, secure(), page(), range(), ...LARGE_SIZES.map(large)];
}

/** The cells of a stage: one server each. */
export function cellsOf({ id, size, head, isSecure, variants }) {
  return variants.map((variant) => ({
    stage: id,
    id: `${variant} ${size}`,
    variant,
    size,
    label: LABELS[variant],
    head,
    isSecure,
  }));
}

/** Whether a server of ours does not answer: its header fields are then those of our own answer. */
export function isBare({ variant }) {
  return variant.startsWith('bare');
}

/** The asks of a phase that concern a variant. */
export function asksOf({ asks }, variant) {
  return asks.filter((ask) => ask.variants?.includes(variant) ?? true);
}

/** What samples of a cell are kept under. */
export function sampleName(phase, { suffix }) {
  return suffix === undefined ? phase.name : `${phase.name} ${suffix}`;
}

function stage(
  id,
  size,
  variants,
  phases,
  { warm, slices = 4, head = 'browser', isSecure = false },
) {
  return { id, size, variants, phases, warm, slices, head, isSecure };
}

function phase(name, connections, head, requests, shown) {
  return { name, connections, requests, asks: [{ head }], shown };
}

function hit(quick) {
  const variants = quick ? QUICK_HIT : HIT;
  const revalidation = {
    ...phase('c50-304', 50, 'revalidation', 3000, '50 connections, revalidation, 304'),
    asks: [
      { head: 'revalidation', variants: quick ? ['auto'] : ['caching-etag', 'auto', 'send'] },
      // The 200 of the same entry for a client with an older one, from the same process, slice beside slice.
      { head: 'changed', suffix: '200', variants: ['auto'], says: 'the same entry as a 200' },
    ],
  };
  const more = [
    phase('c1', 1, 'browser', 2000, SINGLE),
    phase('c50-minimal', 50, 'minimal', 3000, '50 connections, Host header only'),
  ];
  const phases = [phase(MAIN, 50, 'browser', 4000, BROWSER), ...(quick ? [] : more), revalidation];
  const pace = quick ? { warm: 3000, slices: 4 } : { warm: 10_000, slices: 5 };
  return stage('hit', 1024, variants, phases, pace);
}

function guarded(quick) {
  const shown = `${BROWSER}, a query, two schemas and six hooks`;
  const variants = [...(quick ? [] : ['fastify-guarded']), 'auto-guarded', 'early-guarded'];
  return stage('guarded', 1024, variants, [phase(MAIN, 50, 'guarded', 4000, shown)], {
    warm: quick ? 3000 : 10_000,
    slices: quick ? 4 : 5,
    head: 'guarded',
  });
}

// A slice of the uncached one takes half a second, where there is time for it.
function busy(quick) {
  const shown = `${SINGLE}, a handler that works 1.5 ms`;
  const phases = [phase('c1', 1, 'browser', quick ? 100 : 300, shown)];
  return stage('busy', 1024, ['fastify-busy', 'auto-busy'], phases, { warm: quick ? 500 : 2000 });
}

function secure() {
  const phases = [phase(MAIN, 50, 'browser', 3000, `HTTPS, ${BROWSER}`)];
  const pace = { warm: 6000, isSecure: true };
  return stage('https', 1024, ['bare-https', 'auto-https'], phases, pace);
}

function page() {
  const phases = [
    phase(MAIN, 50, 'browser', 1500, BROWSER),
    phase('c1', 1, 'browser', 750, SINGLE),
  ];
  return stage('page', 65_536, PAGE, phases, { warm: 3000 });
}

function range() {
  const shown = '50 connections, browser headers, one range of 1 KB, 206';
  const phases = [phase('c50-range', 50, 'range', 3000, shown)];
  return stage('range', 65_536, ['bare-range', 'auto'], phases, { warm: 6000, head: 'range' });
}

function large([size, requests]) {
  const phases = [phase(MAIN, 8, 'browser', requests, '8 connections, browser headers')];
  return stage(`large ${size}`, size, LARGE, phases, { warm: Math.ceil(requests / 2) });
}
