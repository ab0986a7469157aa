// What an unsafe request invalidates: its own URI and those its response names (RFC 9111 4.4).
// Invariant: what memory has is gone before the reply goes on, and no fill of this engine brings it back; the tiers below and
// other instances hear of it meanwhile, and the reply does not wait for them.
import type { FastifyReply, FastifyRequest } from 'fastify';
import { normalizeHost } from './key/host.ts';
import { pathOf } from './key/primary-key.ts';
import { removeTarget } from './remove-target.ts';
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

/** True for a method that may change what it names (RFC 9111 4.4); unknown ones are unsafe. */
export function isUnsafe(method: string): boolean {
  return !SAFE.has(method);
}

/** Invalidates what a successful unsafe request changed (RFC 9111 4.4): its own URI, and those of Location and
 * Content-Location on the same origin. Never throws.
 * @param status  of the reply; only 2xx and 3xx invalidate */
export function invalidate(
  scope: Scope,
  request: FastifyRequest,
  reply: FastifyReply,
  status: number,
): void {
  if (status < 200 || status > 399) return;
  const { protocol } = request;
  const host = normalizeHost(request.host, protocol);
  if (host === undefined) return;
  const targets = [request.raw.url ?? '/'];
  for (const name of ['location', 'content-location']) {
    const value = reply.getHeader(name);
    if (typeof value !== 'string') continue;
    const target = sameOriginTarget(value, protocol, host, request.raw.url ?? '/');
    if (target !== undefined) targets.push(target);
  }
  scope.counters.invalidations++;
  try {
    for (const target of targets) {
      const told = announceTarget(scope, target);
      scope.counters.purged += removeTarget(
        scope,
        [{ scheme: protocol, host }],
        target,
        told,
      ).purged;
    }
  } catch (error) {
    scope.fault('invalidate', error);
  }
}

function sameOriginTarget(
  value: string,
  scheme: string,
  host: string,
  base: string,
): string | undefined {
  try {
    const origin = new URL(`${scheme}://${host}`);
    const url = new URL(value, new URL(pathOf(base), origin));
    if (url.origin !== origin.origin) return undefined;
    // As the handler wrote it, for new URL() re-encodes.
    return value.startsWith('/') && !value.startsWith('//') ? value : url.pathname + url.search;
  } catch {
    return undefined; // not a URI: nothing it could name
  }
}
