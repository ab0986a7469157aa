// The smoke program of check-jemalloc.mjs: `node jemalloc.mjs PACKAGE-FOLDER ADDON-FILE`. The same calls in the main
// thread and then in two workers at once, on one named cache, so that memory is taken and freed by several threads.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { isMainThread, Worker, workerData } from 'node:worker_threads';

const [folder, file] = isMainThread ? process.argv.slice(2) : workerData;
const { allocator } = createRequire(import.meta.url)(file);
assert.equal(allocator, 'jemalloc');

const { openCache } = await import(pathToFileURL(join(folder, 'dist', 'index.js')).href);
const cache = openCache('jemalloc', { maxBytes: 64 * 2 ** 20, nearCache: false });
assert.equal(cache.stats().backend, 'native');
assert.equal(cache.stats().allocator, 'segments+jemalloc');

// Text goes through scratch memory: UTF-16 units, then UTF-8. Grown, given back above a megabyte, grown again.
for (let round = 0; round < 20; round++) {
  for (const length of [10, 10_000, 1_000_000, 3_000_000]) {
    const text = `${round}é`.repeat(length).slice(0, length);
    cache.set(`text:${length}`, text);
    if (!isMainThread) continue; // the other worker may have stored another round's
    assert.equal(Buffer.from(cache.get(`text:${length}`)).toString('utf8'), text);
  }
}
// A listing collects the keys of a step in such memory too.
for (let id = 0; id < 5000; id++) cache.set(`${'k'.repeat(300)}:${id}`, 'v');
assert.equal([...cache.keys({ prefix: 'kkk' })].length, 5000);
assert.equal(Buffer.from(cache.get(`${'k'.repeat(300)}:4999`)).toString('utf8'), 'v');

if (isMainThread) {
  const workers = [0, 1].map(
    () => new Worker(new URL(import.meta.url), { workerData: [folder, file] }),
  );
  for (const code of await Promise.all(workers.map((worker) => once(worker, 'exit'))))
    assert.deepEqual(code, [0]);
}
cache.close();
