import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Job } from 'bullmq';
import { defineTask } from '../../src/define/define-task.ts';
import type { AnyTask } from '../../src/define/types.ts';
import { Attempt } from '../../src/runner/attempt.ts';
import { DeadlineClock } from '../../src/runner/deadline-clock.ts';
import { anything } from './support/bench.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function begin(task: AnyTask): { attempt: Attempt; heard: string[]; ended: Promise<unknown> } {
  const heard: string[] = [];
  const job = { id: '1', attemptsMade: 0 } as Job;
  const clock = new DeadlineClock(() => [attempt]);
  const attempt: Attempt = new Attempt(job, task, 'token', {
    expect: (due) => clock.expect(due),
    timedOut: () => heard.push('timed out'),
    abandoned: () => heard.push('abandoned'),
  });
  const ended = attempt.run(() => new Promise(() => undefined)).catch((error: unknown) => error);
  return { attempt, heard, ended };
}

function taskOf(more: { timeout: number | false; abandonAfter: number | false }): AnyTask {
  return defineTask({ name: 'timed', schema: anything, handler: () => undefined, ...more });
}

it('a timeout longer than a timer of Node can be is kept', () => {
  const timeout = 2 ** 31 + 5_000;
  const { attempt, heard } = begin(taskOf({ timeout, abandonAfter: false }));
  vi.advanceTimersByTime(timeout - 2);
  expect(heard).toEqual([]);
  vi.advanceTimersByTime(2);
  expect(heard).toEqual(['timed out']);
  expect(attempt.signal.reason).toMatchObject({ code: 'CATZ_TASKS_TIMEOUT' });
  expect(vi.getTimerCount()).toBe(0);
});

it('abandonAfter counts from the abort', () => {
  const { attempt, heard } = begin(taskOf({ timeout: 100, abandonAfter: 50 }));
  vi.advanceTimersByTime(148);
  expect(heard).toEqual(['timed out']);
  vi.advanceTimersByTime(2);
  expect(heard).toEqual(['timed out', 'abandoned']);
  expect(attempt.isAbandoned).toBe(true);
});

it('a cancel is followed by abandonAfter, and by no timeout', () => {
  const { attempt, heard } = begin(taskOf({ timeout: 100, abandonAfter: 500 }));
  attempt.abort('cancelled', new Error('enough'));
  vi.advanceTimersByTime(498);
  expect(heard).toEqual([]);
  vi.advanceTimersByTime(2);
  expect(heard).toEqual(['abandoned']);
});

it('the end of the application stops the clock, and leaves the first reason', () => {
  const { attempt, heard } = begin(taskOf({ timeout: 100, abandonAfter: 50 }));
  const reason = new Error('first');
  attempt.abort('cancelled', reason);
  attempt.abort('closing', new Error('closing'));
  vi.advanceTimersByTime(10_000);
  expect(heard).toEqual([]);
  expect(attempt.signal.reason).toBe(reason);
  expect(attempt.abortKind).toBe('cancelled');
});

it('a cancel counts also after another abort, but not where the job is no longer ours', () => {
  const reason = new Error('first');
  for (const kind of ['timeout', 'closing', 'lost'] as const) {
    const { attempt } = begin(taskOf({ timeout: false, abandonAfter: false }));
    void attempt.signal;
    attempt.abort(kind, reason);
    attempt.abort('cancelled', new Error('enough'));
    expect(attempt.abortKind).toBe(kind === 'lost' ? 'lost' : 'cancelled');
    expect(attempt.signal.reason).toBe(reason);
  }
});

it('an attempt that is ended is no longer due', async () => {
  const { attempt, heard, ended } = begin(taskOf({ timeout: 100, abandonAfter: 50 }));
  attempt.end('returned');
  expect(await ended).toMatchObject({ code: 'CATZ_TASKS_CLOSING' });
  vi.advanceTimersByTime(1_000);
  expect(heard).toEqual([]);
  expect(vi.getTimerCount()).toBe(0);
});

it('one timer serves all attempts, in the order of their deadlines', () => {
  const told: string[] = [];
  const timed = (name: string, due: number): { due: number; tick(): void } => ({
    due,
    tick() {
      told.push(name);
      this.due = Infinity;
    },
  });
  const now = performance.now();
  const all = [timed('late', now + 300), timed('soon', now + 100), timed('middle', now + 200)];
  const clock = new DeadlineClock(() => all);
  for (const { due } of all) clock.expect(due);
  expect(vi.getTimerCount()).toBe(1);
  vi.advanceTimersByTime(100);
  expect(told).toEqual(['soon']);
  expect(vi.getTimerCount()).toBe(1);
  vi.advanceTimersByTime(100);
  expect(told).toEqual(['soon', 'middle']);
  clock.close();
  vi.advanceTimersByTime(1_000);
  expect(told).toEqual(['soon', 'middle']);
});
