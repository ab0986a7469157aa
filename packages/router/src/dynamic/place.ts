// Where a route stands: the patterns it takes below a prefix, and keys by which two routes that take the same are known.
// Invariant: two routes have a key in common if, and only if, find-my-way would refuse the second of them.
import FindMyWay from 'find-my-way';
import type { HTTPMethod } from 'find-my-way';
import { errors } from '../errors.ts';
import type { Router } from '../find-my-way/router.ts';
import type { RouteTableOptions } from '../table/options.ts';
import { placeOf } from './route.ts';

/** Where a route stands. */
export interface Place {
  /** The whole pattern as it was written. */
  readonly pattern: string;
  /** What find-my-way makes of it: two paths where the last parameter is optional, or the route is the prefix itself. */
  readonly paths: readonly { readonly path: string; readonly key: string }[];
}

/** Places a route.
 * @throws CATZ_ROUTER_BAD_PATTERN */
export function place(
  method: string,
  prefix: string,
  url: string,
  options: RouteTableOptions,
): Place {
  const patterns = patternsOf(prefix, url, options);
  const {
    engine: _engine,
    nativeThreshold: _n,
    compileLimit: _c,
    constraints: _s,
    ...rest
  } = options;
  const router = FindMyWay(rest) as unknown as Router;
  try {
    for (const pattern of patterns) router.on(method as HTTPMethod, pattern, {}, () => {});
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new errors.BAD_PATTERN(`${placeOf(method, patterns[0]!)} cannot be added: ${reason}`, {
      cause: error,
    });
  }
  return {
    pattern: patterns[0]!,
    paths: router.routes.map(({ path, pattern }) => ({ path, key: `${method} ${pattern}` })),
  };
}

// As Fastify joins them: the route `/` of `/prefix` is both `/prefix` and `/prefix/`.
function patternsOf(prefix: string, url: string, options: RouteTableOptions): readonly string[] {
  const endsWithSlash = prefix.endsWith('/');
  if (url === '/' && prefix !== '') {
    const isOne =
      options.ignoreTrailingSlash === true ||
      (options.ignoreDuplicateSlashes === true && endsWithSlash);
    return isOne ? [prefix] : [prefix, `${prefix}/`];
  }
  return [prefix + (endsWithSlash && url.startsWith('/') ? url.slice(1) : url)];
}
