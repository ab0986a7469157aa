// What a process that ended left behind: generations dropped in part, or made but never named by the manifest.
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { GENERATION, generationName } from './generation.ts';

/** Removes all files of generations but those of some.
 * @throws what the file system says */
export async function removeRubbish(folder: string, kept: ReadonlySet<number>): Promise<void> {
  const names = new Set([...kept].map(generationName));
  for (const name of await readdir(folder)) {
    if (!name.startsWith(GENERATION) || names.has(name.replace(/-lock$/, ''))) continue;
    await rm(join(folder, name), { recursive: true, force: true });
  }
}
