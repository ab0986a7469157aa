import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WriteBehind } from '../../src/faults/write-behind.ts';
import type { WriteBehindOptions } from '../../src/faults/write-behind.ts';
import { expectNoUnhandled } from './support.ts';

expectNoUnhandled();

type Batch = readonly (readonly [id: string, value: string])[];

/** A queue whose flushes the test ends. */
function queued(options: Partial<WriteBehindOptions<string>> = {}) {
  const batches: Batch[] = [];
  const ends: { ok: () => void; fail: () => void }[] = [];
  const queue = new WriteBehind<string>({
    sizeOf: (value) => value.length,
    interval: 1,
    flush: (batch) =>
      new Promise((resolve, reject) => {
        batches.push(batch);
        ends.push({ ok: () => resolve(), fail: () => reject(new Error('no')) });
      }),
    ...options,
  });
  const until = async (isSo: () => boolean): Promise<void> => {
    while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 1));
  };
  return { queue, batches, ends, until };
}

describe('a write-behind queue', () => {
  it('flushes the last value of each id, in the order of the first write', async () => {
    const { queue, batches, ends, until } = queued();
    queue.put('a', '1');
    queue.put('b', '2');
    queue.put('a', '3');
    expect([queue.size, queue.bytes]).toEqual([2, 4]);
    await until(() => batches.length === 1);
    expect(batches).toEqual([
      [
        ['a', '3'],
        ['b', '2'],
      ],
    ]);
    ends[0]!.ok();
    await until(() => queue.size === 0);
    expect([queue.bytes, queue.dropped]).toEqual([0, 0]);
    queue.close();
  });

  it('shows what waits and what is being flushed, the newest first', async () => {
    const { queue, batches, ends, until } = queued();
    queue.put('a', 'old');
    expect(queue.peek('a')).toBe('old');
    await until(() => batches.length === 1);
    expect(queue.peek('a')).toBe('old');
    queue.put('a', 'new');
    expect(queue.peek('a')).toBe('new');
    expect([queue.size, queue.bytes]).toEqual([2, 8]);
    ends[0]!.ok();
    await until(() => batches.length === 2);
    expect(batches[1]).toEqual([['a', 'new']]);
    ends[1]!.ok();
    await until(() => queue.size === 0);
    expect(queue.peek('a')).toBe(undefined);
    queue.close();
  });

  it('has one flush at a time', async () => {
    const { queue, batches, ends, until } = queued({ maxBatch: 2 });
    for (const id of 'abcde') queue.put(id, id);
    await until(() => batches.length === 1);
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(batches).toHaveLength(1);
    ends[0]!.ok();
    await until(() => batches.length === 2);
    ends[1]!.ok();
    await until(() => batches.length === 3);
    expect(batches.map((batch) => batch.map(([id]) => id).join(''))).toEqual(['ab', 'cd', 'e']);
    ends[2]!.ok();
    queue.close();
  });

  it('flushes a full batch without waiting for the interval', async () => {
    const { queue, batches, ends, until } = queued({ maxBatch: 3, interval: 1_000_000 });
    queue.put('a', '1');
    queue.put('b', '1');
    queue.put('c', '1');
    // put itself pays nothing for it.
    expect(batches).toHaveLength(0);
    await until(() => batches.length === 1);
    ends[0]!.ok();
    await until(() => queue.size === 0);
    queue.close();
  });

  it('drops the oldest beyond its entries', () => {
    const { queue } = queued({ maxEntries: 3 });
    for (const id of 'abcde') expect(queue.put(id, id)).toBe(true);
    expect([queue.size, queue.dropped]).toEqual([3, 2]);
    expect([queue.peek('b'), queue.peek('c')]).toEqual([undefined, 'c']);
    queue.close();
  });

  it('drops the oldest beyond its bytes, and a value that never fits', () => {
    const { queue } = queued({ maxBytes: 10 });
    queue.put('a', '1234');
    queue.put('b', '1234');
    expect(queue.put('c', '1234')).toBe(true);
    expect([queue.size, queue.bytes, queue.dropped]).toEqual([2, 10, 1]);
    // What it would have replaced must not be written in its place.
    expect(queue.put('c', '1234567890')).toBe(false);
    expect([queue.size, queue.peek('c'), queue.dropped]).toEqual([1, undefined, 2]);
    queue.close();
  });

  it('counts bytes of what is being flushed, in batches of a quarter of the bound', async () => {
    const { queue, batches, ends, until } = queued({ maxBytes: 40 });
    for (const id of 'abcd') queue.put(id, '1234');
    await until(() => batches.length === 1);
    expect(batches[0]!.map(([id]) => id)).toEqual(['a', 'b']);
    expect(queue.bytes).toBe(20);
    queue.put('e', '123456789012345678901234567');
    expect([queue.bytes, queue.size, queue.dropped]).toEqual([38, 3, 2]);
    ends[0]!.ok();
    await until(() => batches.length === 2);
    expect(batches[1]!.map(([id]) => id)).toEqual(['e']);
    ends[1]!.ok();
    queue.close();
  });

  it('tries a failed batch once more, then drops it', async () => {
    const { queue, batches, ends, until } = queued();
    queue.put('a', '1');
    await until(() => batches.length === 1);
    ends[0]!.fail();
    await until(() => batches.length === 2);
    expect(batches[1]).toEqual([['a', '1']]);
    expect([queue.dropped, queue.peek('a')]).toEqual([0, '1']);
    queue.put('b', '2');
    ends[1]!.fail();
    await until(() => batches.length === 3);
    expect(batches[2]).toEqual([['b', '2']]);
    expect([queue.dropped, queue.peek('a'), queue.size]).toEqual([1, undefined, 1]);
    ends[2]!.ok();
    await until(() => queue.size === 0);
    expect(queue.bytes).toBe(0);
    queue.close();
  });

  it('waits an interval before the second attempt, however much has come', async () => {
    const { queue, batches, ends, until } = queued({ maxBatch: 2, interval: 20 });
    queue.put('a', '1');
    queue.put('b', '1');
    await until(() => batches.length === 1);
    const start = performance.now();
    ends[0]!.fail();
    await Promise.resolve();
    await Promise.resolve();
    for (const id of 'cdef') queue.put(id, id);
    await until(() => batches.length === 2);
    expect(performance.now() - start).toBeGreaterThanOrEqual(15);
    expect(batches[1]!.map(([id]) => id)).toEqual(['a', 'b']);
    ends[1]!.ok();
    queue.close();
  });

  it('takes a flush that throws at once for a failed one', async () => {
    const { queue } = queued({
      flush: () => {
        throw new Error('at once');
      },
    });
    queue.put('a', '1');
    // Both attempts are made at once; what was given up was not written.
    expect(await queue.drain(1000)).toBe(false);
    expect([queue.size, queue.dropped]).toEqual([0, 1]);
    expect(await queue.drain(1000)).toBe(true);
    queue.close();
  });

  it('forgets a write, waiting or in a batch', async () => {
    const { queue, batches, ends, until } = queued();
    queue.put('a', '1');
    expect(queue.forget('a')).toBe(true);
    expect(queue.forget('a')).toBe(false);
    queue.put('b', '1');
    queue.put('c', '1');
    await until(() => batches.length === 1);
    expect(queue.forget('b')).toBe(true);
    expect([queue.peek('b'), queue.size, queue.bytes]).toEqual([undefined, 1, 2]);
    ends[0]!.fail();
    await until(() => batches.length === 2);
    expect(batches[1]).toEqual([['c', '1']]);
    ends[1]!.ok();
    await until(() => queue.size === 0);
    expect([queue.bytes, queue.dropped]).toEqual([0, 0]);
    queue.close();
  });

  it('drains what is there, not what goes on coming', async () => {
    const written: string[] = [];
    const { queue } = queued({
      interval: 1_000_000,
      maxBatch: 2,
      flush: async (batch) => {
        await Promise.resolve();
        queue.put(`late ${written.length}`, '1');
        written.push(...batch.map(([id]) => id));
      },
    });
    for (const id of 'abc') queue.put(id, '1');
    expect(await queue.drain(5000)).toBe(true);
    expect(written).toEqual(['a', 'b', 'c', 'late 0']);
    expect(queue.peek('late 2')).toBe('1');
    queue.close();
  });

  it('drains what is being flushed, and what was forgotten meanwhile', async () => {
    const { queue, batches, ends, until } = queued({ interval: 1_000_000, maxBatch: 2 });
    for (const id of 'ab') queue.put(id, '1');
    await until(() => batches.length === 1);
    const first = queue.drain(5000);
    queue.put('c', '1');
    const second = queue.drain(5000);
    queue.put('d', '1');
    queue.forget('c');
    ends[0]!.ok();
    expect(await first).toBe(true);
    await until(() => batches.length === 2);
    expect(batches[1]).toEqual([['d', '1']]);
    ends[1]!.ok();
    expect(await second).toBe(true);
    queue.close();
  });

  it('tells a drain of a write that was given up for want of room', async () => {
    const { queue, ends } = queued({ maxEntries: 3, maxBatch: 1 });
    for (const id of 'abc') queue.put(id, '1');
    const drained = queue.drain(5000);
    for (const id of 'de') queue.put(id, '1');
    expect(queue.dropped).toBe(2);
    const pump = setInterval(() => ends.shift()?.ok(), 1);
    expect(await drained).toBe(false);
    clearInterval(pump);
    queue.close();
  });

  it('gives up draining when time is over', async () => {
    const { queue, ends } = queued();
    queue.put('a', '1');
    expect(await queue.drain(10)).toBe(false);
    expect(await queue.drain(0)).toBe(false);
    queue.close();
    expect([queue.size, queue.dropped]).toEqual([1, 0]);
    ends[0]!.fail();
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect([queue.size, queue.bytes, queue.dropped]).toEqual([0, 0, 1]);
  });

  it('drops and counts what waits when it is closed, and what comes after', async () => {
    const { queue, batches, ends, until } = queued({ maxBatch: 1 });
    queue.put('a', '1');
    await until(() => batches.length === 1);
    queue.put('b', '1');
    queue.close();
    queue.close();
    expect(queue.put('c', '1')).toBe(false);
    expect(queue.dropped).toBe(2);
    ends[0]!.ok();
    await until(() => queue.size === 0);
    expect([queue.bytes, queue.dropped, batches.length]).toEqual([0, 2, 1]);
    expect(await queue.drain(10)).toBe(true);
  });

  it('drops a batch that waits for its second attempt when it is closed', async () => {
    const { queue, batches, ends, until } = queued({ interval: 10 });
    queue.put('a', '1');
    await until(() => batches.length === 1);
    ends[0]!.fail();
    await new Promise((resolve) => setTimeout(resolve, 1));
    queue.close();
    expect([queue.size, queue.bytes, queue.dropped]).toEqual([0, 0, 1]);
  });
});

