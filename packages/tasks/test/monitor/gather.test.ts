import { expect, onTestFinished, test, vi } from 'vitest';
import { TaskEvents } from '../../src/monitor/events.ts';
import { gatherStats } from '../../src/monitor/gather.ts';
import { Monitor } from '../../src/monitor/monitor.ts';
import type { JobCounts, QueueReader, StatsSources } from '../../src/monitor/types.ts';
import { fakeQueue } from './support/fake-queue.ts';

const mail = { task: 'mail', queue: 'default' };

function monitored(): { events: TaskEvents; monitor: Monitor } {
  const events = new TaskEvents();
  const monitor = new Monitor(events);
  onTestFinished(() => monitor.close());
  return { events, monitor };
}

function sources(queues: readonly QueueReader[], more: Partial<StatsSources> = {}): StatsSources {
  return {
    backend: 'embedded',
    queues,
    dead: () => undefined,
    tasks: [{ name: 'mail', queue: 'default' }],
    runner: [],
    store: undefined,
    ...more,
  };
}

test('an attempt that failed before its handler was begun is no run, and takes none from those that run', async () => {
  const { events, monitor } = monitored();
  events.emit('failed', { ...mail, id: '1', attempt: 1 });
  events.emit('started', { ...mail, id: '2', attempt: 1 });
  const { tasks, queues } = await gatherStats(monitor, sources([fakeQueue('default')]));
  expect(tasks[0]).toMatchObject({ running: 1, totals: { failed: 1 }, run: { count: 0 } });
  expect(queues[0]).toMatchObject({ running: 1, totals: { failed: 1 }, run: { count: 0 } });
});

test('counts of the backend, totals of the process, and what the runner says come together', async () => {
  const { events, monitor } = monitored();
  events.emit('enqueued', { ...mail, id: '1' });
  events.emit('enqueued', { ...mail, id: '1', deduplicated: true });
  events.emit('started', { ...mail, id: '1', attempt: 1, waitMs: 4 });
  events.emit('timeout', { ...mail, id: '1', attempt: 1 });
  events.emit('abandoned', { ...mail, id: '1', attempt: 1 });
  events.emit('retrying', { ...mail, id: '1', attempt: 1, runMs: 10 });
  events.emit('started', { ...mail, id: '1', attempt: 2, waitMs: 4 });
  events.emit('failed', { ...mail, id: '1', attempt: 2, runMs: 10 });
  events.emit('dead', { ...mail, id: '1' });
  events.emit('cancelled', { ...mail, id: '2' });
  events.emit('stalled', { task: '', queue: 'default', id: '3' });
  events.emit('skipped', { ...mail, id: '4', why: 'overlap' });
  events.emit('started', { ...mail, id: '5', attempt: 1 });
  events.emit('completed', { ...mail, id: '5', attempt: 1, runMs: 10 });
  events.emit('started', { ...mail, id: '6', attempt: 1 });

  const queue = fakeQueue('default', {
    waiting: [{}],
    prioritized: [{}, {}],
    delayed: [{}],
    active: [{}],
    'waiting-children': [{}],
    completed: [{}, {}, {}],
    failed: [{}],
  });
  const stats = await gatherStats(
    monitor,
    sources([queue], {
      dead: () => fakeQueue('default.dead', { prioritized: [{}, {}] }),
      runner: [
        { queue: 'default', running: 7, abandoned: 1, concurrency: { now: 8, min: 1, max: 50 } },
      ],
      store: { mode: 'memory', jobs: 9 },
    }),
  );

  const totals = {
    enqueued: 1,
    deduplicated: 1,
    started: 4,
    completed: 1,
    retried: 1,
    failed: 1,
    dead: 1,
    timeouts: 1,
    abandoned: 1,
    cancelled: 1,
    stalled: 0,
    skipped: 1,
  };
  const counts = {
    waiting: 3,
    delayed: 1,
    active: 1,
    waitingChildren: 1,
    completed: 3,
    failed: 1,
  };
  expect(stats).toMatchObject({
    backend: 'embedded',
    store: { mode: 'memory', jobs: 9 },
    listenerErrors: 0,
    queues: [
      {
        queue: 'default',
        tasks: ['mail'],
        counts,
        dead: 2,
        isPaused: false,
        running: 7,
        abandoned: 1,
        concurrency: { now: 8, min: 1, max: 50 },
        // The store knew no name of the stalled one.
        totals: { ...totals, stalled: 1 },
        perSecond: 3,
      },
    ],
    tasks: [{ task: 'mail', queue: 'default', counts, totals, running: 1 }],
  });
  expect(stats.tasks[0]!.wait).toMatchObject({ count: 2, maxMs: 4 });
  expect(stats.tasks[0]!.run).toMatchObject({ count: 3, maxMs: 10 });
});

