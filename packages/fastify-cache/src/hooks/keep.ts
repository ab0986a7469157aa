// The end of a fill whose body is whole: its entry is put together, stored, and the waiters are freed; or it is refused.
// Invariant: every judged fill comes here exactly once, and is then counted, settled, and marked if nobody should wait for it.
import { computeEtag } from '@catzilla/http';
import type { EntryHead } from '../entry/entry.ts';
import { keyOfSearch } from '../no-vary-search.ts';
import { PART } from '../rfc/partial.ts';
import type { StoreFacts } from '../rfc/storable.ts';
import type { StoredField } from '../rfc/stored-headers.ts';
import type { PluginReason } from '../stats.ts';
import { storeResponse } from '../store.ts';
import type { StoreJob } from '../store.ts';
import { partial, pieceToStore } from './part.ts';
import { settleFill } from './pass.ts';
import type { FillPass } from './pass.ts';

/** What was known when the reply was judged. */
export interface Job {
  readonly facts: StoreFacts;
  readonly transformed: boolean;
  /** Its strong ETag was made weak. */
  readonly isWeakened: boolean;
  readonly status: number;
  /** When it was judged, ms. */
  readonly now: number;
  /** Fields to keep, without those that depend on the whole body. */
  readonly fields: readonly StoredField[];
  /** Of the policy and of the handler. */
  readonly tags: readonly string[];
}

/** Puts a whole body into the cache and frees the waiters.
 * @returns why it was not stored */
export function keep(pass: FillPass, job: Job, body: Buffer): PluginReason | undefined {
  const { scope } = pass.route;
  const store = isCut(pass, job, body) ? 'incomplete' : storeJobOf(pass, job, body);
  if (typeof store === 'string') return refuse(pass, store, Date.now());
  const stored = storeResponse(scope, store, Date.now());
  if (typeof stored === 'string') return refuse(pass, stored, Date.now());
  pass.stored = stored.keys;
  scope.counters.stored++;
  void stored.refusal.then((reason) => {
    if (reason === undefined) return;
    // Its waiters and its client are on their way: they find out by themselves.
    scope.counters.stored--;
    scope.counters.refuse(reason);
  });
  pass.route.counts.stored++;
  const { freshForMs, mustValidate } = job.facts;
  // Nobody else can be answered from what has to be validated each time: let them not queue for it.
  const serves = freshForMs > 0 && !mustValidate;
  if (pass.open !== undefined) {
    if (serves) scope.collapser?.unmark(pass.open.key);
    else scope.collapser?.mark(pass.open.key, Date.now());
  }
  settleFill(pass, serves ? 'stored' : 'not-stored');
  return undefined;
}

/** The head of an entry, less its key.
 * @param fields  all that are kept */
export function headOf(
  pass: FillPass,
  { facts, status, transformed, isWeakened, now, tags }: Job,
  fields: readonly StoredField[],
): Omit<EntryHead, 'key'> {
  return {
    route: pass.route.id,
    status,
    fields,
    bornAt: facts.bornAt,
    lifetimeMs: facts.lifetimeMs,
    ttlOnly: facts.ttlOnly,
    authorizationAllowed: facts.authorizationAllowed,
    transformed,
    isWeakened,
    stale: facts.stale,
    mustValidate: facts.mustValidate,
    forbidsStale: facts.forbidsStale,
    ownValidator: facts.ownValidator,
    immutable: facts.immutable,
    took: Math.max(0, now - pass.started),
    tags,
  };
}

// A stream that ended before its declared length.
function isCut(pass: FillPass, { fields }: Job, body: Buffer): boolean {
  const declared = fields.find((field) => field[0] === 'content-length')?.[1];
  return pass.copy !== undefined && declared !== undefined && Number(declared) !== body.length;
}

function storeJobOf(pass: FillPass, given: Job, received: Buffer): StoreJob | PluginReason {
  const { route, policy, start } = pass;
  const { job, body, isPart } =
    given.status === 206
      ? pieceToStore(pass, given, received, bodyLimit(pass))
      : { job: given, body: received, isPart: false };
  const { facts, status, fields, tags } = job;
  const elapsed = Date.now() - job.now;
  const kept = fields.filter((field) => field[0] !== 'content-length');
  if (status === 200 && !kept.some((field) => field[0] === 'etag')) {
    kept.push(['etag', computeEtag(body)]);
  }
  if (status !== 204) kept.push(['content-length', String(body.length)]);
  const usefulFor = facts.usefulForMs - elapsed;
  if (start === undefined || usefulFor <= 0) return 'incomplete';
  const search = fields.find(([name]) => name === 'no-vary-search')?.[1];
  const key = policy.noVarySearch
    ? keyOfSearch(route.scope, pass.own, search, usefulFor)
    : pass.own;
  return {
    key,
    head: headOf(pass, job, kept),
    body,
    freshFor: facts.freshForMs - elapsed,
    usefulFor,
    vary: isPart ? [...facts.vary, PART] : facts.vary,
    constrained: route.constrained,
    headers: isPart ? partial(pass.headers) : pass.headers,
    normalize: policy.vary.normalize,
    maxVariants: policy.maxVariants,
    started: pass.started,
    start,
    below: key === pass.key ? pass.below : undefined,
    tags,
    tiers: policy.tiers,
  };
}

/** Largest body that is stored, bytes. */
export function bodyLimit({ policy, route }: FillPass): number {
  return Math.min(policy.maxBodyBytes, route.scope.maxBodyBytes);
}

// Reasons that lie in the request: the next client may well get a storable reply.
const PERSONAL: ReadonlySet<string> = new Set([
  'authorization',
  'cookie',
  'credentials',
  'request-no-store',
  'method',
  'purged-meanwhile',
  'superseded',
  'incomplete',
]);

/** Counts a fill that is not stored, and frees its waiters: to run their handlers, or to wait for one of themselves. */
export function refuse<R extends string>(pass: FillPass, reason: R, now: number): R {
  const { counters, collapser } = pass.route.scope;
  counters.refuse(reason);
  pass.refused = reason;
  pass.route.counts.notStored++;
  const isPersonal = PERSONAL.has(reason);
  if (pass.open !== undefined && !isPersonal) collapser?.mark(pass.open.key, now);
  settleFill(pass, isPersonal ? 'again' : 'not-stored');
  return reason;
}
