// What a log says is what happened: random commands, then the same state from the files.
import { describe, expect, test } from 'vitest';
import * as commands from '../../../src/embedded/commands/index.ts';
import { makeStore } from '../../../src/embedded/engine/make-store.ts';
import { compact } from '../../../src/embedded/log/compact.ts';
import { load } from '../../../src/embedded/log/load.ts';
import { dump } from './support/dump.ts';
import { faultyFiles } from './support/faulty-files.ts';
import { temporaryFolder } from './support/folder.ts';
import { makeJournal, openJournal } from './support/journal.ts';
import { randomFrom, runRandom } from './support/random-commands.ts';
import type { DurableJournal } from '../../../src/embedded/log/durable-journal.ts';

const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8];
const AS_IT_IS = { boot: '', skip: false };

function loaded(folder: string): unknown {
  const store = makeStore();
  load(folder, store, commands, AS_IT_IS).replay.finish(Date.now());
  return dump(store);
}

describe('a replay', () => {
  test.each(SEEDS)('gives the state that was there, seed %i', async (seed) => {
    const folder = temporaryFolder();
    const durability = (['every-write', 'interval', 'none'] as const)[seed % 3] ?? 'none';
    const journal = await openJournal(folder, { durability, segmentBytes: 20_000 });
    await runRandom(journal, randomFrom(seed), 1_500);
    const before = dump(journal.store);
    await journal.close();
    expect(loaded(folder), `seed ${String(seed)}`).toEqual(before);
  });

  test.each(SEEDS)(
    'over a snapshot gives the same as over the whole log, seed %i',
    async (seed) => {
      const folder = temporaryFolder();
      const random = randomFrom(seed + 100);
      const journal = await openJournal(folder, { segmentBytes: 20_000 });
      for (let round = 0; round < 4; round++) {
        await runRandom(journal, random, 500);
        const segment = lastSegment(folder);
        if (segment > 1) compact(folder, segment, commands);
      }
      const before = dump(journal.store);
      await journal.close();
      expect(loaded(folder), `seed ${String(seed)}`).toEqual(before);
    },
  );

  test.each(SEEDS.slice(0, 4))(
    'gives the state that was there though the disk was full again and again, seed %i',
    async (seed) => {
      const folder = temporaryFolder();
      const random = randomFrom(seed + 200);
      const { files, faults } = faultyFiles();
      const durability = seed % 2 === 0 ? 'every-write' : 'interval';
      const journal = await openJournal(folder, { durability, files, segmentBytes: 5_000 });
      let timesFull = 0;
      for (let round = 0; round < 8; round++) {
        faults.room = Math.floor(random() * 8_000);
        await runRandom(journal, random, 150);
        if (journal.state === 'full') timesFull++;
        await runRandom(journal, random, 50);
        faults.room = Infinity;
        await untilOpen(journal);
      }
      expect(timesFull, `seed ${String(seed)}`).toBeGreaterThan(1);
      const before = dump(journal.store);
      await journal.close();
      expect(loaded(folder), `seed ${String(seed)}`).toEqual(before);
    },
  );

  test('goes on after each restart, active jobs back at the front', async () => {
    const folder = temporaryFolder();
    const random = randomFrom(7);
    for (let round = 0; round < 4; round++) {
      const journal = makeJournal(folder, { segmentBytes: 30_000 });
      await journal.open();
      for (const queue of journal.store.queues.values()) expect(queue.active.size).toBe(0);
      await runRandom(journal, random, 400);
      const before = dump(journal.store);
      await journal.close();
      expect(loaded(folder)).toEqual(before);
    }
  });
});

function lastSegment(folder: string): number {
  const { segment } = load(folder, makeStore(), commands, AS_IT_IS);
  return segment ?? 0;
}

function untilOpen(journal: DurableJournal): Promise<void> {
  if (journal.state === 'open') return Promise.resolve();
  return new Promise((resolve) => {
    journal.onState((state) => {
      if (state === 'open') resolve();
    });
  });
}
