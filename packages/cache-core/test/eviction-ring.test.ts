// The eviction ring over threads and processes: whose evictions come into it, and what ends it.
import { afterEach, expect, it } from 'vitest';
import { openCache } from '../src/index.ts';
import type { Cache } from '../src/index.ts';
import { runChild } from './support/child.ts';
import { endProcesses, machineCache, startProcess } from './support/process.ts';
import { until } from './support/until.ts';
import { ended, nextMessage, startWorker } from './support/worker.ts';

const RING = { maxBytes: 2 ** 20, minFrequency: 0 };
const opened: Cache[] = [];

afterEach(async () => {
  for (const cache of opened.splice(0)) cache.close();
  await endProcesses();
});

it('takes in what other threads evict, and hands it out whole and once', async () => {
  const name = `ring-${process.pid}`;
  const cache = openCache(name, { maxBytes: 2 ** 20, evictionRing: RING });
  opened.push(cache);
  const workers = [1, 2].map((id) =>
    startWorker(
      `const cache = openCache(data.name);
       for (let i = 0; i < 20_000; i++) {
         cache.set(data.id + ':' + i, Buffer.alloc(100 + (i % 900), data.id + ':' + i + ';'));
       }
       cache.close();
       port.postMessage('done');`,
      { name, id },
    ),
  );
  let running = 2;
  for (const worker of workers) void nextMessage(worker).then(() => running--);
  const seen = new Set<string>();
  await until(() => {
    for (const { key, bytes } of cache.drainEvicted()) {
      const id = String(key);
      expect(seen.has(id)).toBe(false);
      expect(bytes.equals(Buffer.alloc(100 + (Number(id.slice(2)) % 900), `${id};`))).toBe(true);
      seen.add(id);
    }
    return running === 0 && cache.stats().evictionRing.waiting === 0;
  });
  await Promise.all(workers.map(ended));
  const { evictions, evictionRing: ring } = cache.stats();
  expect(ring.kept).toBe(evictions);
  expect(seen.size).toBe(ring.kept - ring.dropped);
  expect(seen.size).toBeGreaterThan(1000);
});

it('ends with the thread that wanted it, also when that is terminated', async () => {
  const name = `ring-ended-${process.pid}`;
  const cache = openCache(name, { maxBytes: 2 ** 20 });
  opened.push(cache);
  const worker = startWorker(
    `openCache(data.name, { evictionRing: data.ring }); port.postMessage('open'); port.on('message', () => {});`,
    { name, ring: RING },
  );
  await nextMessage(worker);
  expect(cache.stats().evictionRing.max).toBe(RING.maxBytes);
  await worker.terminate();
  expect(cache.stats().evictionRing.max).toBe(0);
  for (let i = 0; i < 3000; i++) cache.set(`k${i}`, Buffer.alloc(1000));
  expect(cache.stats().evictionRing.kept).toBe(0);
});

it('has only what its own process evicts, and forgets what another has cleared', async (context) => {
  if (process.platform !== 'linux') context.skip("scope 'machine' is for Linux");
  const { name, options } = machineCache({ maxBytes: 2 ** 20, evictionRing: RING });
  const cache = openCache(name, options);
  opened.push(cache);
  const fill = `for (let i = 0; i < 3000; i++) cache.set('theirs' + i, Buffer.alloc(500));`;
  const other = startProcess(
    `const cache = openCache(data.name, data.options);
     ${fill}
     send(cache.stats().evictionRing);
     process.once('message', () => {
       cache.clear();
       cache.close();
       process.disconnect();
     });`,
    { name, options: { ...options, evictionRing: { ...RING, maxBytes: 65_536 } } },
  );
  const theirs = (await other.next()) as { max: number; kept: number };
  expect(theirs.max).toBe(65_536);
  expect(theirs.kept).toBeGreaterThan(500);
  expect(cache.stats().evictionRing).toMatchObject({ max: RING.maxBytes, kept: 0 });
  for (let i = 0; i < 3000; i++) cache.set(`ours${i}`, Buffer.alloc(500));
  const [first] = cache.drainEvicted(1);
  expect(String(first!.key)).toMatch(/^(ours|theirs)\d+$/);
  const { waiting } = cache.stats().evictionRing;
  expect(waiting).toBeGreaterThan(1000);
  other.send('clear');
  expect(await other.ended).toBe(0);
  expect(cache.drainEvicted()).toEqual([]);
  expect(cache.stats().evictionRing.outdated).toBe(waiting);
});

it('says when there is no memory for it, and leaves nothing open', async (context) => {
  if (process.platform !== 'linux') context.skip('limits of address space are for Linux');
  const output = await runChild(
    `const options = { maxBytes: 2 ** 20, evictionRing: { maxBytes: 2 ** 30 } };
     let code;
     try { openCache('a', options); } catch (error) { code = error.code + ' ' + error.message; }
     const cache = openCache('a', { maxBytes: 2 ** 21, evictionRing: { maxBytes: 65536 } });
     console.log(code, cache.stats().evictionRing.max);`,
    { addressSpaceKiB: 1_900_000 },
  );
  expect(output).toBe(
    'CATZ_CACHE_NO_MEMORY no memory for an eviction ring of 1073741824 bytes 65536',
  );
});
