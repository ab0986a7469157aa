// No news is lost: whatever happens to a queue, a job that can be given out is not left while workers wait for one.
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Waiters } from '../../../src/embedded/backend/waiters.ts';
import { hasAvailable } from '../../../src/embedded/commands/_intake.ts';
import { makeStore } from '../../../src/embedded/engine/make-store.ts';
import { Choice } from '../collections/support/jobs.ts';
import { Rig } from '../commands/support/rig.ts';

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 });
});
afterEach(() => {
  vi.useRealTimers();
});

/** A worker that takes one job with each word it gets; others end them. */
async function idle(rig: Rig, waiters: Waiters): Promise<void> {
  const owner = {};
  let taken = 0;
  for (;;) {
    const marker = await waiters.wait(rig.queue, owner, Infinity);
    if (marker === null || marker.score === Infinity) return;
    rig.now = Date.now();
    // Some take their job without a lock, which others may then remove.
    rig.take({}, ++taken % 4 === 0 ? '0' : 'token');
  }
}

const PUT_OFF = { token: 'token', skipAttempt: false, fetchNext: false, worker: {} };
const CHILD = ['fpof', 'cpof', 'idof', 'rdof', 'none'] as const;

function step(rig: Rig, choice: Choice, ids: string[]): void {
  const { queue } = rig;
  const active = [...queue.active.keys()];
  const one = (): string => (ids.length === 0 ? 'nobody' : choice.of(ids));
  const running = (): string => (active.length === 0 ? 'nobody' : choice.of(active));
  const token = choice.of(['token', 'token', 'token', 'token', '0', '0', 'wrong']);
  const steps: (() => unknown)[] = [
    () => ids.push(rig.add(choice.below(2) === 0 ? {} : { priority: choice.below(4) })),
    () => ids.push(rig.add({ delay: 1 + choice.below(30) })),
    () => ids.push(rig.add({ deduplication: { id: 'same', keepLastIfActive: true } })),
    () => {
      const parent = rig.add({}, { toWaitingChildren: true });
      const what = choice.of(CHILD);
      const json = JSON.stringify({ id: parent, queueKey: 'bull:q', [what]: true });
      ids.push(parent, rig.add({}, { parentKey: `bull:q:${parent}`, parent: json }));
    },
    () => rig.complete(running(), { token }),
    () => rig.complete(running(), { token, fetchNext: true }),
    () => rig.fail(running(), { token }),
    () => rig.run('retryJob', running(), choice.below(2) === 0, token, {}),
    () => {
      const how = { ...PUT_OFF, timestamp: rig.now, delay: choice.below(20), token };
      rig.run('moveToDelayed', running(), how, {});
    },
    () => rig.run('moveJobFromActiveToWait', running(), token),
    () => rig.run('moveToWaitingChildren', running(), token, null),
    () => rig.run('moveStalledJobsToWait', active.slice(0, 2), 1),
    () => rig.run('pause', choice.below(3) === 0),
    () => rig.run('setQueueMeta', { concurrency: String(1 + choice.below(4)) }),
    () => rig.run('removeQueueMetaFields', ['concurrency']),
    () => rig.run('promote', one()),
    () => rig.run('promoteJobs', 3),
    () => rig.run('changeDelay', one(), choice.below(20)),
    () => rig.run('changePriority', one(), choice.below(4), choice.below(2) === 0),
    () => rig.run('retryFinishedJobs', 'failed', 5, rig.now),
    () => rig.run('retryFinishedJobs', 'completed', 5, rig.now),
    () => rig.run('remove', one(), choice.below(2) === 0),
    () => rig.run('removeUnprocessedChildren', one()),
    () => rig.run('cleanJobsByState', 'active', rig.now, 1),
  ];
  try {
    choice.of(steps)();
  } catch (error) {
    // Refusals of the engine are part of the game.
    if (typeof (error as { code?: unknown }).code !== 'number') throw error;
  }
}

describe.each(Array.from({ length: 12 }, (_, n) => 100 + n))('seed %i', (seed) => {
  test('400 random operations leave no job behind that an idle worker could have', async () => {
    const waiters = new Waiters();
    const rig = new Rig('q', makeStore(waiters.wake));
    const choice = new Choice(seed);
    const ids: string[] = [];
    for (let n = 0; n < 3; n++) void idle(rig, waiters);
    for (let n = 0; n < 400; n++) {
      rig.now = Date.now();
      step(rig, choice, ids);
      await vi.advanceTimersByTimeAsync(choice.below(3) === 0 ? choice.below(25) : 0);
      const at = `seed ${seed}, step ${n}`;
      expect(hasAvailable(rig.queue), at).toBe(false);
      expect(rig.queue.delayed.nextDueAt, at).toBeGreaterThan(Date.now() - 1);
      expect(rig.store.bytes, at).toBe(rig.countedBytes);
    }
    expect(rig.queue.jobs.size + ids.length).toBeGreaterThan(20);
    expect(waiters.size).toBe(3);
  });
});
