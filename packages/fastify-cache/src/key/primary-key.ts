// The primary key: version | namespace | scheme | host | raw path and query. Nothing is decoded, folded or guessed.
// Invariant: two targets that a handler could tell apart have different keys. No part before the path may hold `|`.
import { createHash } from 'node:crypto';
import { normalizeHost } from './host.ts';
import { KeyMemo } from './key-memo.ts';
import type { QueryPolicy } from './query.ts';

/** What is the same for all keys of a route. */
export interface KeyScope {
  readonly prefix: string;
  readonly query: QueryPolicy | undefined;
  readonly memo: KeyMemo;
}

const VERSION = '1';
const SLASH = 0x2f;
const MAX_BYTES = 1024;
const PREFIX_CHARACTERS = 256;

/** @param namespace  the plugin's, without `|` and control characters
 * @param query  undefined: the raw query counts */
export function keyScope(namespace: string, query: QueryPolicy | undefined): KeyScope {
  return Object.freeze({ prefix: `${VERSION}|${namespace}|`, query, memo: new KeyMemo() });
}

/** The full key of a request; undefined = bypass: an absolute-form target of another authority or scheme, a target with
 * a fragment (routers hand it to the handler as a query), or no target with a path. HOT: benchmarks/http
 * @param protocol  `request.protocol`
 * @param host      what `normalizeHost` returned
 * @param target    the raw request target, `request.raw.url` */
export function primaryKey(
  scope: KeyScope,
  protocol: string,
  host: string,
  target: string,
): string | undefined {
  const known = scope.memo.get(protocol, host, target);
  if (known !== undefined) return known;
  const key = makeKey(scope, protocol, host, target);
  if (key !== undefined) scope.memo.set(protocol, host, target, key);
  return key;
}

function makeKey(
  scope: KeyScope,
  protocol: string,
  host: string,
  target: string,
): string | undefined {
  let path = target;
  if (target.charCodeAt(0) !== SLASH) {
    const parts = splitAbsolute(target);
    if (parts === undefined || parts.scheme !== protocol) return undefined;
    if (normalizeHost(parts.authority, protocol) !== host) return undefined;
    path = parts.path;
  }
  if (path.includes('#')) return undefined;
  if (scope.query !== undefined) {
    const mark = path.indexOf('?');
    if (mark !== -1) {
      const query = scope.query.canonical(path.slice(mark + 1));
      path = query === '' ? path.slice(0, mark) : `${path.slice(0, mark)}?${query}`;
    }
  }
  return `${scope.prefix}${protocol}|${host}|${path}`;
}

/** The key for the engine: the full key itself up to 1024 bytes, above that a prefix and a SHA-256.
 * When the result is not the full key, keep the full key in the entry and compare it on each hit. */
export function engineKey(fullKey: string): string {
  // One UTF-16 unit is at most 3 bytes of UTF-8, so most keys need no counting.
  if (fullKey.length * 3 <= MAX_BYTES) return fullKey;
  if (fullKey.length <= MAX_BYTES && Buffer.byteLength(fullKey) <= MAX_BYTES) return fullKey;
  // Over UTF-16, for UTF-8 would make all lone surrogates equal.
  const digest = createHash('sha256').update(fullKey, 'utf16le').digest('base64url');
  // The control character keeps hashed keys apart from keys that clients can write.
  return `${fullKey.slice(0, PREFIX_CHARACTERS)}\u0000${digest}`;
}

/** Path of a raw target: without scheme and authority, query and fragment. */
export function pathOf(target: string): string {
  const whole = target.charCodeAt(0) === SLASH ? target : (splitAbsolute(target)?.path ?? target);
  const end = whole.search(/[?#]/);
  return end === -1 ? whole : whole.slice(0, end);
}

/** An absolute-form target (RFC 9112 3.2.2) taken apart, its path beginning with `/`; scheme in lower case. */
export function splitAbsolute(
  target: string,
): { readonly scheme: string; readonly authority: string; readonly path: string } | undefined {
  const match = /^(https?):\/\/([^/?#]*)/i.exec(target);
  if (match === null) return undefined;
  const rest = target.slice(match[0].length);
  const path = rest.charCodeAt(0) === SLASH ? rest : `/${rest}`;
  return { scheme: match[1]!.toLowerCase(), authority: match[2]!, path };
}
