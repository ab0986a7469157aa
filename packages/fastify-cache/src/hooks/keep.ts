// The end of a fill whose body is whole: its entry is put together, stored, and the waiters are freed; or it is refused.
// Invariant: every judged fill comes here exactly once, and is then counted, settled, and marked if nobody should wait for it.
import type { FastifyRequest } from 'fastify';
import { computeEtag } from '../rfc/etag.ts';
import type { Fields } from '../rfc/fields.ts';
import type { StoreFacts } from '../rfc/storable.ts';
import type { StoredField } from '../rfc/stored-headers.ts';
import type { PluginReason } from '../stats.ts';
import { storeResponse } from '../store.ts';
import type { StoreJob } from '../store.ts';
import { settleFill } from './pass.ts';
import type { FillPass } from './pass.ts';

/** What was known when the reply was judged. */
export interface Job {
  readonly request: FastifyRequest;
  readonly facts: StoreFacts;
  readonly transformed: boolean;
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
  const store = storeJobOf(pass, job, body);
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
  if (pass.open !== undefined) scope.collapser?.unmark(pass.open.key);
  settleFill(pass, 'stored');
  return undefined;
}

function storeJobOf(pass: FillPass, job: Job, body: Buffer): StoreJob | PluginReason {
  const { route, policy, start } = pass;
  const { facts, status, fields, tags } = job;
  const declared = fields.find((field) => field[0] === 'content-length')?.[1];
  if (pass.copy !== undefined && declared !== undefined && Number(declared) !== body.length) {
    return 'incomplete';
  }
  const kept = fields.filter((field) => field[0] !== 'content-length');
  if (status === 200 && !kept.some((field) => field[0] === 'etag')) {
    kept.push(['etag', computeEtag(body)]);
  }
  if (status !== 204) kept.push(['content-length', String(body.length)]);
  const ttl = facts.freshForMs - (Date.now() - job.now);
  if (start === undefined || ttl <= 0) return 'incomplete';
  return {
    key: pass.key,
    head: {
      route: route.id,
      status,
      fields: kept,
      bornAt: facts.bornAt,
      lifetimeMs: facts.lifetimeMs,
      ttlOnly: facts.ttlOnly,
      authorizationAllowed: facts.authorizationAllowed,
      transformed: job.transformed,
    },
    body,
    ttl,
    vary: facts.vary,
    constrained: route.constrained,
    headers: job.request.headers as Fields,
    maxVariants: policy.maxVariants,
    started: pass.started,
    start,
    below: pass.below,
    tags,
    tiers: policy.tiers,
  };
}

// Reasons that lie in the request: the next client may well get a storable reply.
const PERSONAL: ReadonlySet<string> = new Set([
  'authorization',
  'cookie',
  'credentials',
  'request-no-store',
  'method',
  'purged-meanwhile',
  'incomplete',
]);

/** Counts a fill that is not stored, and frees its waiters: to run their handlers, or to wait for one of themselves. */
export function refuse<R extends string>(pass: FillPass, reason: R, now: number): R {
  const { counters, collapser } = pass.route.scope;
  counters.refuse(reason);
  const isPersonal = PERSONAL.has(reason);
  if (pass.open !== undefined && !isPersonal) collapser?.mark(pass.open.key, now);
  settleFill(pass, isPersonal ? 'again' : 'not-stored');
  return reason;
}
