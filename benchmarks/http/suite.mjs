// The HTTP suite: every cell once per round, in an order that moves on each round, each with a fresh server process.
// Ratios are made from CPU time per request of the serving process, at 50 connections with browser headers.
import { summarize } from '../lib/statistics.mjs';
import { measureRound, warmServer } from './hit.mjs';
import { fieldsOf } from './requests.mjs';
import { startClient } from './rig.mjs';

export const versionsOf = [
  '@catzilla/fastify-cache',
  '@catzilla/cache-core',
  'fastify',
  '@fastify/caching',
  '@fastify/etag',
  'fastify-lcache',
];

const LABELS = {
  'bare-buffer': 'bare node:http, Buffer body',
  'bare-string': 'bare node:http, string body',
  'fastify-object': 'Fastify route, uncached',
  'fastify-text': 'Fastify route, uncached, ready text',
  'fastify-object-six-hooks': 'Fastify route, uncached, six hooks',
  'caching-etag': '@fastify/caching + @fastify/etag',
  lcache: 'fastify-lcache',
  auto: "catzilla, mode 'auto'",
  'auto-no-near': "catzilla, mode 'auto', no near-cache",
  send: "catzilla, mode 'send'",
  'auto-six-hooks': "catzilla, mode 'auto', six hooks",
  'send-six-hooks': "catzilla, mode 'send', six hooks",
};
const QUICK = ['bare-buffer', 'bare-string', 'fastify-object', 'auto', 'send', 'auto-six-hooks'];
/** The group `large`: the variants whose answers to it differ, and its bodies. */
const LARGE = ['bare-buffer', 'auto', 'auto-no-near'];
const LARGE_SIZES = [262_144, 1_048_576, 4_194_304];
const REVALIDATING = ['caching-etag', 'auto', 'send'];
const MAIN = 'c50';

/** @returns measures (for the tables), ratios by id, settings */
export async function runSuite({ quick, rounds, only }, progress) {
  const settings = makeSettings(quick);
  const cells = makeCells(quick).filter(
    (cell) =>
      !only || `${cell.id} ${cell.label} ${cell.size > 65536 ? 'large' : ''}`.includes(only),
  );
  if (cells.length === 0) throw new Error(`nothing is called '${only}'`);
  const sizes = [...new Set(cells.map((cell) => cell.size))];
  const client = startClient();
  try {
    const headers = {};
    const collected = new Map(cells.map((cell) => [cell.id, []]));
    for (const size of sizes) headers[size] = await sharedHeaders(client, size);
    for (let round = 0; round < rounds; round++) {
      for (const size of sizes) {
        const due = cells
          .filter((cell) => cell.size === size)
          .map((cell) => ({ ...cell, headers: isBare(cell) ? headers[size] : undefined }));
        const plan = { client, ...settings[size], shift: round };
        const results = await measureRound(due, plan, (line) =>
          progress(`round ${round + 1}/${rounds}, ${line}`),
        );
        due.forEach((cell, at) => {
          if (isBare(cell)) sameFields(results[at].answer, headers[size]);
          collected.get(cell.id).push(results[at].phases);
        });
      }
    }
    const measures = makeMeasures(cells, collected, settings);
    return { settings: { ...settings, headers }, measures, ratios: makeRatios(measures) };
  } finally {
    await client.stop();
  }
}

function isBare({ variant }) {
  return variant.startsWith('bare');
}