type Step =
  | { readonly kind: 'put'; readonly id: string; readonly size: number }
  | { readonly kind: 'forget'; readonly id: string }
  | { readonly kind: 'flush'; readonly fails: boolean };

const IDS = 'abcdefgh'.split('');
const id = fc.constantFrom(...IDS);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('put' as const),
      id,
      size: fc.integer({ min: 0, max: 9 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('forget' as const), id }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('flush' as const), fails: fc.boolean() }),
  },
);

describe('any sequence of writes and flushes', () => {
  it('writes or drops each value once, the last one of each id last, within the bounds', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 80 }), fc.integer({ min: 1, max: 4 }), run),
      { numRuns: 300 },
    );
  });
});

async function run(steps: readonly Step[], maxBatch: number): Promise<void> {
  let fails = false;
  const written = new Map<string, string>();
  const queue = new WriteBehind<string>({
    maxEntries: 6,
    maxBytes: 40,
    maxBatch,
    interval: 1_000_000,
    sizeOf: (value) => value.length,
    async flush(batch) {
      await Promise.resolve();
      expect(batch.length).toBeLessThanOrEqual(maxBatch);
      if (fails) throw new Error('no');
      for (const [key, value] of batch) {
        // Values grow by their first character: an older one must not come after a newer one.
        expect(value.codePointAt(0)).toBeGreaterThan(written.get(key)?.codePointAt(0) ?? 0);
        written.set(key, value);
      }
    },
  });
  const last = new Map<string, string>();
  let clock = 100;
  for (const each of steps) {
    if (each.kind === 'put') {
      const value = String.fromCodePoint((clock += 1)) + '.'.repeat(each.size);
      last.set(each.id, value);
      expect(queue.put(each.id, value)).toBe(queue.peek(each.id) === value);
    } else if (each.kind === 'forget') {
      queue.forget(each.id);
      expect(queue.peek(each.id)).toBe(undefined);
      last.delete(each.id);
    } else {
      fails = each.fails;
      const before = queue.dropped;
      expect(await queue.drain(5000)).toBe(queue.dropped === before);
      expect([queue.size, queue.bytes]).toEqual([0, 0]);
    }
    expect(queue.size).toBeLessThanOrEqual(6);
    expect(queue.bytes).toBeLessThanOrEqual(40);
    let bytes = 0;
    for (const key of IDS) {
      const value = queue.peek(key);
      if (value === undefined) continue;
      expect(value).toBe(last.get(key));
      bytes += 1 + value.length;
    }
    expect(queue.bytes).toBe(bytes);
  }
  const waiting = IDS.filter((key) => queue.peek(key) !== undefined);
  fails = false;
  expect(await queue.drain(5000)).toBe(true);
  for (const key of waiting) expect(written.get(key)).toBe(last.get(key));
  queue.close();
}
