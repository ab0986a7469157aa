// A snapshot holds everything that decides what comes next: a store with one of each thing, stored and loaded.
import { expect, test } from 'vitest';
import * as commands from '../../../src/embedded/commands/index.ts';
import { addChild } from '../../../src/embedded/commands/_dependencies.ts';
import { Job } from '../../../src/embedded/engine/job.ts';
import { makeStore } from '../../../src/embedded/engine/make-store.ts';
import { runCommand } from '../../../src/embedded/engine/run-command.ts';
import { sizeOf } from '../../../src/embedded/engine/size.ts';
import { RECORD } from '../../../src/embedded/log/record.ts';
import { SnapshotLoader, snapshotRecords } from '../../../src/embedded/log/snapshot.ts';
import { dump } from './support/dump.ts';
import type { Place } from '../../../src/embedded/engine/job.ts';
import type { QueueState } from '../../../src/embedded/engine/queue.ts';
import type { StoreState } from '../../../src/embedded/engine/store-state.ts';

function put(store: StoreState, queue: QueueState, id: string, state: Place): Job {
  const job = new Job(id, 'näme', '{"a":1}', store.share(`{"attempts":${id.length}}`), 1_234);
  job.state = state;
  queue.jobs.set(id, job);
  store.jobCount++;
  store.bytes += sizeOf(job);
  return job;
}

function full(): StoreState {
  const store = makeStore();
  const queue = store.queueOf('q', 'bull');
  store.queueOf('empty', 'other');
  queue.wait.pushBack(put(store, queue, 'w1', 'wait'));
  queue.wait.pushFront(put(store, queue, 'w0', 'wait'));
  for (const [id, priority, isFront] of [
    ['p3', 3, false],
    ['p1', 1, false],
    ['p1b', 1, true],
    ['p1a', 1, true],
  ] as const) {
    const job = put(store, queue, id, 'prioritized');
    job.priority = priority;
    if (isFront) queue.prioritized.pushFront(job);
    else queue.prioritized.push(job);
  }
  queue.delayed.push(put(store, queue, 'd2', 'delayed'), 20);
  queue.delayed.pushFirst(put(store, queue, 'd1b', 'delayed'), 20);
  queue.delayed.pushFirst(put(store, queue, 'd1a', 'delayed'), 20);
  queue.delayed.push(put(store, queue, 'd0', 'delayed'), 10.5);
  const active = put(store, queue, 'a', 'active');
  active.lock = { token: 'held', owner: { isOpen: true } };
  active.attemptsStarted = 2;
  active.attemptsMade = 1;
  active.stalledCounter = 1;
  active.processedOn = 99;
  store.bytes -= sizeOf(active);
  active.progress = '{"half":true}';
  active.rare = { logs: ['one', 'two'], logBytes: 6, processedBy: 'w', deduplicationId: 'd' };
  store.bytes += sizeOf(active);
  queue.active.set('a', active);
  const parent = put(store, queue, 'parent', 'waiting-children');
  for (const kind of ['pending', 'failed'] as const)
    addChild(store, parent, kind, `bull:q:${kind}`);
  queue.waitingChildren.set('parent', parent);
  for (const [id, state, finishedOn] of [
    ['c2', 'completed', 7],
    ['c1', 'completed', 7],
    ['f', 'failed', 6],
  ] as const) {
    const job = put(store, queue, id, state);
    job.finishedOn = finishedOn;
    store.bytes -= sizeOf(job);
    if (state === 'completed') job.returnValue = 'null';
    else [job.failedReason, job.stacktrace] = ['bad', '["at"]'];
    store.bytes += sizeOf(job);
    queue[state].push(job);
  }
  queue.meta.set('paused', '1');
  queue.deduplication.set('for ever', { jobId: 'w1', expiresAt: Infinity });
  queue.deduplication.set('for now', { jobId: 'w1', expiresAt: 55 });
  queue.deduplicationNext.set('d', '{"next":1}');
  queue.schedulers.set('s', { id: 's', nextMillis: 77, fields: { every: '5', ic: '2' } });
  queue.rateWindow = { count: 3, endsAt: 88 };
  Object.assign(queue.metrics.failed, { count: 4, previousCount: 3, previousAt: 60, points: [1] });
  queue.lastId = 41;
  queue.events.maxLength = 12;
  return store;
}

function reload(store: StoreState): { store: StoreState; loader: SnapshotLoader } {
  const loaded = makeStore();
  const loader = new SnapshotLoader(loaded);
  const pending = [{ sequence: 8, body: '["x"]' }];
  for (const [type, body] of snapshotRecords(store, { segment: 3, sequence: 9 }, pending)) {
    loader.take({ type, body });
  }
  return { store: loaded, loader };
}

test('a store that was stored and loaded is the same, totals and orders included', () => {
  const before = full();
  const { store, loader } = reload(before);
  expect(dump(store)).toEqual(dump(before));
  expect(loader.isWhole).toBe(true);
  expect(loader.header).toMatchObject({ segment: 3, sequence: 9 });
  expect(loader.pending).toEqual([{ sequence: 8, body: '["x"]' }]);
});

test('a loaded store goes on as the one it was made from', () => {
  const stores = [full()];
  stores.push(reload(stores[0] as StoreState).store);
  const orders = stores.map((store) => {
    const queue = store.queueOf('q', 'bull');
    const again = put(store, queue, 'p0', 'prioritized');
    again.priority = 1;
    queue.prioritized.pushFront(again);
    queue.delayed.pushFirst(put(store, queue, 'd1aa', 'delayed'), 20);
    const taken: (string | undefined)[] = [];
    while (queue.prioritized.size > 0) taken.push(queue.prioritized.shift()?.id);
    while (queue.delayed.size > 0) taken.push(queue.delayed.shift()?.id);
    return taken;
  });
  expect(orders[1]).toEqual(orders[0]);
});

test('deduplication keys go in the same order from a loaded store', () => {
  const first = makeStore();
  const add = (store: StoreState, n: number): void => {
    const options = { deduplication: { id: `id ${String(n)}`, ttl: n % 3 === 0 ? 1_000 : 5 } };
    const given = {
      name: 'n',
      data: '1',
      options: JSON.stringify(options),
      timestamp: 1,
      deduplicationId: options.deduplication.id,
    };
    runCommand(commands, store, 'addJob', { name: 'q', prefix: 'bull' }, [given], n, undefined);
  };
  for (let n = 0; n < 100; n++) add(first, n);
  const second = reload(first).store;
  for (let n = 100; n < 137; n++) for (const store of [first, second]) add(store, n);
  const keys = [first, second].map((store) => [...store.queueOf('q', 'bull').deduplication]);
  expect(keys[1]).toEqual(keys[0]);
  expect(keys[0]?.length).toBeLessThan(70);
});

test('a part that comes before its queue, or that does not belong there, is refused', () => {
  const loader = new SnapshotLoader(makeStore());
  expect(() => loader.take({ type: RECORD.state, body: '["next","a","b"]' })).toThrow(/before/);
  expect(() => loader.take({ type: RECORD.direct, body: '[]' })).toThrow(/does not belong/);
});
