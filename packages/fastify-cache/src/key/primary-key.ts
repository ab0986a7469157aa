// The primary key: version | namespace | scheme | host | raw path and query. Nothing is decoded, folded or guessed.
// Invariant: two targets that a handler could tell apart have different keys.
import type { QueryPolicy } from './query.ts';

/** What is the same for all keys of a route. */
export interface KeyScope {
  readonly prefix: string;
  readonly query: QueryPolicy | undefined;
}

/** @param namespace  the plugin's, without `|` and control characters */
export function keyScope(namespace: string, query: QueryPolicy | undefined): KeyScope {
  throw new Error('pending');
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
  throw new Error('pending');
}

/** The key for the engine: the full key itself up to 1024 bytes, above that a prefix and a SHA-256.
 * When the result is not the full key, keep the full key in the entry and compare it on each hit. */
export function engineKey(fullKey: string): string {
  throw new Error('pending');
}

/** Path of a raw target: without scheme and authority, query and fragment. */
export function pathOf(target: string): string {
  throw new Error('pending');
}
