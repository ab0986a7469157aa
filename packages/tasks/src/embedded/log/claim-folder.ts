// Takes a folder for this process, or says who has it.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { claim } from '@catzilla/cache-core/os';
import type { Claim } from '@catzilla/cache-core/os';
import { errors } from '../../errors.ts';

/** @throws CATZ_TASKS_LOCKED; what the file system says (EROFS, EACCES, ENOSPC) */
export function claimFolder(folder: string): Claim {
  const held = claim(folder);
  if (held !== undefined) return held;
  throw new errors.LOCKED(folder, holderOf(folder));
}

/** The pid in the newest lock, for the message. */
function holderOf(folder: string): string {
  try {
    const locks = readdirSync(folder).flatMap((name) => {
      const digits = /^lock\.(\d{1,15})$/.exec(name)?.[1];
      return digits === undefined ? [] : [Number(digits)];
    });
    const text = readFileSync(join(folder, `lock.${String(Math.max(...locks))}`), 'utf8');
    const { pid } = JSON.parse(text) as { pid?: number };
    if (pid === process.pid) return `${String(pid)}, in another of its threads`;
    return String(pid ?? 'unknown');
  } catch {
    // Let go meanwhile: it was held, all the same.
    return 'unknown';
  }
}
