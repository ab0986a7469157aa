// A process that is stopped, perhaps inside a write and with a lock held: the others read on, what they write is
// stored or refused in bounded time, delete and clear work; and when it goes on, all is as it should be. One shard and
// a writer that does nothing else: about every second stop finds the lock held.
import { setTimeout } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { openCache } from '../src/index.ts';
import { endProcesses, machineCache, startProcess } from './support/process.ts';
import { makeValue, nameOf, versionOf } from './soak/values.mjs';

const valuesUrl = new URL('./soak/values.mjs', import.meta.url).href;
const ROUNDS = 40;
/** Keys of the writer; those from OWN on are the test's. */
const OWN = 40;

afterEach(endProcesses);

const writer = `
  const { nameOf, makeValue } = await import(data.values);
  const { setImmediate } = await import('node:timers/promises');
  const cache = openCache(data.name, data.options);
  const values = Array.from({ length: data.keys * 3 }, (_, i) => makeValue(i % data.keys, i, 2000 + 200 * (i % 7)));
  let isEnding = false;
  process.on('message', () => (isEnding = true));
  send('writing');
  while (!isEnding) {
    for (let i = 0; i < 2000; i++) {
      const n = (i * 31) % values.length;
      cache.set(nameOf(n % data.keys), values[n]);
    }
    await setImmediate();
  }
  cache.close();
  process.exit();`;

describe.runIf(process.platform === 'linux')('a process that is stopped while it writes', () => {
  it('stops nobody else, and goes on as if nothing had been', async () => {
    const { name, options } = machineCache({ maxBytes: 2 ** 20, lockTimeout: 10 });
    const cache = openCache(name, options);
    const data = { name, options, values: valuesUrl, keys: OWN };
    const child = startProcess(writer, data);
    await child.next();
    const [kept, changed, removed] = [OWN, OWN + 1, OWN + 2];
    const get = (key: number) => {
      const bytes = cache.get(nameOf(key));
      return bytes === undefined ? undefined : versionOf(key, bytes);
    };
    const problems: string[] = [];
    const expectVersion = (what: string, key: number, ...versions: (number | undefined)[]) => {
      const version = get(key);
      if (!versions.includes(version)) problems.push(`${what}: ${version}, not ${versions.join()}`);
    };
    let refused = 0;
    for (let round = 1; round <= ROUNDS; round++) {
      for (const key of [kept, changed, removed]) {
        while (!cache.set(nameOf(key), makeValue(key, round, 300)));
        expectVersion('stored', key, round);
      }
      await setTimeout(Math.random() * 4);
      child.signal('SIGSTOP');
      // Everything from here on returns, or the test would not end: nobody lets the writer go on before.
      expectVersion('read', kept, round);
      for (let key = 0; key < OWN; key++) {
        if (get(key) === -1) problems.push(`${nameOf(key)} is corrupt`);
      }
      const isStored = cache.set(nameOf(changed), makeValue(changed, round + 1000, 300));
      if (!isStored) refused++;
      expectVersion('set', changed, isStored ? round + 1000 : undefined);
      cache.delete(nameOf(removed));
      expectVersion('deleted', removed, undefined);
      if (cache.has(nameOf(removed))) problems.push('has what was deleted');
      const touched = cache.touch(nameOf(kept), { ttl: 1_000_000 });
      expectVersion('touched', kept, touched ? round : undefined, round);
      if (round % 4 === 0) {
        cache.clear();
        for (const key of [kept, changed, removed]) expectVersion('cleared', key, undefined);
      }
      child.signal('SIGCONT');
      expectVersion('afterwards', changed, isStored && round % 4 !== 0 ? round + 1000 : undefined);
      expectVersion('afterwards', removed, undefined);
    }
    expect(problems).toEqual([]);
    expect(refused).toBeGreaterThan(0);
    const { lockTimeout } = cache.stats().refused;
    expect(lockTimeout).toBeGreaterThanOrEqual(refused);
    child.send('end');
    expect(await child.ended).toBe(0);
    for (let key = 0; key < OWN; key++) {
      expect(cache.set(nameOf(key), makeValue(key, 9, 100))).toBe(true);
      expect(get(key)).toBe(9);
    }
    cache.clear();
    expect(cache.stats()).toMatchObject({
      entries: 0,
      processes: 1,
      corrupt: 0,
      recoveries: 0,
      bytes: { live: 0, quarantined: 0 },
    });
    cache.close();
  });
});
