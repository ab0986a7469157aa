// The other thread of the smoke program: finds what the first one wrote, and writes what it will look for.
const { parentPort } = require('node:worker_threads');
const { openCache } = require('@catzilla/cache-core');

const cache = openCache('smoke');
const seen = cache.get('city:1')?.toString('utf8');
cache.set('city:1', 'Berlin');
let written = 0;
for (let i = 0; i < 1000; i++) if (cache.set(`of worker:${i}`, String(i))) written++;
parentPort.postMessage({ backend: cache.stats().backend, seen, written });
cache.close();
