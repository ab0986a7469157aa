// A request that memory could not answer: it waits for another's answer, looks in the tiers below, waits for another
// instance, and else runs its handler.
// Invariant: the first miss of a key leads: it opens the fill before it looks below, so that equal requests make one read
// there as they make one run of the handler. Whatever a fill was opened for ends it: an answer from below, the handler, or
// a client that has gone. What is answered after a wait is answered in the context (AsyncLocalStorage) of its own request.
import type { FillOutcome, OpenFill } from '../collapse.ts';
import type { Entry, VariantIndex } from '../entry/entry.ts';
import type { FoundIndex } from '../records.ts';
import type { Fields } from '../rfc/fields.ts';
import { parseCacheControl } from '../rfc/parse-cache-control.ts';
import type { ForwardReason } from '../rfc/reasons.ts';
import { variantKey } from '../rfc/vary.ts';
import { takeTurn } from '../tiers/fill-lock.ts';
import type { FillLock } from '../tiers/fill-lock.ts';
import { answer } from './answer.ts';
import { explain, isGone, lookBelow, lookup } from './ask.ts';
import type { Ask, Missed } from './ask.ts';
import { fill } from './fill.ts';

/** Handles a request whose answer is not in memory.
 * @returns what the handler returned, or a promise of the reply */
export function miss(ask: Ask, now: number): unknown {
  const { request, reply, route } = ask;
  const headers = request.headers as Fields;
  const { collapser, counters } = route.scope;
  const missed = explain(ask, now);
  const asksBelow = mayBeBelow(ask, missed.fwd);
  const directives = parseCacheControl(headers['cache-control']);
  if (directives.onlyIfCached) {
    return asksBelow ? onlyFromBelow(ask, missed) : reply.code(504).send();
  }
  const isAlone =
    collapser === undefined ||
    request.raw.method === 'HEAD' ||
    directives.noStore ||
    missed.fwd === 'request';
  if (isAlone)
    return asksBelow ? throughTiers(ask, missed, undefined, undefined) : run(ask, missed);
  const queue = queueKey(ask, missed.index?.index);
  const waiting = collapser.wait(queue, now);
  if (waiting !== undefined) {
    counters.collapsed++;
    return afterFill(ask, waiting);
  }
  const open = collapser.open(queue, now);
  // What could not be stored here is not stored elsewhere either.
  if (!asksBelow || collapser.isMarked(queue, now)) return run(ask, missed, open);
  return throughTiers(ask, missed, open, undefined);
}

function run(ask: Ask, missed: Missed, open?: OpenFill): unknown {
  return fill(ask, {
    fwd: missed.fwd,
    open,
    collapsed: undefined,
    below: undefined,
    lock: undefined,
  });
}

// An entry that may not answer this request is what the tiers below have too.
function mayBeBelow({ route, policy }: Ask, fwd: ForwardReason): boolean {
  return fwd !== 'request' && fwd !== 'miss' && route.scope.belowFor(policy) !== undefined;
}

// Those who could be served by one fill: before anything is known of the URL all of them, later those of one variant.
function queueKey({ key, request }: Ask, index: VariantIndex | undefined): string {
  const names = index?.lists[0];
  if (names === undefined) return key;
  return `${key}\n${variantKey(names, request.headers as Fields)}`;
}

// RFC 9111 5.2.1.7; our own 504 says nothing in Cache-Status (RFC 9211 2).
async function onlyFromBelow(ask: Ask, missed: Missed): Promise<unknown> {
  const { entry } = await lookBelow(ask, missed.index);
  if (isGone(ask)) return ask.reply;
  if (entry !== undefined) return answerBelow(ask, entry);
  return ask.reply.code(504).send();
}

async function throughTiers(
  ask: Ask,
  missed: Missed,
  open: OpenFill | undefined,
  collapsed: false | undefined,
): Promise<unknown> {
  const { collapser } = ask.route.scope;
  const end = (outcome: FillOutcome): void => {
    if (open !== undefined) collapser?.settle(open, outcome);
  };
  const found = await lookBelow(ask, missed.index);
  let { entry } = found;
  let lock: FillLock | undefined;
  if (entry === undefined && open !== undefined && !isGone(ask)) {
    ({ entry, lock } = await turnOf(ask, open, found.index));
  }
  if (isGone(ask)) {
    lock?.letGo([]);
    end('again');
    return ask.reply;
  }
  if (entry !== undefined) {
    end('stored');
    return answerBelow(ask, entry);
  }
  return awaited(ask, fill(ask, { fwd: missed.fwd, open, collapsed, below: found.index, lock }));
}

async function turnOf(
  ask: Ask,
  open: OpenFill,
  index: FoundIndex | undefined,
): Promise<{ entry: Entry | undefined; lock: FillLock | undefined }> {
  const { scope } = ask.route;
  const { collapse } = scope.settings;
  if (collapse === false || collapse.lock === false) return { entry: undefined, lock: undefined };
  const find = async (): Promise<Entry | undefined> =>
    lookup(ask.route, ask.policy, ask.key, ask.request, Date.now()) ??
    (await lookBelow(ask, index)).entry;
  const { tiered } = scope;
  return takeTurn(tiered, open.key, collapse.lock, find, () => isGone(ask), collapse.timeout);
}

function answerBelow(ask: Ask, entry: Entry): unknown {
  const { route, request, reply } = ask;
  route.scope.counters.below++;
  answer(route, request, reply, entry, Date.now());
  return reply;
}

async function afterFill(ask: Ask, first: Promise<FillOutcome>): Promise<unknown> {
  const { route, request, reply, policy, key } = ask;
  const { collapser, counters } = route.scope;
  let waiting: Promise<FillOutcome> | undefined = first;
  let missed: Missed = { fwd: 'uri-miss', index: undefined };
  let mayBeStored = false;
  let open: OpenFill | undefined;
  // Twice: the first answer may have been another variant of the URL, or not for the cache.
  for (let round = 0; round < 2 && waiting !== undefined; round++) {
    const outcome: FillOutcome = await waiting;
    waiting = undefined;
    if (outcome === 'timeout') counters.timeouts++;
    if (isGone(ask)) return reply;
    const now = Date.now();
    const entry = lookup(route, policy, key, request, now);
    if (entry !== undefined) {
      answer(route, request, reply, entry, now);
      return reply;
    }
    missed = explain(ask, now);
    mayBeStored = outcome === 'stored' || outcome === 'again';
    if (!mayBeStored) break;
    const queue = queueKey(ask, missed.index?.index);
    // A route that is not kept in memory: what was stored lies below, for all who waited at once.
    if (outcome === 'stored' && !policy.readsMemory) break;
    waiting = collapser?.wait(queue, now);
    if (waiting === undefined) open = collapser?.open(queue, now);
  }
  // Who led has looked below for all; but a variant of ours, or what came since, he has not.
  if (mayBeStored && mayBeBelow(ask, missed.fwd)) return throughTiers(ask, missed, open, false);
  const facts = { fwd: missed.fwd, open, collapsed: false, below: missed.index, lock: undefined };
  return awaited(ask, fill(ask, facts));
}

// undefined: the handler will call reply.send itself; a reply is awaited until it has been sent.
function awaited(ask: Ask, result: unknown): unknown {
  return result === undefined ? ask.reply : result;
}
