// Uses a cache on a disk, and tells what it read: whatever has come of the files, every value carries its own checksum.
import { setTimeout as sleep } from 'node:timers/promises';
import { createTieredCache } from '@catzilla/tiers';
import { data, leave, next, send } from './parent.mjs';
import { makeValue, versionOf } from '../../disk/support/values.mjs';

const { options, work } = data;
const cache = createTieredCache({ codec: 'bytes', compression: false, ...options });
await cache.ready({ timeout: 20_000 });
const keys = Array.from({ length: 200 }, (_, i) => `key ${i}`);

/** Sets all keys. */
async function setAll(version) {
  for (let from = 0; from < keys.length; from += 50) {
    const some = keys.slice(from, from + 50).map((key) => [key, makeValue(key, version, 2000)]);
    await cache.setMany(some);
  }
}

/** Reads all keys from disk. @returns how many have which version; -1: damaged */
async function readAll() {
  const versions = {};
  for (const key of keys) {
    const bytes = await cache.get(key, { tiers: ['disk'] });
    const version = bytes === undefined ? 'none' : versionOf(key, bytes);
    versions[version] = (versions[version] ?? 0) + 1;
  }
  return versions;
}

const works = {
  async fill() {
    await setAll(1);
  },
  async survive() {
    const before = await readAll();
    await setAll(2);
    // Many damaged records in a row are errors of the disk, and its breaker may have opened: it must close by itself.
    while ((await cache.health()).disk.breaker.read !== 'closed') await sleep(20);
    await send({ before, after: await readAll() });
  },
  // Fills a disk without room, and goes on.
  async full() {
    await setAll(1);
    const statuses = {};
    let last;
    for (let i = 0; i < 400 && last !== 'failed'; i++) {
      const value = makeValue(`more ${i}`, 1, 60_000);
      ({ disk: last } = await cache.set(`more ${i}`, value));
      statuses[last] = (statuses[last] ?? 0) + 1;
    }
    const { state } = (await cache.health()).disk;
    const read = await readAll();
    const deleted = await cache.delete(keys.slice(0, 50));
    const invalid = await cache.invalidateTags('nothing has it');
    const memory = await cache.get('key 60');
    await send({ statuses, state, read, deleted, invalid, isServed: memory !== undefined });
    await next(); // to be killed
  },
  async read() {
    await send({ read: await readAll(), deleted: await cache.getMany(keys.slice(0, 50)) });
  },
};
await works[work]();
await cache.close();
leave();
