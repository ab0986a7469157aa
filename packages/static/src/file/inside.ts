// Whether a file is where it seems to be: links lead out of a folder without a trace in the path.
// Invariant: a path is judged by what it resolves to now; the real one is what is then opened.
import { lstatSync, realpathSync } from 'node:fs';
import { dirname, sep } from 'node:path';

/** What links may do: lead anywhere, stay below the root, or not be there at all. */
export type LinkRule = 'follow' | 'inside' | 'deny';

/** @param path  below `root`, which is real itself
 * @returns the real path, or undefined when the rule forbids it, or the file system knows it by another spelling (a file
 *   system that ignores case would give one file many URLs)
 * @throws what the file system says */
export function realPath(path: string, root: string, rule: LinkRule): string | undefined {
  const real = realpathSync.native(path);
  if (real === path) return real;
  if (rule === 'deny') return undefined;
  // A link to a name that differs in case alone (Logo.png -> logo.png) is a link all the same.
  if (real.toLowerCase() === path.toLowerCase() && !hasLink(path, root)) return undefined;
  if (rule === 'follow') return real;
  return real.startsWith(root.endsWith(sep) ? root : root + sep) ? real : undefined;
}

function hasLink(path: string, root: string): boolean {
  for (let at = path; at.length > root.length; at = dirname(at)) {
    if (lstatSync(at).isSymbolicLink()) return true;
  }
  return false;
}
