// Another addon uses the cache by its C functions: the same values, pins, lifetime, and threads that know no
// JavaScript. addon.c takes cc and pthread: everywhere but on Windows.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openCache } from '../src/index.ts';
import type { Cache, CacheOptions } from '../src/index.ts';
import { setClock } from '../src/testing.ts';
import { buildAddon } from './abi/build.ts';
import type { TestAddon, Use, View } from './abi/build.ts';

// catz_status
const [OK, MISS, OVER_LIMIT, REFUSED, BAD_ARGUMENT] = [0, 1, 3, 4, 5];
const isWindows = process.platform === 'win32';
const bytes = (text: string) => Buffer.from(text);

describe('the C interface', () => {
  const folder = mkdtempSync(join(tmpdir(), 'catzilla-abi-'));
  let addon: TestAddon;
  let serial = 0;
  const caches: Cache[] = [];
  const uses: Use[] = [];

  function open(options: CacheOptions = {}, name = `abi-${process.pid}-${serial++}`): Cache {
    const cache = openCache(name, { maxBytes: 2 ** 20, sweepInterval: false, ...options });
    caches.push(cache);
    return cache;
  }
  function take(external: unknown): Use {
    const use = addon.use(external);
    uses.push(use);
    return use;
  }
  function pinned(use: Use, key: string): View {
    const view = addon.pin(use, bytes(key));
    if (typeof view === 'number') throw new Error(`pin gave ${view}`);
    return view;
  }

  beforeAll(() => {
    if (!isWindows) addon = buildAddon(folder);
  });
  beforeEach((context) => {
    if (isWindows) context.skip('the addon is compiled with cc and pthread');
  });
  afterEach(() => {
    for (const use of uses.splice(0)) addon.done(use);
    for (const cache of caches.splice(0)) cache.close();
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('finds in C what JavaScript stored, and the other way round', () => {
    const cache = open();
    const use = take(cache.abi);
    cache.set('café', 'from JavaScript');
    cache.set('large', Buffer.alloc(100_000, 7));
    cache.set('', '');
    expect(addon.get(use, bytes('café'))?.toString()).toBe('from JavaScript');
    expect(addon.get(use, bytes('large'))).toEqual(Buffer.alloc(100_000, 7));
    expect(addon.get(use, bytes(''))).toEqual(Buffer.alloc(0));
    expect(addon.get(use, bytes('none'))).toBeUndefined();
    expect(addon.put(use, bytes('c'), bytes('from C'), 1000)).toBe(OK);
    expect(cache.get('c')?.toString()).toBe('from C');
    expect(cache.ttl('c')).toBeLessThanOrEqual(1000);
    expect(cache.stats()).toMatchObject({ hits: 4, misses: 1, sets: 4 });
  });

  it('shows at once in JavaScript what C wrote, also where the near-cache holds the key', () => {
    const cache = open();
    const use = take(cache.abi);
    cache.set('hot', 'old');
    for (let i = 0; i < 100; i++) cache.get('hot');
    expect(cache.stats().nearHits).toBeGreaterThan(0);
    addon.put(use, bytes('hot'), bytes('new'), 1000);
    expect(cache.get('hot')?.toString()).toBe('new');
  });

  it("stores with the cache's own time to live on request, and refuses what is none", () => {
    const cache = open({ ttl: 5000, maxKeyBytes: 10, maxValueBytes: 10 });
    const use = take(cache.abi);
    cache.set('k', 'old');
    expect(addon.put(use, bytes('k'), bytes('v'), 0)).toBe(BAD_ARGUMENT);
    expect(addon.put(use, bytes('k'), bytes('v'), 2 ** 46 + 1)).toBe(BAD_ARGUMENT);
    expect(addon.put(use, bytes('k'.repeat(11)), bytes('v'), 1)).toBe(BAD_ARGUMENT);
    expect(cache.get('k')?.toString()).toBe('old');
    expect(addon.put(use, bytes('k'), bytes('v'), -1)).toBe(OK);
    expect(cache.ttl('k')).toBeGreaterThan(4000);
    expect(addon.put(use, bytes('k'), bytes('v'.repeat(11)), 1)).toBe(REFUSED);
    expect(cache.has('k')).toBe(false);
  });

  it('keeps pinned bytes as they are while JavaScript overwrites, clears and evicts', () => {
    const cache = open();
    const use = take(cache.abi);
    setClock(cache, 1000);
    cache.set('k', 'kept', { ttl: 500 });
    const view = pinned(use, 'k');
    expect(cache.stats().leases.open).toBe(1);
    expect(addon.timeLeft(view)).toBe(500);
    for (let i = 0; i < 2000; i++) cache.set('k', String(i % 10).repeat(4));
    cache.clear();
    for (let i = 0; i < 2000; i++) cache.set(`other${i}`, Buffer.alloc(1000, i));
    expect(cache.stats().evictions).toBeGreaterThan(0);
    expect(addon.bytesOf(view).toString()).toBe('kept');
    addon.unpin(view);
    expect(cache.stats().leases.open).toBe(0);
    expect(addon.pin(use, bytes('k'))).toBe(MISS);
  });

  it('pins no more than leaseLimit allows', () => {
    const cache = open({ leaseLimit: 0 });
    cache.set('k', 'v');
    const use = take(cache.abi);
    expect(addon.pin(use, bytes('k'))).toBe(OVER_LIMIT);
    expect(addon.get(use, bytes('k'))?.toString()).toBe('v');
  });

  it.each<[string, (cache: Cache) => void]>([
    ['overwritten', (cache) => cache.set('k', 'new')],
    ['deleted', (cache) => cache.delete('k')],
    ['touched', (cache) => cache.touch('k', { ttl: 1 })],
    ['cleared', (cache) => cache.clear()],
    ['invalidated by its tag', (cache) => cache.invalidateTag('t')],
    ['expired', (cache) => setClock(cache, 5000)],
  ])('tells that a copy is not current any more once the key was %s', (_, change) => {
    const cache = open();
    const use = take(cache.abi);
    setClock(cache, 0);
    cache.set('k', 'old', { ttl: 5000, tags: ['t'] });
    const view = pinned(use, 'k');
    addon.unpin(view);
    setClock(cache, 4999);
    expect(addon.isCurrent(view)).toBe(1);
    change(cache);
    expect(addon.isCurrent(view)).toBe(0);
  });

  it('works in a thread without JavaScript, beside JavaScript that writes', () => {
    const cache = open();
    const use = take(cache.abi);
    const rounds = 3000;
    addon.start(use, rounds);
    let writes = 0;
    do {
      cache.set('shared', Buffer.alloc(1 + (writes % 3000), writes));
      cache.get(Buffer.from(`own${String.fromCharCode(writes % 50)}`));
      writes++;
    } while (addon.progress(use) < rounds || writes < 1000);
    expect(addon.join(use)).toBe(0);
    const { sets, deletes, leases } = cache.stats();
    expect({ sets, deletes, open: leases.open }).toEqual({
      sets: writes + 2 * rounds,
      deletes: rounds,
      open: 0,
    });
  });

  it('goes on after close() for who has retained it, and ends with the last release', () => {
    const name = `abi-${process.pid}-${serial++}`;
    const cache = open({}, name);
    cache.set('k', 'v');
    const use = take(cache.abi);
    cache.close();
    expect(addon.get(use, bytes('k'))?.toString()).toBe('v');
    addon.start(use, 200);
    expect(addon.join(use)).toBe(0);
    const again = open({}, name);
    expect(again.get('k')?.toString()).toBe('v');
    again.close();
    addon.done(uses.pop()!);
    expect(open({}, name).get('k')).toBeUndefined();
  });

  it('finds an open cache by its name, and no other', () => {
    const one = open();
    const two = open();
    two.set('k', 'of two');
    const use = take(one.abi);
    const found = addon.openExisting(use, bytes(two.name!))!;
    uses.push(found);
    two.close();
    expect(addon.get(found, bytes('k'))?.toString()).toBe('of two');
    expect(addon.openExisting(use, bytes('nobody'))).toBeUndefined();
  });

  it("finds a cache of scope 'machine' by its path", (context) => {
    if (process.platform !== 'linux') context.skip("scope 'machine' is for Linux");
    const path = join(folder, 'machine.arena');
    const cache = open({ scope: 'machine', path });
    cache.set('k', 'shared');
    const use = take(open().abi);
    const found = addon.openExisting(use, bytes(path))!;
    uses.push(found);
    cache.close();
    expect(addon.get(found, bytes('k'))?.toString()).toBe('shared');
  });

  it('is one external for a cache, and of no use once that is closed', () => {
    const cache = open();
    const { abi } = cache;
    expect(cache.abi).toBe(abi);
    expect(open().abi).not.toBe(abi);
    cache.close();
    expect(() => addon.use(abi)).toThrow('the cache is closed');
  });

  it('is told from any other object by its tag', () => {
    const own = take(open().abi);
    for (const other of [own, {}, () => {}, Object.create(null), undefined, null, 5, 'abi']) {
      expect(() => addon.use(other)).toThrow('not the abi of a cache');
    }
  });

  it('is described with the code that is tested here', () => {
    const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8');
    const page = read('../../../docs/reference/c-interface.md');
    const source = read('abi/addon.c');
    const blocks = [...page.matchAll(/^```c\n(.*?)^```/gms)].map(([, code]) => code!);
    expect(blocks.length).toBeGreaterThan(2);
    for (const block of blocks) expect(source).toContain(block);
  });
});
