// By what a file is known to be the same as before: everything that its metadata tells.
// Invariant: a file with another stamp is another file. The reverse does not hold within one tick of the file system's clock, so
// that a file which was changed a moment before it was read is not to be kept (isSettled).
import { statSync } from 'node:fs';
import type { BigIntStats } from 'node:fs';

/** Size, times in ns, and identity. */
export interface Stamp {
  readonly size: bigint;
  readonly mtimeNs: bigint;
  /** Cannot be set by programs: a tool that restores mtime does not hide a change. */
  readonly ctimeNs: bigint;
  readonly ino: bigint;
  readonly dev: bigint;
}

/** What is at a path: a file, a folder, or nothing that is served (absent, not readable, a device, a pipe, a socket). */
export type Found =
  | { readonly kind: 'file'; readonly stats: BigIntStats }
  | { readonly kind: 'folder' }
  | { readonly kind: 'none'; readonly cause: unknown };

// Ticks of a kernel's coarse clock are 10 ms at most; some file systems keep whole or two seconds (FAT, ext3).
const TICK = 100n * 1_000_000n;
const COARSE_TICK = 2_000n * 1_000_000n;
const SECOND = 1_000_000_000n;
const OF_THE_PATH = new Set(['ELOOP', 'ENAMETOOLONG', 'ENOTDIR']);
const NOTHING: Found = Object.freeze({ kind: 'none', cause: undefined });

/** Looks at a path, links followed. Synchronous: on a local file system one short call, less than to ask the thread pool. */
export function look(path: string): Found {
  try {
    const stats = statSync(path, { bigint: true, throwIfNoEntry: false });
    if (stats === undefined) return NOTHING;
    if (stats.isFile()) return { kind: 'file', stats };
    return stats.isDirectory() ? { kind: 'folder' } : NOTHING;
  } catch (error) {
    // A matter of the request, by which anybody could fill the log.
    if (OF_THE_PATH.has(String((error as NodeJS.ErrnoException).code))) return NOTHING;
    // EACCES and others: to clients it is not there; whoever serves it may want to know why.
    return { kind: 'none', cause: error };
  }
}

export function isSame(a: Stamp, b: Stamp): boolean {
  return (
    a.mtimeNs === b.mtimeNs &&
    a.ctimeNs === b.ctimeNs &&
    a.size === b.size &&
    a.ino === b.ino &&
    a.dev === b.dev
  );
}

/** Whether a change from now on will have another time than this one.
 * @param now  ms since the epoch, taken before the file was read */
export function isSettled({ mtimeNs, ctimeNs }: Stamp, now: number): boolean {
  const nowNs = BigInt(now) * 1_000_000n;
  // A tool may set any mtime, also one that is to come: then ctime alone tells.
  const latest = mtimeNs > ctimeNs && mtimeNs <= nowNs ? mtimeNs : ctimeNs;
  const tick = latest % SECOND === 0n ? COARSE_TICK : TICK;
  return nowNs - latest > tick;
}
