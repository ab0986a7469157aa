// Purges: one URL with all its variants, every path a pattern matches, or every response with a tag.
// Invariant: the purge is announced before anything is removed (tiers/remove.ts), so a fill that is under way, in any thread
// or instance, is not kept either. A path without host concerns every host. Erring is always towards too much.
import { show } from '@catzilla/common';
import { isIndex, letGo } from './entry/entry.ts';
import { errors } from './errors.ts';
import { normalizeHost } from './key/host.ts';
import { splitAbsolute } from './key/primary-key.ts';
import { compilePattern, isExcluded, patternFault } from './match/pattern.ts';
import type { Pattern } from './match/pattern.ts';
import { checkTags } from './options/tag.ts';
import { removeTarget } from './remove-target.ts';
import type { Origin } from './remove-target.ts';
import type { Scope } from './scope.ts';
import { announcePattern, announceTarget, removeKeys } from './tiers/remove.ts';
import { knownOrigins, pathOfKey, walk } from './walk.ts';

/** Keys removed in one step. */
const BATCH = 500;
/** As a wrong argument is shown in a message. */
const SHOWN = 200;

/** What a purge did. */
export interface PurgeResult {
  /** Responses that were in memory, variants included; what only a tier below had is removed too, and not counted. */
  readonly purged: number;
  /** Whether every tier and the bus took it; what they did not take they are told again. */
  readonly ok: boolean;
}

/** Purges a URL in all its variants. A path alone purges it on every host: on the option's hosts at once, without that
 * option by walking through the keys of the cache, in slices. Resolves when tiers and other instances have heard of it.
 * @param url  `/path?query`, or absolute with scheme and host
 * @throws CATZ_FASTIFY_CACHE_BAD_URL */
export async function purgeUrl(scope: Scope, url: string): Promise<PurgeResult> {
  const { target, origins } = parseUrl(url);
  scope.counters.purges++;
  const told = announceTarget(scope, target);
  try {
    const where = origins ?? (await knownOrigins(scope));
    const { purged, done } = removeTarget(scope, where, target, told);
    scope.counters.purged += purged;
    return { purged, ok: await done };
  } catch (error) {
    scope.fault('purge', error);
    return { purged: 0, ok: false };
  }
}

/** Purges every URL whose path, raw or decoded, matches a pattern; the query does not count. Cost: a walk through all keys.
 * @param pattern  `/products/*`, `/products/**` or a RegExp
 * @throws CATZ_FASTIFY_CACHE_OPTION */
export async function purgePattern(scope: Scope, pattern: Pattern): Promise<PurgeResult> {
  const fault = patternFault(pattern);
  if (fault !== undefined) {
    throw new errors.OPTION(`expected pattern to be ${fault}, got ${show(pattern)}`);
  }
  // The loosest reading of a path: what a router could take for it must go.
  const compiled = compilePattern(pattern, {
    caseSensitive: false,
    ignoreTrailingSlash: true,
    ignoreDuplicateSlashes: true,
    useSemicolonDelimiter: true,
  });
  scope.counters.purges++;
  const told = announcePattern(scope);
  let purged = 0;
  let ok = true;
  // A key may be met in memory and in a tier below.
  let batch = new Set<string>();
  const removeBatch = async (): Promise<void> => {
    purged += countResponses(scope, batch);
    ok = (await removeKeys(scope, [...batch], told)) && ok;
    batch = new Set();
  };
  try {
    for await (const key of walk(scope)) {
      const path = await pathOfKey(scope, key);
      if (path === undefined || !pathReadings(path).some((form) => isExcluded([compiled], form))) {
        continue;
      }
      if (batch.add(key).size >= BATCH) await removeBatch();
    }
    await removeBatch();
  } catch (error) {
    scope.fault('purge', error);
    ok = false;
  }
  scope.counters.purged += purged;
  return { purged, ok };
}

/** Purges every response that has one of the tags, in all tiers and instances, by one step for each tag, however many the
 * responses are.
 * @throws CATZ_FASTIFY_CACHE_TAG */
export async function purgeTags(
  scope: Scope,
  tags: string | readonly string[],
): Promise<{ readonly ok: boolean }> {
  const list = typeof tags === 'string' ? [tags] : tags;
  if (!Array.isArray(list)) throw new errors.TAG('tags', 'a string or an array', show(tags));
  checkTags(list, 'each tag');
  scope.counters.purges++;
  try {
    const { ok } = await scope.tiered.invalidateTags(list);
    return { ok };
  } catch (error) {
    scope.fault('purge', error);
    return { ok: false };
  }
}

// The variants of an index are met on the walk too; without it nobody finds them, and it is no response itself.
function countResponses(scope: Scope, keys: Iterable<string>): number {
  let count = 0;
  for (const key of keys) {
    const stored = scope.records.read(key);
    letGo(stored);
    if (stored !== undefined && !isIndex(stored)) count++;
  }
  return count;
}

function parseUrl(url: unknown): { target: string; origins: readonly Origin[] | undefined } {
  const shown = typeof url === 'string' ? `"${url.slice(0, SHOWN)}"` : typeof url;
  if (typeof url !== 'string') throw new errors.BAD_URL(shown);
  if (url.startsWith('/')) return { target: url, origins: undefined };
  const parts = splitAbsolute(url);
  const host = parts && normalizeHost(parts.authority, parts.scheme);
  if (parts === undefined || host === undefined) throw new errors.BAD_URL(shown);
  return { target: parts.path, origins: [{ scheme: parts.scheme, host }] };
}

// Routers with useSemicolonDelimiter end the path at `;`.
function pathReadings(path: string): readonly string[] {
  const semicolon = path.indexOf(';');
  return semicolon === -1 ? [path] : [path, path.slice(0, semicolon)];
}
