import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Waiters } from '../../../src/embedded/backend/waiters.ts';
import { Job } from '../../../src/embedded/engine/job.ts';
import { makeQueue } from '../../../src/embedded/engine/make-queue.ts';
import type { QueueState } from '../../../src/embedded/engine/queue.ts';

const JOB_THERE = { member: '0', score: 0 };
const CANCELLED = { member: '0', score: Infinity };
const OWNER = {};

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 });
});
afterEach(() => {
  vi.useRealTimers();
});

function makeJob(): Job {
  return new Job('id', 'job', '{}', { json: '{}', value: {}, isFlat: true }, 0);
}

/** Waits, and says later what came. */
function watch(waiting: Promise<unknown>): { answers: unknown[] } {
  const seen: { answers: unknown[] } = { answers: [] };
  void waiting.then((answer) => seen.answers.push(answer));
  return seen;
}

async function settled(): Promise<void> {
  await vi.advanceTimersByTimeAsync(0);
}

describe('a worker that waits', () => {
  let waiters: Waiters;
  let queue: QueueState;

  beforeEach(() => {
    waiters = new Waiters();
    queue = makeQueue('q', 'bull');
  });

  test('does not when a job is there', async () => {
    queue.wait.pushBack(makeJob());
    expect(await waiters.wait(queue, OWNER, Infinity)).toEqual(JOB_THERE);
    expect(waiters.size).toBe(0);
  });

  test('waits while the queue is paused, and when it is told to wait for news', async () => {
    queue.wait.pushBack(makeJob());
    void waiters.wait(queue, OWNER, Infinity, true);
    queue.meta.set('paused', '1');
    void waiters.wait(queue, OWNER, Infinity);
    await settled();
    expect(waiters.size).toBe(2);
  });

  test('is not woken by a delayed job that was due before it began to wait for news', async () => {
    queue.delayed.push(makeJob(), Date.now() - 1);
    const seen = watch(waiters.wait(queue, OWNER, Infinity, true));
    await vi.advanceTimersByTimeAsync(10_000);
    expect(seen.answers).toEqual([]);
    waiters.wake(queue, queue.delayed.nextDueAt);
    await settled();
    expect(seen.answers).toEqual([JOB_THERE]);
  });

  test('is woken by a job, one worker by one job, those first that waited longest', async () => {
    const seen = [1, 2, 3].map(() => watch(waiters.wait(queue, OWNER, Infinity)));
    waiters.wake(queue, 0);
    await settled();
    expect(seen.map(({ answers }) => answers)).toEqual([[JOB_THERE], [], []]);
    waiters.wake(queue, 0);
    await settled();
    expect(seen.map(({ answers }) => answers)).toEqual([[JOB_THERE], [JOB_THERE], []]);
  });

  test('is not woken by news of another queue', async () => {
    const seen = watch(waiters.wait(queue, OWNER, Infinity));
    waiters.wake(makeQueue('other', 'bull'), 0);
    await settled();
    expect(seen.answers).toEqual([]);
  });

  test('is woken when a delayed job is due that was there before', async () => {
    queue.delayed.push(makeJob(), Date.now() + 500);
    const seen = watch(waiters.wait(queue, OWNER, Infinity));
    await vi.advanceTimersByTimeAsync(499);
    expect(seen.answers).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(seen.answers).toEqual([JOB_THERE]);
  });

  test('is woken when a delayed job is due that came later, and earlier than others', async () => {
    queue.delayed.push(makeJob(), Date.now() + 500);
    const seen = watch(waiters.wait(queue, OWNER, Infinity));
    queue.delayed.push(makeJob(), Date.now() + 50);
    waiters.wake(queue, Date.now() + 50);
    await vi.advanceTimersByTimeAsync(50);
    expect(seen.answers).toEqual([JOB_THERE]);
  });

  test('is woken after months, which no timer can count at once', async () => {
    const months = 2 ** 31 + 5_000;
    const set = vi.spyOn(globalThis, 'setTimeout');
    queue.delayed.push(makeJob(), Date.now() + months);
    const seen = watch(waiters.wait(queue, OWNER, Infinity));
    await vi.advanceTimersByTimeAsync(1_000);
    expect(seen.answers).toEqual([]);
    expect(set.mock.calls.map(([, sleep]) => sleep)).toEqual([60_000]);
    // A clock set forward stands for the months; a minute later it has been noticed.
    vi.setSystemTime(Date.now() + months);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(seen.answers).toEqual([JOB_THERE]);
    set.mockRestore();
  });

  test('is woken when the rate limit ends that holds a job back, and only then', async () => {
    const seen = [1, 2].map(() => watch(waiters.wait(queue, OWNER, Infinity)));
    queue.wait.pushBack(makeJob());
    queue.rateWindow = { count: 1, endsAt: Date.now() + 500 };
    queue.delayed.push(makeJob(), Date.now() + 2_000);
    waiters.wake(queue, queue.rateWindow.endsAt);
    await vi.advanceTimersByTimeAsync(499);
    expect(seen.map(({ answers }) => answers)).toEqual([[], []]);
    await vi.advanceTimersByTimeAsync(1);
    expect(seen.map(({ answers }) => answers)).toEqual([[JOB_THERE], []]);
  });

  test('is not woken when a rate limit ends and there is no job', async () => {
    const seen = watch(waiters.wait(queue, OWNER, Infinity));
    queue.rateWindow = { count: 1, endsAt: Date.now() + 500 };
    queue.delayed.push(makeJob(), Date.now() + 2_000);
    waiters.wake(queue, queue.rateWindow.endsAt);
    await vi.advanceTimersByTimeAsync(1_999);
    expect(seen.answers).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(seen.answers).toEqual([JOB_THERE]);
  });

  test('has one timer with all others, and none once nothing is due', async () => {
    const other = makeQueue('other', 'bull');
    queue.delayed.push(makeJob(), Date.now() + 500);
    other.delayed.push(makeJob(), Date.now() + 700);
    const seen = [queue, other].map((one) => watch(waiters.wait(one, OWNER, Infinity)));
    expect(vi.getTimerCount()).toBe(1);
    await vi.advanceTimersByTimeAsync(500);
    expect(seen.map(({ answers }) => answers.length)).toEqual([1, 0]);
    expect(vi.getTimerCount()).toBe(1);
    await vi.advanceTimersByTimeAsync(200);
    expect(seen.map(({ answers }) => answers.length)).toEqual([1, 1]);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('gives up after its time, and takes no news then', async () => {
    const seen = watch(waiters.wait(queue, OWNER, 30));
    const other = watch(waiters.wait(queue, OWNER, Infinity));
    await vi.advanceTimersByTimeAsync(30);
    expect(seen.answers).toEqual([null]);
    waiters.wake(queue, 0);
    await settled();
    expect(other.answers).toEqual([JOB_THERE]);
  });

  test('ends when its owner says so, and others go on', async () => {
    const other = {};
    const mine = watch(waiters.wait(queue, OWNER, 1_000));
    const others = watch(waiters.wait(queue, other, Infinity));
    waiters.cancel(OWNER);
    await settled();
    expect([mine.answers, others.answers]).toEqual([[CANCELLED], []]);
    expect([waiters.size, vi.getTimerCount()]).toEqual([1, 0]);
  });

  test('leaves no timer behind when the last is cancelled', async () => {
    queue.delayed.push(makeJob(), Date.now() + 500);
    const seen = watch(waiters.wait(queue, OWNER, 1_000));
    waiters.cancel(OWNER);
    await settled();
    expect(seen.answers).toEqual([CANCELLED]);
    expect([waiters.size, vi.getTimerCount()]).toEqual([0, 0]);
  });
});
