// Purges of URLs: each with all its variants, on one host or on all.
// Invariant: a purge is announced before anything is removed (tiers/remove.ts), so a fill that is under way, in any thread
// or instance, is not kept either. A path without host concerns every host. Erring is always towards too much.
import type { FastifyRequest } from 'fastify';
import { errors } from '../errors.ts';
import { passOf } from '../hooks/pass.ts';
import { normalizeHost } from '../key/host.ts';
import { originOf } from '../key/origin.ts';
import { splitAbsolute } from '../key/primary-key.ts';
import { expireTarget, removeTarget } from '../remove-target.ts';
import type { Origin } from '../key/origin.ts';
import type { Scope } from '../scope.ts';
import { announceTarget } from '../tiers/remove.ts';
import { knownOrigins } from '../walk.ts';
import { purgedUrls } from './listeners.ts';
import { checkPurgeOptions } from './options.ts';
import type { PurgeOptions, PurgeResult } from './options.ts';

/** As a wrong argument is shown in a message. */
const SHOWN = 200;

/** What a purge of a URL is about. */
export interface Site {
  /** Path with query. */
  readonly target: string;
  /** undefined: every one. */
  readonly origins: readonly Origin[] | undefined;
  /** Full primary keys that it is known to have, however they were made. */
  readonly keys: readonly string[];
}

/** Purges a URL in all its variants. A path alone purges it on every host: on the option's hosts at once, without that
 * option by walking through the keys of the cache, in slices. Resolves when tiers and other instances have heard of it.
 * @param url  `/path?query`, or absolute with scheme and host, or a request: what that would be answered from
 * @throws (rejects) CATZ_FASTIFY_CACHE_BAD_URL, CATZ_FASTIFY_CACHE_OPTION */
export async function purgeUrl(
  scope: Scope,
  url: string | FastifyRequest,
  options?: PurgeOptions,
): Promise<PurgeResult> {
  const isSoft = checkPurgeOptions(options);
  const site = siteOf(url);
  scope.counters.purges++;
  return purgeSites(scope, [site], isSoft);
}

/** Purges several, with one walk for all of them that name no host. Never rejects. */
export async function purgeSites(
  scope: Scope,
  sites: readonly Site[],
  isSoft: boolean,
): Promise<PurgeResult> {
  const announced = sites.map((site) => ({
    ...site,
    told: announceTarget(scope, site.target, isSoft),
  }));
  let purged = 0;
  let ok = true;
  const removals: Promise<boolean>[] = [];
  try {
    let everywhere: readonly Origin[] | undefined;
    for (const { target, origins, keys, told } of announced) {
      const where = origins ?? (everywhere ??= await knownOrigins(scope));
      if (isSoft) {
        const done = await expireTarget(scope, where, target, told, keys);
        purged += done.purged;
        ok = done.ok && ok;
      } else {
        // All of them gone from memory first: the tiers may take their time.
        const removal = removeTarget(scope, where, target, told, keys);
        purged += removal.purged;
        removals.push(removal.done);
      }
    }
    ok = (await Promise.all(removals)).every(Boolean) && ok;
  } catch (error) {
    scope.fault('purge', error);
    ok = false;
  }
  scope.counters.purged += purged;
  if (sites.length > 0) {
    scope.purges.tell(() => ({ kind: 'url', urls: purgedUrls(sites), soft: isSoft, ok }));
  }
  return { purged, ok };
}

/** Reads what is to be purged.
 * @throws CATZ_FASTIFY_CACHE_BAD_URL */
export function siteOf(url: unknown): Site {
  if (typeof url === 'string') return siteOfUrl(url);
  if (isRequest(url)) return siteOfRequest(url);
  throw new errors.BAD_URL(url === null ? 'null' : typeof url);
}

function siteOfUrl(url: string): Site {
  if (url.startsWith('/')) return { target: url, origins: undefined, keys: [] };
  const parts = splitAbsolute(url);
  const host = parts && normalizeHost(parts.authority, parts.scheme);
  if (parts === undefined || host === undefined) {
    throw new errors.BAD_URL(`"${url.slice(0, SHOWN)}"`);
  }
  return { target: parts.path, origins: [{ scheme: parts.scheme, host }], keys: [] };
}

function siteOfRequest(request: FastifyRequest): Site {
  const origin = originOf(request);
  if (origin === undefined) throw new errors.BAD_URL('a request without a valid Host');
  const target = request.raw.url ?? '/';
  const pass = passOf(request);
  // A key may be made by a function of the application.
  const keys = pass?.kind === 'fill' ? [pass.key, pass.own] : [];
  return { target, origins: [origin], keys };
}

function isRequest(value: unknown): value is FastifyRequest {
  const { raw } = (value ?? {}) as { raw?: unknown };
  return typeof raw === 'object' && raw !== null && 'headers' in raw && 'url' in raw;
}
