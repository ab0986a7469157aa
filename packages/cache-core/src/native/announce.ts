// What a process says once about a cache file that does not hold what one may expect: a warning, since nothing failed.
import { readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** Warns when a file was found unusable and begun anew, or when an older release has left one of its own behind.
 * @param path    of the file
 * @param opened  'created' or 'recreated'; nothing is said of files that were taken as they were
 * @param reason  why it was recreated */
export function announce(path: string, opened: string, reason: string | undefined): void {
  if (opened === 'recreated') {
    warn('RECREATED', `cache file ${path} starts empty: ${reason ?? 'it could not be used'}`);
  }
  if (opened !== 'created') return;
  const others = otherLayouts(path);
  if (others.length === 0) return;
  warn(
    'LEFTOVER',
    `cache file ${path} starts empty: another release made ${others.join(', ')}; remove what no process uses any more`,
  );
}

// Files of the same user and name that differ in the layout only.
function otherLayouts(path: string): string[] {
  const file = /^(.*\.v)\d+(\.arena)$/.exec(basename(path));
  if (file === null) return [];
  const [, start = '', end = ''] = file;
  return readdirSync(dirname(path))
    .filter((name) => name.startsWith(start) && name.endsWith(end) && name !== basename(path))
    .filter((name) => /^\d+$/.test(name.slice(start.length, -end.length)))
    .map((name) => join(dirname(path), name));
}

function warn(code: string, message: string): void {
  process.emitWarning(message, { code: `CATZ_WARN_CACHE_${code}` });
}
