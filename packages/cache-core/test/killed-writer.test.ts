// Processes that are killed inside a write: what the others read stays whole and is never older than what a write that
// returned has left; at most what was being written is lost. Random moments, so many of them.
import { setTimeout } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { openCache } from '../src/index.ts';
import type { Cache } from '../src/index.ts';
import { endProcesses, machineCache, startProcess } from './support/process.ts';
import { keyOf, makeValue, nameOf, versionOf } from './soak/values.mjs';

const valuesUrl = new URL('./soak/values.mjs', import.meta.url).href;
const KEYS = 96;
/** Keys that the killed ones read and touch but never write: they must stay, as long as nothing is evicted. */
const KEPT = 32;

afterEach(endProcesses);

// What each of them does for ever. Their keys are those from KEPT on; sizes change, so that values are rewritten in
// place, appended, and given segments of their own. All values are made beforehand: they shall be killed in the engine.
const bodies = {
  set: `cache.set(...some());`,
  'set with ttl': `cache.set(...some(), { ttl: 20 });`,
  setMany: `cache.setMany([some(), some(), some(), some()]);`,
  'set with tags': `cache.set(...some(), { tags: ['x'] }); if (random(99) === 0) cache.invalidateTag('x');`,
  'large set': `cache.set(...large[random(large.length)]);`,
  delete: `const [name, value] = some(); cache.set(name, value); cache.delete(name);`,
  touch: `cache.touch(kept[random(kept.length)], { ttl: 1_000_000 });`,
  lease: `if (held.length > 20) held.splice(random(20), 1)[0].release();
    held.push(cache.lease(kept[random(kept.length)]));
    cache.set(...some());`,
};

const program = (body: string) => `
  const { nameOf, makeValue } = await import(data.values);
  const cache = openCache(data.name, data.options);
  const random = (below) => Math.floor(Math.random() * below);
  const make = (count, keys, least, most) => Array.from({ length: count }, (_, version) => {
    const key = data.kept + random(keys);
    return [nameOf(key), makeValue(key, version, least + random(most - least))];
  });
  const kept = Array.from({ length: data.kept }, (_, key) => nameOf(key));
  const values = make(300, data.keys - data.kept, 16, 5000);
  const large = make(20, 6, 100_000, 300_000);
  const some = () => values[random(values.length)];
  const held = [];
  send('writing');
  for (;;) { ${body} }`;

/** Reads everything by every call. */
function check(cache: Cache): void {
  const names = Array.from({ length: KEYS }, (_, key) => nameOf(key));
  const all = cache.getMany(names);
  const target = Buffer.alloc(500_000);
  for (const [key, name] of names.entries()) {
    const size = cache.getInto(name, target);
    const lease = cache.lease(name);
    const found = [all[key], cache.get(name), cache.peek(name), cache.getRecord(name)?.bytes];
    found.push(lease?.bytes, size < 0 ? undefined : target.subarray(0, size));
    for (const bytes of found) {
      if (bytes !== undefined && versionOf(key, bytes) < 0) throw new Error(`${name} is corrupt`);
      if (key >= KEPT) continue;
      if (bytes === undefined) {
        const { evictions, entries, recoveries, corrupt } = cache.stats();
        const counts = JSON.stringify({ evictions, entries, recoveries, corrupt });
        if (evictions === 0) throw new Error(`${name} is lost: ${counts}`);
      } else if (versionOf(key, bytes) < 5) throw new Error(`${name} is of old`);
    }
    lease?.release();
  }
  for (const name of cache.keys()) {
    if (keyOf(String(name)) < 0) throw new Error(`${String(name)} is no key`);
  }
  const { bytes, leases } = cache.stats();
  expect(bytes.used).toBeLessThanOrEqual(bytes.max);
  expect(leases.open).toBeLessThanOrEqual(21);
}

describe.runIf(process.platform === 'linux')('a process that is killed', () => {
  it.each(Object.entries(bodies))(
    'in %s leaves a whole cache to the others and to those that come later',
    async (kind, body) => {
      const { name, options } = machineCache({
        maxBytes: 8 * 2 ** 20,
        sweepInterval: 20,
        lockTimeout: 5000,
      });
      const data = { name, options, values: valuesUrl, keys: KEYS, kept: KEPT };
      const cache = openCache(name, options);
      for (let key = 0; key < KEPT; key++) {
        // Written twice: an entry that was used is not the first to go.
        for (const version of [4, 5])
          cache.set(nameOf(key), makeValue(key, version, 16 + key * 10));
      }
      // At least one of them inside a lock.
      const isEnough = () => kind !== 'set' || cache.stats().recoveries > 0;
      for (let round = 0; round < 3 || !isEnough(); round++) {
        const child = startProcess(program(body), data);
        await child.next();
        const kill = setTimeout(Math.random() * 40);
        let isKilled = false;
        void kill.then(() => (isKilled = true));
        while (!isKilled) {
          check(cache);
          await setTimeout(1);
        }
        await child.kill();
        check(cache);
        for (let i = 0; i < 50; i++) expect(cache.set('own', `value ${i}`)).toBe(true);
        expect(cache.get('own')?.toString()).toBe('value 49');
        cache.delete('own');
      }
      const last = startProcess(program(body), data);
      await last.next();
      cache.close();
      await last.kill();
      const again = openCache(name, options);
      expect(again.stats()).toMatchObject({ opened: 'recovered', processes: 1 });
      check(again);
      expect(again.stats()).toMatchObject({ leases: { open: 0 } });
      again.clear();
      expect(again.stats()).toMatchObject({ entries: 0, bytes: { live: 0, quarantined: 0 } });
      again.close();
    },
  );
});
