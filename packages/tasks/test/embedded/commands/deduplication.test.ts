import { expect, test } from 'vitest';
import { holderOf } from '../../../src/embedded/commands/_deduplicate.ts';
import { Rig } from './support/rig.ts';

const ID = { id: 'same' };

test('a job whose deduplication id is held is not added', () => {
  const rig = new Rig();
  const first = rig.add({ deduplication: ID });
  expect(rig.add({ deduplication: ID })).toBe(first);
  expect(rig.store.jobCount).toBe(1);
  expect(rig.events.at(-1)).toBe(`deduplicated ${first}`);
});

test.each(['completed', 'failed'])('without a ttl the id is free once the job has %s', (target) => {
  const rig = new Rig();
  const first = rig.add({ deduplication: ID });
  rig.take();
  if (target === 'completed') rig.complete(first);
  else rig.fail(first);
  expect(rig.add({ deduplication: ID })).not.toBe(first);
});

test('with a ttl the id is held for its time, and longer than the job', () => {
  const rig = new Rig();
  const deduplication = { ...ID, ttl: 100 };
  const first = rig.add({ deduplication });
  rig.take();
  rig.complete(first);
  rig.now += 99;
  expect(rig.add({ deduplication })).toBe(first);
  rig.now += 1;
  expect(rig.add({ deduplication })).not.toBe(first);
});

test('extend begins the time anew with each job that is refused', () => {
  const rig = new Rig();
  const deduplication = { ...ID, ttl: 100, extend: true };
  const first = rig.add({ deduplication });
  rig.now += 90;
  expect(rig.add({ deduplication })).toBe(first);
  rig.now += 90;
  expect(rig.add({ deduplication })).toBe(first);
  rig.now += 100;
  expect(rig.add({ deduplication })).not.toBe(first);
});

test('replace puts a new job in the place of a delayed one', () => {
  const rig = new Rig();
  const options = { delay: 50, deduplication: { ...ID, ttl: 100, replace: true } };
  const first = rig.add(options);
  rig.now += 10;
  const second = rig.add(options);
  expect(second).not.toBe(first);
  expect(rig.queue.jobs.has(first)).toBe(false);
  expect(rig.queue.deduplication.get('same')).toEqual({
    jobId: second,
    // The time of the first goes on: replace alone does not extend it.
    expiresAt: rig.now - 10 + 100,
  });
});

test('replace with extend is a debounce: the time begins anew', () => {
  const rig = new Rig();
  const options = { delay: 50, deduplication: { ...ID, ttl: 100, replace: true, extend: true } };
  rig.add(options);
  rig.now += 10;
  rig.add(options);
  expect(rig.queue.deduplication.get('same')?.expiresAt).toBe(rig.now + 100);
});

test('what was kept for the end of a job goes when the job is replaced', () => {
  const rig = new Rig();
  const deduplication = { ...ID, replace: true, keepLastIfActive: true };
  const first = rig.add({ deduplication });
  rig.take();
  rig.add({ deduplication });
  expect(rig.queue.deduplicationNext.size).toBe(1);
  expect(rig.store.bytes).toBe(rig.countedBytes);
  const how = { timestamp: rig.now, delay: 50, token: 'token', skipAttempt: false };
  rig.run('moveToDelayed', first, { ...how, fetchNext: false, worker: {} }, {});
  const second = rig.add({ deduplication, delay: 50 });
  expect(rig.queue.jobs.has(first)).toBe(false);
  expect(rig.queue.deduplicationNext.size).toBe(0);
  expect(rig.queue.deduplication.get('same')).toEqual({ jobId: second, expiresAt: Infinity });
});

test('replace leaves a job that waits', () => {
  const rig = new Rig();
  const deduplication = { ...ID, replace: true };
  const first = rig.add({ deduplication });
  expect(rig.add({ deduplication, delay: 5 })).toBe(first);
  expect(rig.store.jobCount).toBe(1);
});

test('keepLastIfActive adds the last of those that were refused while the job ran', () => {
  const rig = new Rig();
  const deduplication = { ...ID, keepLastIfActive: true };
  const first = rig.add({ deduplication }, { data: '1' });
  rig.take();
  expect(rig.add({ deduplication }, { data: '2' })).toBe(first);
  expect(rig.add({ deduplication }, { data: '3' })).toBe(first);
  expect(rig.store.jobCount).toBe(1);
  rig.complete(first);
  const [next] = rig.takeAll();
  expect(rig.job(next as string).data).toBe('3');
  expect(rig.queue.deduplication.get('same')?.jobId).toBe(next);
  expect(rig.queue.deduplicationNext.size).toBe(0);
});

test('a job that was kept counts its delay from when it is added', () => {
  const rig = new Rig();
  const deduplication = { ...ID, keepLastIfActive: true };
  const first = rig.add({ deduplication });
  rig.take();
  rig.add({ deduplication, delay: 20 });
  rig.now += 1_000;
  rig.complete(first);
  expect(rig.queue.delayed.nextDueAt).toBe(rig.now + 20);
});

test('a parent that was kept waits for no children', () => {
  const rig = new Rig();
  const deduplication = { ...ID, keepLastIfActive: true };
  const first = rig.add({ deduplication });
  rig.take();
  rig.add({ deduplication }, { toWaitingChildren: true });
  rig.complete(first);
  expect(rig.takeAll()).toHaveLength(1);
});

