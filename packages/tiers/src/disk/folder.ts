// The folder of a cache: made for this user alone, or refused.
// Invariant: what `ownFolder` returns exists, is a folder of ours, and nobody else may write in it.
import { chmodSync, lstatSync, mkdirSync, statSync } from 'node:fs';
import type { Stats } from 'node:fs';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { errors } from '../errors.ts';

/** Makes the folders of a cache, or checks those that are there.
 * @param dir   the tier's folder, absolute
 * @param name  of the cache; any string
 * @returns the cache's folder, mode 0700
 * @throws CATZ_TIERS_DISK_ACCESS when it is somebody else's, open to everybody, or no folder */
export function ownFolder(dir: string, name: string): string {
  make(dir, true);
  check(dir, statSync(dir));
  const folder = join(dir, escapeName(name));
  make(folder, false);
  // Not followed: a link placed there would take our files to where its owner likes.
  const stats = lstatSync(folder);
  check(folder, stats);
  if (process.platform !== 'win32' && (stats.mode & 0o777) !== 0o700) chmodSync(folder, 0o700);
  return folder;
}

/** A file name for any string, different for different ones. */
export function escapeName(name: string): string {
  const escaped = Array.from(Buffer.from(name), (byte) => {
    const char = String.fromCharCode(byte);
    return /[\w-]/.test(char) ? char : `%${byte.toString(16).padStart(2, '0')}`;
  }).join('');
  if (escaped.length <= 128 && escaped !== '') return escaped;
  return `%${escaped.slice(0, 64)}-${createHash('sha256').update(name).digest('hex')}`;
}

function make(folder: string, recursive: boolean): void {
  try {
    mkdirSync(folder, { recursive, mode: 0o700 });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST' && !recursive) return;
    throw new errors.DISK_ACCESS(folder, 'a folder that can be made', String(code), {
      cause: error,
    });
  }
}

function check(folder: string, stats: Stats): void {
  if (!stats.isDirectory()) {
    throw new errors.DISK_ACCESS(folder, 'a folder', 'something else');
  }
  const user = process.geteuid?.();
  if (user === undefined) return;
  if (stats.uid !== user) {
    throw new errors.DISK_ACCESS(folder, `a folder of user ${user}`, `one of user ${stats.uid}`);
  }
  if ((stats.mode & 0o002) !== 0) {
    const mode = (stats.mode & 0o7777).toString(8).padStart(4, '0');
    throw new errors.DISK_ACCESS(folder, 'closed to other users (mode 0700)', `mode ${mode}`);
  }
}
