// Purges by pattern: every path that it matches, on every host.
// Invariant: all fills under way are taken for purged, for what their paths match is not looked at; and a path is read in
// every way in which a router could. Erring is always towards too much.
import { show } from '@catzilla/common';
import { errors } from '../errors.ts';
import { compilePattern, isExcluded, patternFault } from '../match/pattern.ts';
import type { Pattern } from '../match/pattern.ts';
import type { Scope } from '../scope.ts';
import { announcePattern } from '../tiers/remove.ts';
import { pathOfKey } from '../walk.ts';
import { checkPurgeOptions } from './options.ts';
import type { PurgeOptions, PurgeResult } from './options.ts';
import { sweep } from './sweep.ts';

/** Purges every URL whose path, raw or decoded, matches a pattern; the query does not count. Cost: a walk through all keys.
 * @param pattern  `/products/*`, `/products/**` or a RegExp
 * @throws (rejects) CATZ_FASTIFY_CACHE_OPTION */
export async function purgePattern(
  scope: Scope,
  pattern: Pattern,
  options?: PurgeOptions,
): Promise<PurgeResult> {
  const isSoft = checkPurgeOptions(options);
  checkPattern(pattern);
  // The loosest reading of a path: what a router could take for it must go.
  const compiled = compilePattern(pattern, {
    caseSensitive: false,
    ignoreTrailingSlash: true,
    ignoreDuplicateSlashes: true,
    useSemicolonDelimiter: true,
  });
  scope.counters.purges++;
  const told = announcePattern(scope, isSoft);
  const result = await sweep(scope, told, isSoft, async (key) => {
    const path = await pathOfKey(scope, key);
    return path !== undefined && readingsOf(path).some((form) => isExcluded([compiled], form));
  });
  scope.counters.purged += result.purged;
  scope.purges.tell(() => ({ kind: 'pattern', pattern, soft: isSoft, ok: result.ok }));
  return result;
}

/** @throws CATZ_FASTIFY_CACHE_OPTION */
export function checkPattern(pattern: unknown): asserts pattern is Pattern {
  const fault = patternFault(pattern);
  if (fault === undefined) return;
  throw new errors.OPTION(`expected pattern to be ${fault}, got ${show(pattern)}`);
}

// Routers with useSemicolonDelimiter end the path at `;`.
function readingsOf(path: string): readonly string[] {
  const semicolon = path.indexOf(';');
  return semicolon === -1 ? [path] : [path, path.slice(0, semicolon)];
}