test('keepLastIfActive keeps nothing while the job waits', () => {
  const rig = new Rig();
  const deduplication = { ...ID, keepLastIfActive: true };
  const first = rig.add({ deduplication });
  rig.add({ deduplication });
  rig.take();
  rig.complete(first);
  expect(rig.takeAll()).toEqual([]);
});

test('an id without a ttl whose job is gone is nobody’s', () => {
  const rig = new Rig();
  rig.queue.deduplication.set('same', { jobId: 'gone', expiresAt: Infinity });
  const id = rig.add({ deduplication: ID });
  expect(rig.queue.deduplication.get('same')?.jobId).toBe(id);
  rig.queue.deduplication.set('same', { jobId: 'gone', expiresAt: Infinity });
  const other = rig.add({ deduplication: { ...ID, replace: true } });
  expect(rig.queue.deduplication.get('same')?.jobId).toBe(other);
});

test('a parent is deduplicated, too, but never replaces', () => {
  const rig = new Rig();
  const first = rig.add({ deduplication: { ...ID, replace: true }, delay: 10 });
  const options = { deduplication: { ...ID, replace: true } };
  expect(rig.add(options, { toWaitingChildren: true })).toBe(first);
});

test('a key is removed by its holder alone, or by force', () => {
  const rig = new Rig();
  const first = rig.add({ deduplication: ID });
  expect(rig.run('removeDeduplicationKey', 'same', 'other')).toBe(0);
  expect(rig.run('removeDeduplicationKey', 'same', first)).toBe(1);
  const second = rig.add({ deduplication: ID });
  expect(second).not.toBe(first);
  expect(rig.run('deleteDeduplicationKey', 'same')).toBe(1);
  expect(rig.run('deleteDeduplicationKey', 'same')).toBe(0);
});

test('reschedule lets a delayed job wait anew, and leaves any other', () => {
  const rig = new Rig();
  const deduplication = { ...ID, reschedule: true };
  const first = rig.add({ deduplication, delay: 50 });
  rig.now += 20;
  expect(rig.add({ deduplication, delay: 70 })).toBe(first);
  expect(rig.queue.delayed.dueAtOf(rig.job(first))).toBe(rig.now + 70);
  expect(rig.job(first).delay).toBe(70);
  expect(rig.events.slice(-2)).toEqual([`deduplicated ${first}`, `delayed ${first}`]);
  rig.run('promote', first);
  rig.add({ deduplication, delay: 70 });
  expect(rig.job(first).state).toBe('wait');
});

test('a child that was kept is one that its parent waits for', () => {
  const rig = new Rig();
  const parent = rig.add({}, { toWaitingChildren: true });
  const deduplication = { ...ID, keepLastIfActive: true };
  const first = rig.add({ deduplication });
  rig.take();
  rig.add({ deduplication }, { parentKey: `bull:q:${parent}` });
  rig.complete(first);
  const [next] = rig.takeAll();
  expect([...(rig.job(parent).rare?.dependencies?.pending ?? [])]).toEqual([`bull:q:${next}`]);
  rig.complete(next as string);
  expect(rig.job(parent).state).toBe('wait');
});

test('to ask who holds an id changes nothing, though the clock may jump back afterwards', () => {
  const rig = new Rig();
  const deduplication = { ...ID, ttl: 100 };
  const first = rig.add({ deduplication });
  expect(holderOf(rig.queue, 'same', rig.now + 100)).toBeUndefined();
  // As in a replay, which knows of no reads.
  expect(rig.add({ deduplication })).toBe(first);
});

test('a job that was kept is none when another has come by its id meanwhile', () => {
  const rig = new Rig();
  const deduplication = { ...ID, keepLastIfActive: true };
  const first = rig.add({ jobId: 'a', deduplication });
  rig.take();
  rig.add({ jobId: 'b', deduplication }, { data: '"kept"' });
  rig.add({ jobId: 'b' }, { data: '"came"' });
  rig.take();
  rig.complete(first);
  expect(rig.events.at(-1)).toBe('completed a');
  expect(rig.events).toContain('duplicated b');
  expect(rig.takeAll()).toEqual([]);
  expect(rig.job('b')).toMatchObject({ state: 'active', data: '"came"' });
  expect(rig.queue.deduplication.size + rig.queue.deduplicationNext.size).toBe(0);
  expect(rig.store.jobCount).toBe(2);
  expect(rig.store.bytes).toBe(rig.countedBytes);
});

test('keys whose time is over go as new ones come, and those in force stay', () => {
  const rig = new Rig();
  const lasting = rig.add({ deduplication: { id: 'lasting', ttl: 1e9 } });
  const endless = rig.add({ deduplication: { id: 'endless' } });
  for (let n = 0; n < 1_000; n++) {
    rig.add({ deduplication: { id: `request ${String(n)}`, ttl: 10 } });
    rig.now++;
  }
  expect(rig.store.bytes).toBe(rig.countedBytes);
  // Ten are in force besides.
  expect(rig.queue.deduplication.size).toBeLessThan(30);
  expect(holderOf(rig.queue, 'lasting', rig.now)).toBe(lasting);
  expect(holderOf(rig.queue, 'endless', rig.now)).toBe(endless);
});
