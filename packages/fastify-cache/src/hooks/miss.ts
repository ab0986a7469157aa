// A request that memory could not answer with a fresh entry: it is answered with a stale one that may be, waits for
// another's answer, looks in the tiers below, waits for another instance, and else runs its handler.
// Invariant: the first miss of a key leads: it opens the fill before it looks below, so that equal requests make one read
// there as they make one run of the handler. Whatever a fill was opened for ends it: an answer from below, the handler, or
// a client that has gone. What is answered after a wait is answered in the context (AsyncLocalStorage) of its own request.
import type { FillOutcome, OpenFill } from '../collapse.ts';
import { letGo } from '../entry/entry.ts';
import type { Entry, VariantIndex } from '../entry/entry.ts';
import type { FoundIndex } from '../records.ts';
import { parseCacheControl } from '../rfc/parse-cache-control.ts';
import type { ForwardReason } from '../rfc/reasons.ts';
import { maySubstitute } from '../rfc/use.ts';
import { variantKey } from '../rfc/vary.ts';
import { takeTurn } from '../tiers/fill-lock.ts';
import type { FillLock } from '../tiers/fill-lock.ts';
import { answer } from './answer.ts';
import { answerable, explain, isGone, lookBelow, lookup, newer } from './ask.ts';
import type { Ask, Candidate, Missed } from './ask.ts';
import { fill } from './fill.ts';
import { answerFromPart } from './part.ts';
import { refreshBehind, refreshOf } from './refresh.ts';

/** Handles a request whose answer is not fresh in memory.
 * @param isAbsent  memory has no record under its key
 * @returns what the handler returned, or a promise of the reply */
export function miss(ask: Ask, now: number, isAbsent: boolean): unknown {
  const { request, reply, route, headers, policy } = ask;
  const { collapser, counters } = route.scope;
  const missed = explain(ask, now, isAbsent);
  if (answerStale(ask, missed.candidate, now)) return undefined;
  const part = answerFromPart(ask, now);
  if (part !== undefined) {
    answer(route, policy, request, reply, part, now);
    return undefined;
  }
  const asksBelow = mayBeBelow(ask, missed.fwd);
  const directives = parseCacheControl(headers['cache-control']);
  const obeys = policy.requestDirectives !== 'ignore';
  if (obeys && directives.onlyIfCached) {
    return asksBelow ? onlyFromBelow(ask, missed) : reply.code(504).send();
  }
  const isAlone =
    collapser === undefined ||
    request.raw.method === 'HEAD' ||
    headers['range'] !== undefined ||
    (obeys && directives.noStore) ||
    missed.fwd === 'request' ||
    // Each use of it needs an answer of its own.
    missed.candidate?.entry.mustValidate === true ||
    refreshOf(request) !== undefined;
  if (isAlone) {
    return asksBelow ? throughTiers(ask, missed, undefined, undefined) : run(ask, missed);
  }
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
    stale: missed.candidate?.entry,
  });
}

// Answers from a candidate, if it may be used as it is, and has it refreshed if that is the condition.
function answerStale(ask: Ask, candidate: Candidate | undefined, now: number): boolean {
  const entry = answerable(candidate);
  if (entry === undefined) return false;
  const { route, request, reply, policy } = ask;
  if (candidate?.use === 'behind') refreshBehind(ask, entry);
  if (candidate?.use !== 'fresh') route.scope.counters.stale++;
  answer(route, policy, request, reply, entry, now);
  return true;
}

// An entry that may not answer this request is what the tiers below have too.
function mayBeBelow({ route, policy }: Ask, fwd: ForwardReason): boolean {
  return fwd !== 'request' && fwd !== 'miss' && route.scope.belowFor(policy) !== undefined;
}

// Those who could be served by one fill: before anything is known of the URL all of them, later those of one variant.
function queueKey({ key, headers, policy }: Ask, index: VariantIndex | undefined): string {
  const names = index?.lists[0];
  if (names === undefined) return key;
  return `${key}\n${variantKey(names, headers, policy.vary.normalize)}`;
}

