// Purges: one URL with all its variants, or every path a pattern matches; and what an unsafe request invalidates.
// Invariant: the token is written before anything is deleted (purge-token.ts), so a fill that is under way, in any thread,
// is not kept either. A path without host concerns every host. Erring is always towards too much.
import { setImmediate as pause } from 'node:timers/promises';
import { show } from '@catzilla/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { decode } from './entry/decode.ts';
import { isIndex, letGo } from './entry/entry.ts';
import type { Stored } from './entry/entry.ts';
import { errors } from './errors.ts';
import { normalizeHost } from './key/host.ts';
import { engineKey, keyScope, pathOf, primaryKey, splitAbsolute } from './key/primary-key.ts';
import type { KeyScope } from './key/primary-key.ts';
import { compilePattern, isExcluded, patternFault } from './match/pattern.ts';
import type { Pattern } from './match/pattern.ts';
import type { Scope } from './scope.ts';

/** Keys looked at between two pauses of a purge that walks through the cache. */
const SLICE = 2_000;
/** As a wrong argument is shown in a message. */
const SHOWN = 200;

/** What a purge did. */
export interface PurgeResult {
  /** Responses removed, variants included. */
  readonly purged: number;
}

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

/** Purges a URL in all its variants. A path alone purges it on every host: on the option's hosts at once, without that
 * option by walking through the keys of the cache, in slices.
 * @param url  `/path?query`, or absolute with scheme and host
 * @throws CATZ_FASTIFY_CACHE_BAD_URL */
export async function purgeUrl(scope: Scope, url: string): Promise<PurgeResult> {
  const { target, origins } = parseUrl(url);
  let purged = 0;
  scope.counters.purges++;
  announce(scope, target);
  try {
    for (const { scheme, host } of origins ?? (await knownOrigins(scope))) {
      purged += removeTarget(scope, scheme, host, target);
    }
  } catch (error) {
    scope.fault('purge', error);
  }
  scope.counters.purged += purged;
  return { purged };
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
  let purged = 0;
  scope.counters.purges++;
  try {
    scope.tokens.announcePattern();
  } catch (error) {
    scope.fault('purge', error);
  }
  try {
    for await (const key of walk(scope)) {
      const path = pathOfKey(scope, key);
      if (path === undefined || !pathReadings(path).some((form) => isExcluded([compiled], form))) {
        continue;
      }
      const stored = storedAt(scope, key);
      // The variants of an index are met on this walk too; without it nobody finds them.
      if (scope.cache.delete(key) && stored !== undefined && !isIndex(stored)) purged++;
    }
  } catch (error) {
    scope.fault('purge', error);
  }
  scope.counters.purged += purged;
  return { purged };
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
      announce(scope, target);
      scope.counters.purged += removeTarget(scope, protocol, host, target);
    }
  } catch (error) {
    scope.fault('invalidate', error);
  }
}

// Without its token a purge still deletes: a fill of another thread may then outlive it, which health() shows as a fault.
function announce(scope: Scope, target: string): void {
  try {
    scope.tokens.announce(target);
  } catch (error) {
    scope.fault('purge', error);
  }
}

interface Origin {
  readonly scheme: string;
  readonly host: string;
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

// Every way the routes of this application write keys: by query policy, and the raw query always.
function keyScopes(scope: Scope): Iterable<KeyScope> {
  if (scope.keyScopes.size > 0) return scope.keyScopes.values();
  return [keyScope(scope.settings.namespace, undefined)];
}

function removeTarget(scope: Scope, scheme: string, host: string, target: string): number {
  const fragment = target.indexOf('#');
  const clean = fragment === -1 ? target : target.slice(0, fragment);
  const keys = new Set<string>();
  for (const form of keyScopes(scope)) {
    const key = primaryKey(form, scheme, host, clean);
    if (key !== undefined) keys.add(engineKey(key));
  }
  let removed = 0;
  for (const key of keys) removed += removeKey(scope, key);
  return removed;
}

function removeKey(scope: Scope, key: string): number {
  const { cache } = scope;
  const stored = scope.records.read(key);
  letGo(stored);
  if (stored === undefined || !isIndex(stored)) return cache.delete(key) ? 1 : 0;
  // The index first: from here on its variants cannot be found.
  cache.delete(key);
  return cache.deleteMany(stored.variants);
}

// The hosts that can have entries: those of the option, else those that stand in keys.
async function knownOrigins(scope: Scope): Promise<Iterable<Origin>> {
  const origins = new Map<string, Origin>();
  const { hosts } = scope.settings;
  const add = (scheme: string, host: string): void => {
    origins.set(`${scheme}|${host}`, { scheme, host });
  };
  // A host without a port stands for any port, so only keys can tell.
  if (hosts !== undefined && [...hosts].every((host) => /:\d+$/.test(host))) {
    for (const host of hosts) for (const scheme of ['http', 'https']) add(scheme, host);
    return origins.values();
  }
  const { prefix } = keyScope(scope.settings.namespace, undefined);
  for await (const key of walk(scope)) {
    const [scheme, host] = key.slice(prefix.length).split('|', 2);
    if (scheme !== undefined && host !== undefined) add(scheme, host);
  }
  return origins.values();
}

async function* walk(scope: Scope): AsyncGenerator<string> {
  const { prefix } = keyScope(scope.settings.namespace, undefined);
  let seen = 0;
  for (const key of scope.cache.keys({ prefix })) {
    if (++seen % SLICE === 0) await pause();
    if (typeof key === 'string') yield key;
  }
}

// Path of an engine key: primary, variant (after a line feed) or hashed (after a zero character; read from the record).
function pathOfKey(scope: Scope, key: string): string | undefined {
  const full = key.includes('\u0000') ? storedAt(scope, key)?.key : key;
  if (full === undefined) return undefined;
  const target = full.split('|').slice(4).join('|');
  const end = target.indexOf('\n');
  return pathOf(end === -1 ? target : target.slice(0, end));
}

// Routers with useSemicolonDelimiter end the path at `;`.
function pathReadings(path: string): readonly string[] {
  const semicolon = path.indexOf(';');
  return semicolon === -1 ? [path] : [path, path.slice(0, semicolon)];
}

// Read without counting: a walk through all keys is no use of them.
function storedAt(scope: Scope, key: string): Stored | undefined {
  const bytes = scope.cache.peek(key);
  return bytes === undefined ? undefined : decode(bytes);
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
