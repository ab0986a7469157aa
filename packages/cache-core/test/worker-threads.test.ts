// Several isolates on one engine: values, counters and the end of isolates.
import { afterEach, expect, it } from 'vitest';
import { openCache } from '../src/index.ts';
import type { Cache } from '../src/index.ts';
import { runChild } from './support/child.ts';
import { ended, nextMessage, startWorker } from './support/worker.ts';

const opened: Cache[] = [];
let serial = 0;

afterEach(() => {
  for (const cache of opened.splice(0)) cache.close();
});

function open(maxBytes = 4 * 2 ** 20): Cache & { readonly name: string } {
  const cache = openCache(`threads-${process.pid}-${serial++}`, { maxBytes });
  opened.push(cache);
  return cache as Cache & { readonly name: string };
}

it('shares values between the main thread and workers', async () => {
  const cache = open();
  cache.set('from main', 'one');
  const worker = startWorker(
    `
    const cache = openCache(data);
    const seen = cache.get('from main')?.toString();
    cache.set('from worker', 'two');
    port.postMessage({ seen, isolates: cache.stats().isolates, ttl: cache.ttl('from main') });
    port.once('message', () => cache.close());`,
    cache.name,
  );
  expect(await nextMessage(worker)).toEqual({ seen: 'one', isolates: 2, ttl: Infinity });
  expect(cache.get('from worker')?.toString()).toBe('two');
  expect(cache.stats().isolates).toBe(2);
  worker.postMessage('close');
  await ended(worker);
  expect(cache.stats().isolates).toBe(1);
});

it('lets the first opener decide across threads', async () => {
  const cache = openCache(`threads-ttl-${process.pid}`, { maxBytes: 2 ** 20, ttl: 5000 });
  opened.push(cache);
  const worker = startWorker(
    `
    const codes = [];
    for (const options of [{ ttl: 5000 }, { ttl: 6000 }, { maxBytes: 2 ** 21 }, {}]) {
      try {
        const cache = openCache(data, options);
        cache.set('a', 'v');
        codes.push(cache.ttl('a') <= 5000);
        cache.close();
      } catch (error) { codes.push(error.code); }
    }
    port.postMessage(codes);`,
    cache.name,
  );
  const mismatch = 'CATZ_CACHE_OPTIONS_MISMATCH';
  expect(await nextMessage(worker)).toEqual([true, mismatch, mismatch, true]);
  await ended(worker);
});

it('counts exactly under threads, near hits included, also after the threads have ended', async () => {
  const cache = open();
  const reads = 30_000;
  const body = `
    const cache = openCache(data.name);
    for (let i = 0; i < data.reads; i++) {
      cache.get('hot' + (i & 7));
      if (i % 3 === 0) cache.get('absent' + i);
      if (i % 5 === 0) cache.set(data.id + ':' + (i % 50), 'value');
      if (i % 100 === 0) cache.delete(data.id + ':0');
    }
    port.postMessage('done');
    port.once('message', () => cache.close());`;
  for (let i = 0; i < 8; i++) cache.set(`hot${i}`, 'value');
  const workers = [1, 2, 3].map((id) => startWorker(body, { name: cache.name, reads, id }));
  for (let i = 0; i < reads; i++) cache.get(`hot${i & 7}`);
  await Promise.all(workers.map(nextMessage));
  const check = () => {
    const stats = cache.stats();
    expect(stats.hits).toBe(4 * reads);
    expect(stats.misses).toBe(3 * (reads / 3));
    expect(stats.sets).toBe(8 + 3 * (reads / 5));
    expect(stats.deletes).toBe(3 * (reads / 100));
    expect(stats.nearHits).toBeGreaterThan(3.9 * reads);
    expect(stats.evictions).toBe(0);
  };
  check();
  for (const worker of workers) worker.postMessage('close');
  await Promise.all(workers.map(ended));
  expect(cache.stats().isolates).toBe(1);
  check();
  cache.resetStats();
  expect(cache.stats()).toMatchObject({ hits: 0, nearHits: 0, misses: 0, sets: 0, deletes: 0 });
});

