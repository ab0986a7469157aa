// Everything that BullMQ's classes can do (schedulers, flows, cleaning, all of it), in random order: a durable store shows what one in
// memory shows, and its files give its state again, over snapshots too.
import type { BackendFactory } from 'bullmq';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import * as commands from '../../../src/embedded/commands/index.ts';
import { EmbeddedBackend } from '../../../src/embedded/backend/embedded-backend.ts';
import { SharedStore } from '../../../src/embedded/backend/shared-store.ts';
import { makeStore } from '../../../src/embedded/engine/make-store.ts';
import { embeddedBackend } from '../../../src/embedded/index.ts';
import { compact } from '../../../src/embedded/log/compact.ts';
import { listFolder } from '../../../src/embedded/log/folder.ts';
import { load } from '../../../src/embedded/log/load.ts';
import { runSeed } from '../../differential/support/compare.ts';
import { FOREVER, openSide } from '../../differential/support/side.ts';
import { dump } from './support/dump.ts';
import { temporaryFolder } from './support/folder.ts';
import { makeJournal } from './support/journal.ts';
import type { BackendOptions } from '../../../src/embedded/backend/arguments.ts';
import type { OpenPair } from '../../differential/support/compare.ts';

const [FIRST = 1, LAST = FIRST] = (process.env['CATZ_TASKS_SEEDS'] ?? '1-12')
  .split('-')
  .map(Number);
const STEPS = 120;

describe('a durable store that BullMQ used at random', () => {
  beforeAll(() => {
    vi.useFakeTimers({ toFake: ['Date'] });
  });
  afterAll(() => {
    vi.useRealTimers();
  });

  test.each(Array.from({ length: LAST - FIRST + 1 }, (_, n) => FIRST + n))(
    'shows what a store in memory shows, and is replayed to what it was: seed %i',
    async (seed) => {
      const folder = temporaryFolder();
      const states: unknown[] = [];
      const open: OpenPair = async () => {
        const limiter = seed % 5 === 0 ? { max: 3, duration: FOREVER } : undefined;
        const memory = embeddedBackend() as BackendFactory;
        const left = await openSide('memory', memory, {}, { limiter });
        const { factory, shared } = durable(folder);
        const right = await openSide('durable', factory, {}, { limiter });
        const close = async (): Promise<void> => {
          states.push(dump(shared.journal.store));
          await left.close();
          await right.close();
        };
        return { left, right, close, atEnd: () => Promise.resolve(undefined) };
      };
      const difference = await runSeed(open, seed, STEPS);
      expect(difference?.text, `seed ${String(seed)}`).toBeUndefined();
      expect(replayed(folder), `seed ${String(seed)}, all of the log`).toEqual(states[0]);
      const { segments } = listFolder(folder);
      expect(segments.length).toBeGreaterThan(1);
      compact(folder, segments[segments.length >> 1] as number, commands);
      expect(replayed(folder), `seed ${String(seed)}, over a snapshot`).toEqual(states[0]);
    },
  );
});

function durable(folder: string): { factory: BackendFactory; shared: SharedStore } {
  const limits = { maxJobs: 1_000_000, maxBytes: 1_000_000_000 };
  const shared = new SharedStore(
    (wake) => makeJournal(folder, { wake, segmentBytes: 4_000 }),
    limits,
  );
  const factory = (name: string, options: unknown): EmbeddedBackend =>
    new EmbeddedBackend(shared, name, options as BackendOptions);
  return { factory: factory as BackendFactory, shared };
}

function replayed(folder: string): unknown {
  const store = makeStore();
  load(folder, store, commands, { boot: '', skip: false }).replay.finish(Date.now());
  return dump(store);
}
