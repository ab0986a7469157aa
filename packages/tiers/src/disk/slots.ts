// Slots: folders `0`, `1`, … within a cache's, each with one opener and its share of the bytes.
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { claim } from '@catzilla/cache-core/os';
import type { Claim } from '@catzilla/cache-core/os';

/** A slot held. */
export interface Slot extends Claim {
  readonly folder: string;
}

/** Takes the first slot that nobody holds.
 * @param folder  of the cache
 * @returns undefined: all are held
 * @throws what the file system says */
export function claimSlot(folder: string, slots: number): Slot | undefined {
  for (let slot = 0; slot < slots; slot++) {
    const path = join(folder, String(slot));
    mkdirSync(path, { recursive: true, mode: 0o700 });
    const held = claim(path);
    if (held === undefined) continue;
    if (slot === 0) dropBeyond(folder, slots);
    return { folder: path, release: held.release };
  }
  return undefined;
}

// Slots of a run that had more of them: nobody would ever count their bytes.
function dropBeyond(folder: string, slots: number): void {
  for (const name of readdirSync(folder)) {
    if (!/^\d{1,3}$/.test(name) || Number(name) < slots) continue;
    const path = join(folder, name);
    const held = claim(path);
    if (held === undefined) continue;
    rmSync(path, { recursive: true, force: true });
    held.release();
  }
}
