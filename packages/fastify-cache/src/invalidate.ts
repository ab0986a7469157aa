// What an unsafe request invalidates: its own URI and those its response names (RFC 9111 4.4), and the cache groups its
// response names, of its own origin (RFC 9875 3).
// Invariant: what memory has is gone before the reply goes on, and no fill of this engine brings it back; the tiers below and
// other instances hear of it meanwhile, and the reply does not wait for them.
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { FieldValue } from '@catzilla/http';
import { originOf } from './key/origin.ts';
import type { Origin } from './key/origin.ts';
import { pathOf } from './key/primary-key.ts';
import { purgedUrls } from './purge/listeners.ts';
import { invalidateNames } from './purge/tags.ts';
import { removeTarget } from './remove-target.ts';
import { groupTag, parseGroups } from './rfc/cache-groups.ts';
import type { Scope } from './scope.ts';
import { announceTarget } from './tiers/remove.ts';

/** Methods that change nothing (RFC 9110 9.2.1 and the registry); all others invalidate what they name. */
const SAFE: ReadonlySet<string> = new Set([
  'GET',
  'HEAD',
  'OPTIONS',
  'TRACE',
  'QUERY',
  'PROPFIND',
  'REPORT',
  'SEARCH',
]);

const exempted: WeakSet<FastifyRequest> = new WeakSet();

/** Lets a request invalidate nothing by itself: what is to go it says otherwise. */
export function exempt(request: FastifyRequest): void {
  exempted.add(request);
}

/** True for a method that may change what it names (RFC 9111 4.4); unknown ones are unsafe. */
export function isUnsafe(method: string): boolean {
  return !SAFE.has(method);
}

/** Invalidates what a successful unsafe request changed: its own URI, those of Location and Content-Location on the same
 * origin (RFC 9111 4.4), and every response in the groups of Cache-Group-Invalidation, but none of their other groups, for
 * it does not cascade (RFC 9875 2.2.1, 3). Never throws.
 * @param status  of the reply; only 2xx and 3xx invalidate */
export function invalidate(
  scope: Scope,
  request: FastifyRequest,
  reply: FastifyReply,
  status: number,
): void {
  if (status < 200 || status > 399 || exempted.has(request)) return;
  const origin = originOf(request);
  if (origin === undefined) return;
  const { scheme, host } = origin;
  const targets = [request.raw.url ?? '/'];
  for (const name of ['location', 'content-location']) {
    const value = reply.getHeader(name);
    if (typeof value !== 'string') continue;
    const target = sameOriginTarget(value, origin, request.raw.url ?? '/');
    if (target !== undefined) targets.push(target);
  }
  const groups = parseGroups(reply.getHeader('cache-group-invalidation') as FieldValue);
  scope.counters.invalidations++;
  const tags = groups.map((group) => groupTag(scheme, host, group));
  void invalidateNames(scope, tags, false);
  const removals: Promise<boolean>[] = [];
  try {
    for (const target of targets) {
      const told = announceTarget(scope, target);
      const removal = removeTarget(scope, [origin], target, told);
      scope.counters.purged += removal.purged;
      removals.push(removal.done);
    }
  } catch (error) {
    scope.fault('invalidate', error);
    removals.push(Promise.resolve(false));
  }
  if (!scope.purges.isHeard) return;
  const sites = targets.map((target) => ({ target, origins: [origin] }));
  void tellWhenDone(scope, sites, removals);
}

// No removal rejects.
async function tellWhenDone(
  scope: Scope,
  sites: readonly { readonly target: string; readonly origins: readonly Origin[] }[],
  removals: readonly Promise<boolean>[],
): Promise<void> {
  const ok = (await Promise.all(removals)).every(Boolean);
  scope.purges.tell(() => ({ kind: 'url', urls: purgedUrls(sites), soft: false, ok }));
}

/** The request target that a field names on the same origin, as it was written; undefined: it names none. */
export function sameOriginTarget(
  value: string,
  { scheme, host }: Origin,
  base: string,
): string | undefined {
  try {
    const root = new URL(`${scheme}://${host}`);
    const url = new URL(value, new URL(pathOf(base), root));
    if (url.origin !== root.origin) return undefined;
    // As the handler wrote it, for new URL() re-encodes.
    return value.startsWith('/') && !value.startsWith('//') ? value : url.pathname + url.search;
  } catch {
    return undefined; // not a URI: nothing it could name
  }
}
