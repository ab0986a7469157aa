// The part of a request's target that names a file: below the prefix of the route, as it was sent.
// Invariant: it is taken from the target itself, not from the router's decoded parameter, so that it is decoded exactly once.

import { relative, sep } from 'node:path';

/** @param target  of the request line: `/files/a.css?v=1`
 * @param prefix  of the route, with a slash at its end
 * @returns undefined when the target does not begin with the prefix as it is written (a router may be told to ignore case, or
 *   doubled slashes) */
export function pathBelow(target: string, prefix: string): string | undefined {
  // Absolute form (RFC 9112 3.2.2), as the router takes it.
  const path = target.startsWith('/') ? target : target.replace(/^https?:\/\/[^/?#]*/i, '');
  if (!path.startsWith(prefix)) return undefined;
  const query = path.search(/[?#]/);
  return query === -1 ? path.slice(prefix.length) : path.slice(prefix.length, query);
}

/** Where a folder is that was asked for as if it were a file, relative to the target: what stands before it, other servers or
 * `rewriteUrl` may have cut off. */
export function withSlash(target: string): string {
  const query = target.search(/[?#]/);
  const path = query === -1 ? target : target.slice(0, query);
  return `./${path.slice(path.lastIndexOf('/') + 1)}/${target.slice(path.length)}`;
}

/** The path of a file below its root, with slashes, as options are asked by it. */
export function urlPath(root: string, file: string): string {
  const path = relative(root, file);
  return sep === '/' ? path : path.split(sep).join('/');
}
