// Generations as folders of files, one per record: for where lmdb cannot be loaded. Slow, but the same promises.
import { constants } from 'node:fs';
import { access, mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { generationName } from '../generation.ts';
import type { Format, FormatContext } from '../generation.ts';
import { FsGeneration } from './fs-generation.ts';

export function fsFormat({ folder, cap, flushed }: FormatContext): Format {
  const pathOf = (number: number): string => join(folder, generationName(number));
  return {
    backend: 'fs',
    provesSeals: false,
    maxRecordBytes: Math.floor(cap / 4),
    async create(number) {
      await rm(pathOf(number), { recursive: true, force: true });
      await mkdir(pathOf(number), { mode: 0o700 });
      return new FsGeneration(number, pathOf(number), { cap, flushed });
    },
    async open({ number, seal }) {
      await access(pathOf(number), constants.R_OK | constants.W_OK);
      const generation = new FsGeneration(number, pathOf(number), { cap, flushed });
      await generation.count(seal?.bytes);
      return generation;
    },
    async remove(number) {
      // In one step: a folder with some of its files would pass for a generation.
      const gone = `${pathOf(number)}-gone`;
      await rm(gone, { recursive: true, force: true });
      await rename(pathOf(number), gone);
      await rm(gone, { recursive: true, force: true });
    },
    saysFull: () => false,
    close: () => Promise.resolve(),
  };
}
