// One opener per folder, by files `lock.<n>`: whoever makes the next number holds it, the highest counts.
// Invariant: numbers only grow. A number is made once its predecessor is free or its holder gone, by link(2), which fails
// for all but one; so two that judge the same holder gone cannot both follow it. A file is removed only by the holder of
// a higher one: a slow claimant that makes a number of old sees the higher one, and withdraws.
import {
  linkSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { utimes } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { isGone, SILENCE, thisThread } from './holder.ts';
import type { Holder } from './holder.ts';

/** A folder held. */
export interface Claim {
  /** Lets it go. Idempotent; a folder that is gone meanwhile is no error. */
  release(): void;
}

const PATTERN = /^lock\.(\d{1,15})$/;
const ATTEMPTS = 8;

/** Takes a folder.
 * @param folder  it exists, and only its holder writes in it
 * @returns undefined when another holds it
 * @throws what the file system says (ENOSPC, EACCES) */
export function claim(folder: string): Claim | undefined {
  const draft = join(folder, `lock-${randomBytes(8).toString('hex')}`);
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const last = highest(folder);
    if (last > 0 && !isFree(pathOf(folder, last))) return undefined;
    const path = pathOf(folder, last + 1);
    try {
      // The content is there as soon as the name is.
      writeFileSync(draft, JSON.stringify(thisThread()), { mode: 0o600 });
      linkSync(draft, path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') continue;
      throw error;
    } finally {
      rmSync(draft, { force: true });
    }
    if (highest(folder) > last + 1) {
      rmSync(path, { force: true });
      continue;
    }
    for (const number of numbers(folder)) {
      if (number <= last) rmSync(pathOf(folder, number), { force: true });
    }
    return hold(path, draft);
  }
  return undefined;
}

function hold(path: string, draft: string): Claim {
  const beat = setInterval(() => {
    const now = new Date();
    utimes(path, now, now).catch(() => {
      // The folder is gone, or read-only: others then judge by what they see.
    });
  }, SILENCE / 6).unref();
  let held = true;
  return {
    release() {
      if (!held) return;
      held = false;
      clearInterval(beat);
      try {
        writeFileSync(draft, '{}', { mode: 0o600 });
        renameSync(draft, path);
      } catch {
        // Without room for two bytes, or without the folder: it counts as held until this thread ends.
      }
    },
  };
}

function isFree(path: string): boolean {
  try {
    const holder = JSON.parse(readFileSync(path, 'utf8')) as Partial<Holder>;
    if (holder.pid === undefined) return true;
    return isGone(holder as Holder, Date.now() - statSync(path).mtimeMs);
  } catch {
    // Removed by the holder of a higher one (then ours fails), or damaged.
    return true;
  }
}

function numbers(folder: string): number[] {
  return readdirSync(folder).flatMap((name) => {
    const digits = PATTERN.exec(name)?.[1];
    return digits === undefined ? [] : [Number(digits)];
  });
}

function highest(folder: string): number {
  return Math.max(0, ...numbers(folder));
}

function pathOf(folder: string, number: number): string {
  return join(folder, `lock.${number}`);
}