function makeSettings(quick) {
  const phase = (name, connections, head, requests, shown) => ({
    name,
    connections,
    head,
    requests,
    shown,
  });
  const browser = '50 connections, browser headers';
  const small = [phase(MAIN, 50, 'browser', 4000, browser)];
  if (!quick) {
    small.push(
      phase('c1', 1, 'browser', 2000, '1 connection, browser headers'),
      phase('c50-minimal', 50, 'minimal', 3000, '50 connections, Host header only'),
      {
        ...phase('c50-304', 50, 'revalidation', 3000, '50 connections, revalidation, 304'),
        variants: REVALIDATING,
      },
    );
  }
  const page = [
    phase(MAIN, 50, 'browser', 1500, browser),
    phase('c1', 1, 'browser', 750, '1 connection, browser headers'),
  ];
  const large = (requests) => ({
    warm: Math.ceil(requests / 2),
    slices: 4,
    phases: [phase(MAIN, 8, 'browser', requests, '8 connections, browser headers')],
  });
  return {
    1024: { warm: quick ? 3000 : 10_000, slices: quick ? 4 : 5, phases: small },
    65536: { warm: 3000, slices: 4, phases: page },
    262144: large(1000),
    1048576: large(400),
    4194304: large(120),
    ratiosFrom:
      'CPU time per request of the serving process (process.cpuUsage), 50 connections, browser headers',
  };
}

function makeCells(quick) {
  const variants = quick ? QUICK : Object.keys(LABELS);
  const sizes = quick ? [1024] : [1024, 65536, ...LARGE_SIZES];
  return sizes.flatMap((size) =>
    variants
      .filter((variant) => isMeasured(variant, size))
      .map((variant) => ({ id: `${variant} ${size}`, variant, size, label: LABELS[variant] })),
  );
}

function isMeasured(variant, size) {
  if (LARGE_SIZES.includes(size)) return LARGE.includes(variant);
  return variant !== 'auto-no-near' && (size === 1024 || !variant.includes('six-hooks'));
}

/**
 * The fields our hit carries, for the bare servers to send the same; Date, Connection and Keep-Alive come from Node
 * itself in both.
 */
async function sharedHeaders(client, size) {
  const { server, answer } = await warmServer({ variant: 'auto', size }, client, 50);
  await server.stop();
  return fieldsOf(answer)
    .filter(([name]) => !/^(date|connection|keep-alive)$/i.test(name))
    .flat();
}

function sameFields(answer, headers) {
  const names = (list) =>
    list
      .map((name) => name.toLowerCase())
      .sort()
      .join(' ');
  const sent = names(fieldsOf(answer).map(([name]) => name));
  const wanted = names([
    ...headers.filter((_, at) => at % 2 === 0),
    'date',
    'connection',
    'keep-alive',
  ]);
  if (sent !== wanted) throw new Error(`the bare server sends '${sent}', not '${wanted}'`);
}

function makeMeasures(cells, collected, settings) {
  const sizes = [...new Set(cells.map((cell) => cell.size))];
  const rows = sizes.flatMap((size) => settings[size].phases.map((phase) => ({ size, phase })));
  return rows.flatMap(({ size, phase }) =>
    cells
      .filter((cell) => cell.size === size)
      .map((cell) => ({ cell, samples: collected.get(cell.id).map((one) => one[phase.name]) }))
      .filter(({ samples }) => samples.every(Boolean))
      .map(({ cell, samples }) => ({
        id: `${cell.id} ${phase.name}`,
        group: `${size / 1024} KB JSON, ${phase.shown}`,
        label: cell.label,
        kind: 'http',
        unit: 'µs',
        figureOf: 'cpuMicros',
        task: { variant: cell.variant, size, ...phase },
        ...summarize(samples.map((sample) => sample.cpuMicros)),
        details: samples,
      })),
  );
}

/** Bare is the better of its two forms. */
function makeRatios(measures) {
  const cost = (variant) =>
    measures.find((one) => one.id === `${variant} 1024 ${MAIN}`)?.median ?? NaN;
  const bare = Math.min(cost('bare-buffer'), cost('bare-string'));
  const ratios = {
    auto_hit_cpu_over_bare: cost('auto') / bare,
    auto_hit_cpu_over_fastify_route: cost('auto') / cost('fastify-object'),
    auto_hit_six_hooks_cpu_over_bare: cost('auto-six-hooks') / bare,
    send_hit_cpu_over_bare: cost('send') / bare,
  };
  return Object.fromEntries(Object.entries(ratios).filter(([, value]) => !Number.isNaN(value)));
}
