// Which file of which root a path means: the first root that has it, and the index of a folder.
// Invariant: every root is asked anew each time, so that a file that comes into an earlier one is seen at once.
import { join } from 'node:path';
import type { BigIntStats } from 'node:fs';
import type { Segments } from '../path/decode-path.ts';
import { look } from './stamp.ts';

/** 'folder': one that has an index, asked for without the slash at its end. */
export type Location =
  | {
      readonly kind: 'file';
      readonly path: string;
      readonly root: string;
      readonly stats: BigIntStats;
    }
  | { readonly kind: 'folder' }
  | { readonly kind: 'none'; readonly path: string | undefined; readonly cause: unknown };

/** @param roots  real, absolute paths
 * @param index  names to try in a folder */
export function locate(
  roots: readonly string[],
  segments: Segments,
  index: readonly string[],
): Location {
  const isFolder = segments.at(-1) === '';
  let refused: Location = { kind: 'none', path: undefined, cause: undefined };
  for (const root of roots) {
    const path = join(root, ...segments);
    for (const candidate of isFolder ? index.map((name) => join(path, name)) : [path]) {
      const found = look(candidate);
      if (found.kind === 'file') return { kind: 'file', path: candidate, root, stats: found.stats };
      if (found.kind === 'none' && found.cause !== undefined) {
        refused = { kind: 'none', path: candidate, cause: found.cause };
      }
      if (found.kind === 'folder' && !isFolder && hasIndex(candidate, index)) {
        return { kind: 'folder' };
      }
    }
  }
  return refused;
}

function hasIndex(path: string, index: readonly string[]): boolean {
  return index.some((name) => look(join(path, name)).kind === 'file');
}
