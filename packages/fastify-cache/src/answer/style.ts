// What a scope says about itself in its answers: the Cache-Status member and the optional x-cache field.
// Invariant: a Style is made once per scope and compared by identity, so rendered heads of two scopes never mix.
import type { FastifyRequest } from 'fastify';
import { formatCacheStatus } from '../rfc/cache-status.ts';
import type { PluginSettings } from '../options/policy.ts';
import type { Entry } from '../entry/entry.ts';

/** How one scope marks its answers. */
export interface Style {
  readonly status: 'full' | 'minimal' | false;
  readonly xCache: boolean;
}

/** Chooses the style for a request; most scopes have one for all. */
export interface Styles {
  readonly fixed: Style | undefined;
  choose(request: FastifyRequest): Style;
}

/** Makes the styles of a scope from its settings. */
export function makeStyles(settings: Pick<PluginSettings, 'cacheStatus' | 'xCache'>): Styles {
  const { cacheStatus, xCache } = settings;
  if (typeof cacheStatus !== 'function') {
    const fixed: Style = { status: cacheStatus, xCache };
    return { fixed, choose: () => fixed };
  }
  const shown: Style = { status: 'minimal', xCache };
  const hidden: Style = { status: false, xCache };
  return { fixed: undefined, choose: (request) => (cacheStatus(request) ? shown : hidden) };
}

/** Our Cache-Status member for a hit (RFC 9211 2): `catzilla; hit; ttl=57`.
 * @param age  seconds, as in the Age field, so that ttl and Age always add up */
export function hitMember(entry: Entry, age: number, style: Style): string {
  const ttl = Math.floor(entry.lifetimeMs / 1000) - age;
  return formatCacheStatus(
    style.status === 'full' ? { hit: true, ttl, key: entry.key } : { hit: true, ttl },
  );
}