// RFC 9111 5.2.1.7; our own 504 says nothing in Cache-Status (RFC 9211 2).
async function onlyFromBelow(ask: Ask, missed: Missed): Promise<unknown> {
  const { candidate } = await lookBelow(ask, missed.index);
  if (isGone(ask)) {
    letGo(candidate?.entry);
    return ask.reply;
  }
  if (answerBelow(ask, candidate)) return ask.reply;
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
  let candidate = newer(missed.candidate, found.candidate);
  let lock: FillLock | undefined;
  if (answerable(candidate) === undefined && open !== undefined && !isGone(ask)) {
    const turn = await turnOf(ask, open, found.index);
    ({ lock } = turn);
    if (turn.entry !== undefined) candidate = { entry: turn.entry, use: 'fresh' };
  }
  if (isGone(ask)) {
    letGo(candidate?.entry);
    lock?.letGo([]);
    end('again');
    return ask.reply;
  }
  if (answerBelow(ask, candidate)) {
    end('stored');
    return ask.reply;
  }
  const stale = candidate?.entry;
  const fwd = stale === undefined ? missed.fwd : 'stale';
  return awaited(ask, fill(ask, { fwd, open, collapsed, below: found.index, lock, stale }));
}

async function turnOf(
  ask: Ask,
  open: OpenFill,
  index: FoundIndex | undefined,
): Promise<{ entry: Entry | undefined; lock: FillLock | undefined }> {
  const { route, policy, key, headers } = ask;
  const { collapse } = route.scope.settings;
  if (collapse === false || collapse.lock === false) return { entry: undefined, lock: undefined };
  const find = async (): Promise<Entry | undefined> =>
    lookup(route, policy, key, headers, Date.now()) ?? (await freshBelow(ask, index));
  const { tiered } = route.scope;
  return takeTurn(tiered, open.key, collapse.lock, find, () => isGone(ask), collapse.timeout);
}

async function freshBelow(ask: Ask, index: FoundIndex | undefined): Promise<Entry | undefined> {
  const { candidate } = await lookBelow(ask, index);
  return candidate?.use === 'fresh' ? candidate.entry : letGo(candidate?.entry);
}

function answerBelow(ask: Ask, candidate: Candidate | undefined): boolean {
  if (!answerStale(ask, candidate, Date.now())) return false;
  ask.route.scope.counters.below++;
  return true;
}

async function afterFill(ask: Ask, first: Promise<FillOutcome>): Promise<unknown> {
  const { route, request, reply, policy, key, headers } = ask;
  const { collapser, counters } = route.scope;
  let waiting: Promise<FillOutcome> | undefined = first;
  let missed: Missed = { fwd: 'uri-miss', index: undefined, candidate: undefined };
  let mayBeStored = false;
  let open: OpenFill | undefined;
  // Twice: the first answer may have been another variant of the URL, or not for the cache.
  for (let round = 0; round < 2 && waiting !== undefined; round++) {
    const outcome: FillOutcome = await waiting;
    waiting = undefined;
    if (outcome === 'timeout') counters.timeouts++;
    if (isGone(ask)) return reply;
    const now = Date.now();
    const entry = lookup(route, policy, key, headers, now);
    if (entry !== undefined) {
      answer(route, policy, request, reply, entry, now);
      return reply;
    }
    missed = explain(ask, now, false);
    if (answerStale(ask, missed.candidate, now)) return reply;
    const stale = missed.candidate?.entry;
    if (outcome === 'failed' && stale !== undefined && maySubstitute(stale, now)) {
      // The handler has just failed for another: it is not asked once for each who waited.
      counters.staleIfError++;
      answer(route, policy, request, reply, stale, now);
      return reply;
    }
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
  const { fwd, index: below, candidate } = missed;
  const stale = candidate?.entry;
  return awaited(ask, fill(ask, { fwd, open, collapsed: false, below, lock: undefined, stale }));
}

// undefined: the handler will call reply.send itself; a reply is awaited until it has been sent.
function awaited(ask: Ask, result: unknown): unknown {
  return result === undefined ? ask.reply : result;
}