test('waiting jobs are counted by priority, and the oldest of the first in each is the oldest', async () => {
  const { monitor } = monitored();
  vi.useFakeTimers({ toFake: ['Date'], now: 100_000 });
  onTestFinished(() => void vi.useRealTimers());
  const queue = fakeQueue('default', {
    waiting: [{ timestamp: 99_000 }],
    prioritized: [
      { priority: 1, timestamp: 98_000 },
      { priority: 1, timestamp: 98_500 },
      { priority: 5, timestamp: 40_000, delay: 50_000 },
      { priority: 7, timestamp: 99_999 },
      { priority: 10, timestamp: 97_000 },
      { priority: 20, timestamp: 99_500 },
    ],
  });
  const { queues } = await gatherStats(monitor, sources([queue]));
  expect(queues[0]).toMatchObject({
    waitingByPriority: { none: 1, critical: 2, high: 1, '7': 1, normal: 1, low: 1 },
    oldestWaitingMs: 10_000,
  });
});

test('after sixteen priorities the rest is counted as other', async () => {
  const { monitor } = monitored();
  const prioritized = Array.from({ length: 40 }, (_, i) => ({ priority: 100 + i, timestamp: 1 }));
  const { queues } = await gatherStats(monitor, sources([fakeQueue('default', { prioritized })]));
  const { waitingByPriority } = queues[0]!;
  expect(Object.keys(waitingByPriority)).toHaveLength(17);
  expect(waitingByPriority['other']).toBe(24);
});

test('an idle queue has no oldest job', async () => {
  const { monitor } = monitored();
  const { queues } = await gatherStats(monitor, sources([fakeQueue('default')]));
  expect(queues[0]).toMatchObject({
    oldestWaitingMs: 0,
    waitingByPriority: {},
    dead: 0,
    concurrency: undefined,
    running: 0,
  });
});

test('a backend that hangs or fails leaves its counts undefined, and the rest is there', async () => {
  const { events, monitor } = monitored();
  events.emit('enqueued', { ...mail, id: '1' });
  const hanging = { ...fakeQueue('default'), getJobCounts: () => new Promise<never>(() => {}) };
  const failing = {
    ...fakeQueue('other'),
    isPaused: async () => {
      throw new Error('down');
    },
  };
  const stats = await gatherStats(monitor, sources([hanging, failing]), { timeout: 10 });
  expect(stats.queues).toMatchObject([
    { counts: undefined, isPaused: false, totals: { enqueued: 1 } },
    { counts: { waiting: 0 }, isPaused: undefined },
  ]);
  expect(stats.tasks).toMatchObject([{ counts: undefined, totals: { enqueued: 1 } }]);
});

test('tasks that share a queue have counts only where the backend counts by name', async () => {
  const { monitor } = monitored();
  const tasks = [
    { name: 'mail', queue: 'default' },
    { name: 'push', queue: 'default' },
    { name: 'film', queue: 'film' },
  ];
  const queues = [
    fakeQueue('default', { waiting: [{}, {}] }),
    fakeQueue('film', { waiting: [{}] }),
  ];
  const without = await gatherStats(monitor, sources(queues, { tasks }));
  expect(without.tasks.map(({ counts }) => counts?.waiting)).toEqual([undefined, undefined, 1]);

  const counted: JobCounts = {
    waiting: 2,
    delayed: 0,
    active: 0,
    waitingChildren: 0,
    completed: 0,
    failed: 0,
  };
  const asked: string[] = [];
  const countsByName = (queue: string): Promise<ReadonlyMap<string, JobCounts>> => {
    asked.push(queue);
    return Promise.resolve(new Map([['push', counted]]));
  };
  const named = await gatherStats(monitor, sources(queues, { tasks, countsByName }));
  expect(named.tasks.map(({ counts }) => counts?.waiting)).toEqual([0, 2, 1]);
  // It costs a look at each job, and a queue of one task has its counts already.
  expect(asked).toEqual(['default']);
});

test('a closed monitor hears nothing more', () => {
  const { events, monitor } = monitored();
  monitor.close();
  events.emit('enqueued', { ...mail, id: '1' });
  expect(monitor.tasks()).toEqual([]);
});

test('names that come from the store do not fill the memory', () => {
  const { events, monitor } = monitored();
  for (let i = 0; i < 1500; i += 1) {
    events.emit('started', { task: `made up ${i}`, queue: 'default', id: String(i) });
  }
  expect(monitor.tasks()).toHaveLength(1000);
  expect(monitor.queue('default').totals.started).toBe(1500);
});
