// close while others read: each handle ends by itself, and bytes that were leased stay until they are released.
import { setTimeout } from 'node:timers/promises';
import { afterEach, expect, it } from 'vitest';
import { openCache } from '../src/index.ts';
import type { CacheOptions, Lease } from '../src/index.ts';
import { targets } from './contract/suite.ts';
import { endProcesses, machineCache } from './support/process.ts';
import { ended, nextMessage, startWorker } from './support/worker.ts';

const native = targets.filter(({ backend }) => backend === 'native');
let serial = 0;

afterEach(endProcesses);

function fresh(scope: 'process' | 'machine'): { name: string; options: CacheOptions } {
  const options = { maxBytes: 4 * 2 ** 20, leaseLimit: 0.5 };
  if (scope === 'machine') return machineCache(options);
  return { name: `closing-${process.pid}-${serial++}`, options };
}

// Value i is 5000 bytes of i. Handles come and go in each thread at its own pace, with reads by every call between;
// some are left to the end of the thread.
const reading = `
  const { name, options, handles } = data;
  const target = new Uint8Array(5000);
  let hits = 0;
  const wrong = [];
  const check = (i, bytes) => {
    if (bytes === undefined) return;
    hits++;
    if (bytes.length !== 5000 || bytes[0] !== i || bytes[4999] !== i) wrong.push(i);
  };
  for (let round = 0; round < handles; round++) {
    const cache = openCache(name, options);
    const leases = [];
    for (let j = 0; j < 200; j++) {
      const i = (j * 7 + round) % 50;
      check(i, cache.get('k' + i));
      check(i, cache.getRecord('k' + i).bytes);
      if (cache.getInto('k' + i, target) === 5000) check(i, target);
      if (j % 20 === 0) leases.push([i, cache.lease('k' + i)]);
    }
    if (round % 10 !== 9) cache.close();
    for (const [i, lease] of leases) check(i, lease.bytes);
    if (round % 3 !== 2) for (const [, lease] of leases) lease.release();
    try { if (round % 10 !== 9) wrong.push(cache.get('k1').length); } catch (error) {
      if (error.code !== 'CATZ_CACHE_CLOSED') wrong.push(error.message);
    }
  }
  port.postMessage({ hits, wrong });`;

it.each(native)('$title: threads read on while handles of others close', async ({ scope }) => {
  const { name, options } = fresh(scope);
  const cache = openCache(name, options);
  for (let i = 0; i < 50; i++) cache.set(`k${i}`, Buffer.alloc(5000, i));
  const data = { name, options, handles: 40 };
  const workers = [startWorker(reading, data), startWorker(reading, data)];
  const results = Promise.all(workers.map(nextMessage));
  let isDone = false;
  const end = () => void (isDone = true);
  results.then(end, end);
  while (!isDone) {
    const other = openCache(name, options);
    const lease = other.lease('k7')!;
    other.close();
    expect(lease.bytes.equals(Buffer.alloc(5000, 7))).toBe(true);
    lease.release();
    await setTimeout(1);
  }
  for (const result of await results) {
    expect(result).toEqual({ hits: 40 * 610, wrong: [] });
  }
  await Promise.all(workers.map(ended));
  expect(cache.stats()).toMatchObject({ isolates: 1, leases: { open: 0 }, entries: 50 });
  cache.close();
});

it.each(native)('$title: leased bytes stay after close until the last is released', ({ scope }) => {
  const { name, options } = fresh(scope);
  const cache = openCache(name, options);
  const other = openCache(name, options);
  const value = (i: number) => Buffer.alloc(20_000, i);
  for (let i = 0; i < 3; i++) cache.set(`k${i}`, value(i));
  const leases: Lease[] = [0, 1, 2].map((i) => cache.lease(`k${i}`)!);
  expect(leases.map(({ copied }) => copied)).toEqual([false, false, false]);
  cache.close();
  for (let i = 0; i < 1000; i++) other.set(`n${i}`, value(100));
  expect(leases.every(({ bytes }, i) => bytes.equals(value(i)))).toBe(true);
  leases[0]!.release();
  leases[1]!.release();
  other.clear();
  for (let i = 0; i < 1000; i++) other.set(`n${i}`, value(101));
  expect(leases[2]!.bytes.equals(value(2))).toBe(true);
  leases[2]!.release();
  expect(leases.map(({ bytes }) => bytes.length)).toEqual([0, 0, 0]);
  expect(other.stats()).toMatchObject({ leases: { open: 0 }, bytes: { quarantined: 0 } });
  other.close();
});

it.each(native)('$title: leased bytes stay when the last handle has closed', ({ scope }) => {
  const { name, options } = fresh(scope);
  const cache = openCache(name, options);
  cache.set('a', Buffer.alloc(20_000, 5));
  const lease = cache.lease('a')!;
  cache.close(scope === 'machine' ? { unlink: true } : {});
  expect(lease.bytes.equals(Buffer.alloc(20_000, 5))).toBe(true);
  lease.release();
  expect(lease.bytes.length).toBe(0);
  const next = openCache(name, options);
  expect(next.stats()).toMatchObject({ entries: 0, opened: 'created' });
  next.close();
});
