// What a scope says about itself in its answers: the Cache-Status member and the optional x-cache field.
// Invariant: a Style is made once per scope and compared by identity, so rendered heads of two scopes never mix.
import type { FastifyRequest } from 'fastify';
import { formatCacheStatus } from '../rfc/cache-status.ts';
import type { PluginSettings, RoutePolicy } from '../options/policy.ts';
import type { Entry } from '../entry/entry.ts';

/** How one scope marks its answers. */
export interface Style {
  readonly status: 'full' | 'minimal' | false;
  readonly xCache: boolean;
  /** What clients are told about keeping responses; undefined: what the handlers said. */
  readonly told: RoutePolicy['clientCacheControl'];
}

/** Chooses the style for a request; most scopes have one for all. HOT */
export interface Styles {
  /** @param policy  undefined: nothing depends on what clients are told */
  choose(request: FastifyRequest, policy: RoutePolicy | undefined): Style;
}

/** Makes the styles of a scope from its settings.
 * @param onFault  is told what the option's function throws: nothing is shown then */
export function makeStyles(
  { cacheStatus, xCache }: Pick<PluginSettings, 'cacheStatus' | 'xCache'>,
  onFault: (error: unknown) => void,
): Styles {
  const isFixed = typeof cacheStatus !== 'function';
  const pairOf = (told: Style['told']): Pair => ({
    shown: { status: isFixed ? cacheStatus : 'minimal', xCache, told },
    hidden: { status: false, xCache, told },
  });
  const plain = pairOf(undefined);
  // As many as routes say something of their own: made at their first request, and for ever.
  const telling = new Map<Style['told'], Pair>();
  return {
    choose(request, policy) {
      const told = policy?.clientCacheControl;
      let pair = told === undefined ? plain : telling.get(told);
      if (pair === undefined) telling.set(told, (pair = pairOf(told)));
      return isFixed || isShown(cacheStatus, request, onFault) ? pair.shown : pair.hidden;
    },
  };
}

function isShown(
  cacheStatus: (request: FastifyRequest) => boolean,
  request: FastifyRequest,
  onFault: (error: unknown) => void,
): boolean {
  try {
    return cacheStatus(request);
  } catch (error) {
    onFault(error);
    return false;
  }
}

interface Pair {
  readonly shown: Style;
  readonly hidden: Style;
}

/** Our Cache-Status member for a hit (RFC 9211 2): `catzilla; hit; ttl=57`.
 * @param age  seconds, as in the Age field, so that ttl and Age always add up */
export function hitMember(entry: Entry, age: number, style: Style): string {
  const left = Math.floor(entry.lifetimeMs / 1000) - age;
  // Purged softly: its time is over, whatever it was given.
  const ttl = entry.isMarkedStale ? Math.min(left, 0) : left;
  return formatCacheStatus(
    style.status === 'full' ? { hit: true, ttl, key: entry.key } : { hit: true, ttl },
  );
}
