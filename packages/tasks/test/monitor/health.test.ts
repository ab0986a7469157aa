import { expect, test } from 'vitest';
import { healthOf } from '../../src/monitor/health.ts';
import { lostJobs } from '../../src/monitor/lost.ts';
import { fakeQueue } from './support/fake-queue.ts';

test('all is well where nobody says otherwise', () => {
  expect(healthOf({ store: undefined, runner: undefined })).toEqual({ state: 'ok', reasons: [] });
  expect(healthOf({ store: { mode: 'durable', state: 'open' }, runner: undefined }).state).toBe(
    'ok',
  );
});

test('the worst word wins, and every reason is named', () => {
  const runner = { state: 'degraded', reasons: ['queue mail has 3 abandoned handlers'] } as const;
  expect(healthOf({ store: undefined, runner })).toEqual(runner);
  const full = healthOf({ store: { mode: 'durable', state: 'full' }, runner });
  expect(full.state).toBe('degraded');
  expect(full.reasons).toHaveLength(2);
  const failed = healthOf({ store: { mode: 'durable', state: 'failed' }, runner });
  expect(failed).toMatchObject({
    state: 'failed',
    reasons: [runner.reasons[0], expect.stringContaining('restart')],
  });
});

test('a disk that is full, or a backend that is away, degrades by itself', () => {
  expect(healthOf({ store: { mode: 'durable', state: 'full' }, runner: undefined })).toMatchObject({
    state: 'degraded',
    reasons: [expect.stringContaining('full')],
  });
  const away = healthOf({ store: undefined, runner: undefined, backendFault: 'Redis is away' });
  expect(away).toEqual({ state: 'degraded', reasons: ['Redis is away'] });
});

test('lost jobs are those that are not finished, counted by name', async () => {
  const queues = [
    fakeQueue('a', {
      waiting: [{ name: 'mail' }],
      prioritized: [{ name: 'mail' }, { name: 'push' }],
      active: [{ name: 'push' }],
      completed: [{ name: 'done' }],
    }),
    fakeQueue('b', { delayed: [{ name: 'mail' }] }),
    fakeQueue('c', { failed: [{ name: 'failed' }] }),
  ];
  const lost = await lostJobs(queues as never);
  expect(lost).toEqual({ total: 5, byName: { mail: 3, push: 2 } });
});
