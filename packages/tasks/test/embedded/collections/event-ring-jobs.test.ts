import { expect, test } from 'vitest';
import { EventRing } from '../../../src/embedded/collections/event-ring.ts';
import { ACTIVE, ADDED, COMPLETED, WAITING } from '../../../src/embedded/commands/_job-events.ts';

test('what happens to every job reads as if it had been written out', () => {
  const [short, long] = [new EventRing(50), new EventRing(50)];
  // More than it holds, and mixed with others, so that cells are used again by the other way of appending.
  for (let n = 0; n < 200; n++) {
    const jobId = `${n}`;
    short.appendJob(ADDED, jobId, n, 'mail');
    long.append({ event: 'added', jobId, name: 'mail' }, n);
    for (const ring of [short, long]) ring.append({ event: 'progress', jobId, data: n }, n);
    short.appendJob(ACTIVE, jobId, n);
    long.append({ event: 'active', jobId, prev: 'waiting' }, n);
    if (n % 3 === 0) for (const ring of [short, long]) ring.append({ event: 'drained' }, n);
    short.appendJob(COMPLETED, jobId, n, '"done"');
    long.append({ event: 'completed', jobId, returnvalue: '"done"', prev: 'active' }, n);
    expect(short.after('0-0')).toEqual(long.after('0-0'));
  }
  expect(short.length).toBe(50);
});

test('a ring that holds nothing still counts, and tells those who wait', () => {
  const ring = new EventRing(0);
  let told = 0;
  ring.onceAppended(() => told++);
  ring.appendJob(WAITING, '1', 5);
  expect([ring.length, ring.lastId, told]).toEqual([0, '5-0', 1]);
});

test('large results push old events out, so that a ring cannot take the memory of the process', () => {
  const ring = new EventRing();
  const large = 'x'.repeat(1_000_000);
  for (let n = 0; n < 40; n++) {
    ring.appendJob(COMPLETED, `${n}`, n, large);
    ring.append({ event: 'progress', jobId: `${n}`, data: large }, n);
    ring.appendJob(WAITING, `${n}`, n);
  }
  // 16 MiB of texts, and what has none beside them.
  expect(ring.length).toBeGreaterThan(16);
  expect(ring.length).toBeLessThan(30);
  ring.trim(0);
  for (let n = 0; n < 100; n++) ring.appendJob(WAITING, `${n}`, n);
  expect(ring.length).toBe(100);
});

test('an event that is larger than the bound is held until the next that has a text', () => {
  const ring = new EventRing();
  ring.appendJob(WAITING, '1', 1);
  ring.appendJob(COMPLETED, '1', 1, 'x'.repeat(17_000_000));
  expect(ring.length).toBe(1);
  ring.appendJob(WAITING, '2', 1);
  expect(ring.length).toBe(2);
  ring.appendJob(COMPLETED, '2', 1, '1');
  expect(ring.after('0-0').map(([, [, event]]) => event)).toEqual(['waiting', 'completed']);
});