it('survives workers that are terminated anywhere', async () => {
  const cache = open();
  const body = `
    const names = [data, data, undefined];
    for (let i = 0; ; i++) {
      const caches = names.map((name) => name ? openCache(name) : openCache({ maxBytes: 2 ** 20 }));
      if (i === 0) port.postMessage('running');
      for (let j = 0; j < 300; j++) {
        for (const cache of caches) {
          cache.set('key' + (j % 40), 'x'.repeat((j * 37) % 3000), { ttl: 1 + (j % 20) });
          cache.get('key' + (j % 7));
          cache.getRecord('key1');
          if (j % 100 === 0) [...cache.keys()];
          if (j % 150 === 0) cache.clear();
        }
      }
      if (i % 2) for (const cache of caches) cache.close();
    }`;
  for (let round = 0; round < 12; round++) {
    const workers = [startWorker(body, cache.name), startWorker(body, cache.name)];
    await Promise.all(workers.map(nextMessage));
    const until = performance.now() + ((round * 7) % 40);
    while (performance.now() < until) cache.set(`main${round}`, `value${round}`);
    await Promise.all(workers.map((worker) => worker.terminate()));
    cache.set('after', String(round));
    expect(cache.get('after')?.toString()).toBe(String(round));
  }
  const stats = cache.stats();
  expect(stats.isolates).toBe(1);
  expect(stats.bytes.used).toBeLessThanOrEqual(stats.bytes.max);
  cache.clear();
  expect(cache.stats()).toMatchObject({ entries: 0, bytes: { live: 0 } });
});

it('keeps a cache that only workers had open until the last of them has closed it', async () => {
  const name = `workers-only-${process.pid}`;
  const first = startWorker(
    `const cache = openCache(data, { maxBytes: 2 ** 20 }); cache.set('a', 'value');
     port.postMessage('ready'); port.once('message', () => {});`,
    name,
  );
  await nextMessage(first);
  const second = startWorker(
    `const cache = openCache(data); port.postMessage('ready');
     port.once('message', () => port.postMessage(cache.get('a')?.toString()));`,
    name,
  );
  await nextMessage(second);
  first.postMessage('end');
  await ended(first);
  const answer = nextMessage(second);
  second.postMessage('read');
  expect(await answer).toBe('value');
  await second.terminate();
  const cache = openCache(name, { maxBytes: 2 ** 21 });
  opened.push(cache);
  expect(cache.get('a')).toBeUndefined();
});

it('gives workers of the js backend values of their own', async () => {
  const cache = openCache('js-isolates', { backend: 'js' });
  opened.push(cache);
  cache.set('a', 'main');
  const worker = startWorker(
    `const cache = openCache('js-isolates', { backend: 'js' });
     port.postMessage([cache.get('a'), cache.stats().shared]);`,
    undefined,
  );
  expect(await nextMessage(worker)).toEqual([undefined, false]);
  await ended(worker);
});

it('stays loaded when only workers use it, and they come and go', async () => {
  const output = await runChild(`
    const { Worker } = await import('node:worker_threads');
    const { once } = await import('node:events');
    const body = \`const { workerData } = require('node:worker_threads');
      import(\${JSON.stringify(import.meta.resolve('@catzilla/cache-core'))}).then(({ openCache }) => {
        const cache = openCache('w', { maxBytes: 2 ** 20 });
        cache.set('a', 'v');
        for (let i = 0; i < 10; i++) cache.get('a');
        if (workerData) cache.close();
      })\`;
    for (let i = 0; i < 6; i++) await once(new Worker(body, { eval: true, execArgv: [], workerData: i & 1 }), 'exit');
    console.log('alive');`);
  expect(output).toBe('alive');
});
