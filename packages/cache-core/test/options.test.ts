// Every option: its default, its range, and that it does something.
import { afterEach, describe, expect, it, vi } from 'vitest';
import { errors, openCache } from '../src/index.ts';
import type { Cache, CacheOptions } from '../src/index.ts';
import { settle } from '../src/options.ts';
import { runChild } from './support/child.ts';

const MiB = 2 ** 20;
const opened: Cache[] = [];

afterEach(() => {
  vi.unstubAllEnvs();
  for (const cache of opened.splice(0)) cache.close();
});

function open(options: CacheOptions): Cache {
  const cache = openCache(options);
  opened.push(cache);
  return cache;
}

describe('defaults', () => {
  it('are those of the documentation', () => {
    vi.stubEnv('CATZ_CACHE_BACKEND', '');
    expect(settle(undefined, undefined)).toMatchObject({
      maxBytes: 64 * MiB,
      ttl: Infinity,
      policy: 's3fifo',
      maxKeyBytes: 8192,
      maxValueBytes: 8 * MiB,
      nearCache: { maxEntries: 4096, maxBytes: 4 * MiB, maxEntryBytes: 64 * 1024 },
      copy: false,
      reserveBytes: 256 * MiB,
      sweepInterval: 1000,
      sweepBudget: 1,
      backend: 'native',
      scope: 'process',
      path: undefined,
      leaseLimit: 0.125,
      lockTimeout: 50,
    });
    expect(settle({ maxBytes: 1024 * MiB }, undefined).maxValueBytes).toBe(16 * MiB);
    expect(settle({ backend: 'js' }, undefined).policy).toBe('lru');
  });

  it('give way to the options they depend on', () => {
    expect(settle({ reserveBytes: 8 * MiB }, undefined).maxBytes).toBe(8 * MiB);
    expect(settle({ maxValueBytes: 32 * MiB }, undefined).maxBytes).toBe(128 * MiB);
  });
});

describe('bad options', () => {
  const cases: [unknown, RegExp][] = [
    [{ maxByte: 5 }, /unknown option options\.maxByte, did you mean maxBytes\?/],
    [{ scope: 'host' }, /options\.scope to be "process" or "machine", got "host"/],
    [{ path: '/dev/shm/x' }, /options\.path only with scope 'machine', got "\/dev\/shm\/x"/],
    [{ lockTimeout: 10 }, /options\.lockTimeout only with scope 'machine', got 'process'/],
    [{ leaseLimit: -0.1 }, /options\.leaseLimit to be a number from 0 to 0\.5, got -0\.1/],
    [{ leaseLimit: 0.51 }, /options\.leaseLimit/],
    [{ leaseLimit: NaN }, /options\.leaseLimit/],
    [{ nearCache: { maxEntry: 1 } }, /unknown option options\.nearCache\.maxEntry/],
    [{ maxBytes: MiB - 1 }, /options\.maxBytes to be an integer from 1048576/],
    [{ maxBytes: -1 }, /options\.maxBytes/],
    [{ maxBytes: NaN }, /options\.maxBytes/],
    [{ maxBytes: '64mb' }, /got "64mb"/],
    [{ ttl: 0 }, /options\.ttl/],
    [{ ttl: 2 ** 46 + 1 }, /options\.ttl/],
    [{ policy: 'lfu' }, /"s3fifo" or "lru", got "lfu"/],
    [{ policy: 's3fifo', backend: 'js' }, /"lru" with backend 'js'/],
    [{ maxKeyBytes: 0 }, /options\.maxKeyBytes/],
    [{ maxKeyBytes: 65536 }, /options\.maxKeyBytes/],
    [{ maxValueBytes: 0 }, /options\.maxValueBytes/],
    [{ maxBytes: 4 * MiB, maxValueBytes: MiB + 1 }, /quarter of maxBytes \(1048576\), got 1048577/],
    [{ maxBytes: 4 * MiB, reserveBytes: 2 * MiB }, /reserveBytes to be at least maxBytes/],
    [{ nearCache: true }, /options\.nearCache to be false or an object/],
    [{ nearCache: { maxBytes: 100 } }, /options\.nearCache\.maxBytes/],
    [{ copy: 1 }, /options\.copy/],
    [{ sweepInterval: 0 }, /options\.sweepInterval/],
    [{ sweepBudget: 0 }, /options\.sweepBudget/],
    [{ backend: 'redis' }, /"native" or "js", got "redis"/],
    [[], /options to be an object/],
  ];

  it.each(cases)('%o throws', (options, message) => {
    const call = () => openCache(options as CacheOptions);
    expect(call).toThrow(message);
    expect(call).toThrow(expect.objectContaining({ code: 'CATZ_CACHE_OPTION' }));
    expect(() => openCache('bad-options', options as CacheOptions)).toThrow(message);
  });

  const machineCases: [CacheOptions, RegExp][] = [
    [{ path: 'relative/x' }, /options\.path to be an absolute path, got "relative\/x"/],
    [{ path: './x' }, /options\.path/],
    [{ path: '' }, /options\.path/],
    [{ path: '/tmp/a\0b' }, /options\.path/],
    [{ path: 5 as never }, /options\.path/],
    [{ lockTimeout: 0 }, /options\.lockTimeout to be a duration in ms from 1 to 10000, got 0/],
    [{ lockTimeout: 10_001 }, /options\.lockTimeout/],
    [{ lockTimeout: Infinity }, /options\.lockTimeout/],
  ];

  it.each(machineCases)("%o throws with scope 'machine'", (options, message) => {
    const call = () => openCache('bad-options', { scope: 'machine', ...options });
    expect(call).toThrow(message);
    expect(call).toThrow(expect.objectContaining({ code: 'CATZ_CACHE_OPTION' }));
  });

  it('throws when the bookkeeping of the reserve does not fit into the bound', () => {
    expect(() => open({ maxBytes: MiB, reserveBytes: 2 ** 30 })).toThrow(
      /options\.reserveBytes to be small enough .* maxBytes \(1048576\), got 1073741824/,
    );
  });

  it.runIf(process.platform === 'linux')(
    'says NO_MEMORY when the address space is not there (needs ulimit -v: Linux)',
    async () => {
      const output = await runChild(
        `try { openCache({ maxBytes: 2 ** 30, reserveBytes: 2 ** 34 }); console.log('opened'); }
         catch (error) { console.log(error.code); }`,
        { addressSpaceKiB: 8 * 2 ** 20 },
      );
      expect(output).toBe('CATZ_CACHE_NO_MEMORY');
    },
  );
});

describe('backend', () => {
  it('comes from CATZ_CACHE_BACKEND, which an option overrides', () => {
    vi.stubEnv('CATZ_CACHE_BACKEND', 'js');
    expect(open({}).stats().backend).toBe('js');
    expect(open({ backend: 'native' }).stats().backend).toBe('native');
    vi.stubEnv('CATZ_CACHE_BACKEND', 'native');
    expect(open({}).stats().backend).toBe('native');
    expect(open({ backend: 'js' }).stats().backend).toBe('js');
  });

  it('throws for another value of CATZ_CACHE_BACKEND, unless an option decides', () => {
    vi.stubEnv('CATZ_CACHE_BACKEND', 'none');
    expect(() => open({})).toThrow(
      'expected CATZ_CACHE_BACKEND to be "native" or "js", got "none"',
    );
    expect(open({ backend: 'js' }).stats().backend).toBe('js');
  });
});

describe('scope', () => {
  it("'machine' needs a name, which a path does not replace", () => {
    for (const options of [{ scope: 'machine' }, { scope: 'machine', path: '/tmp/x' }] as const) {
      expect(() => openCache(options)).toThrow(errors.OPTION);
      expect(() => openCache(options)).toThrow("expected a name with scope 'machine', got none");
    }
  });

  it("'machine' is not for backend 'js', whoever chose that", () => {
    const asked = { scope: 'machine', path: '/tmp/x' } as const;
    const call = () => openCache('machine-js', { ...asked, backend: 'js' });
    expect(call).toThrow(expect.objectContaining({ code: 'CATZ_CACHE_UNSUPPORTED_BACKEND' }));
    expect(call).toThrow(/^expected backend 'native' for scope 'machine', got 'js'$/);
    vi.stubEnv('CATZ_CACHE_BACKEND', 'js');
    expect(() => openCache('machine-js', asked)).toThrow(errors.UNSUPPORTED_BACKEND);
    expect(() => openCache('machine-js', asked)).toThrow(
      /^expected backend 'native' for scope 'machine', got 'js', which CATZ_CACHE_BACKEND says$/,
    );
  });

  it('settles with what it needs', () => {
    vi.stubEnv('CATZ_CACHE_BACKEND', '');
    const options = { scope: 'machine', path: '/tmp/x', lockTimeout: 7.5, leaseLimit: 0 };
    expect(settle(options, undefined, 'name')).toMatchObject({ ...options, backend: 'native' });
    expect(settle({ scope: 'machine' }, undefined, 'name')).toMatchObject({
      path: undefined,
      lockTimeout: 50,
    });
  });

  it('and path are those the name is open with, unless they are named', () => {
    const current = { backend: 'native', scope: 'machine', path: '/tmp/x' } as const;
    expect(settle({ lockTimeout: 9 }, current, 'name')).toMatchObject(current);
    expect(settle({ path: '/tmp/y' }, current, 'name')).toMatchObject({ path: '/tmp/y' });
    expect(settle({ scope: 'process' }, current, 'name').scope).toBe('process');
  });
});

describe('policy', () => {
  it('is what stats tell', () => {
    expect(open({ policy: 'lru' }).stats().policy).toBe('lru');
    expect(open({ policy: 's3fifo' }).stats().policy).toBe('s3fifo');
    expect(open({ backend: 'js' }).stats().policy).toBe('lru');
  });
});

describe('nearCache', () => {
  const value = 'x'.repeat(100);
  const heat = (cache: Cache, key: string) => {
    cache.set(key, value);
    for (let i = 0; i < 5; i++) cache.get(key);
  };

  it('answers hot keys without native calls, and not at all when it is off', () => {
    const on = open({ nearCache: {} });
    heat(on, 'a');
    expect(on.stats()).toMatchObject({ hits: 5, near: { enabled: true, entries: 1 } });
    expect(on.stats().nearHits).toBeGreaterThan(0);
    const off = open({ nearCache: false });
    heat(off, 'a');
    expect(off.stats()).toMatchObject({
      hits: 5,
      nearHits: 0,
      near: { enabled: false, entries: 0, bytes: 0 },
    });
  });

  it('takes only what was read often', () => {
    const cache = open({});
    cache.set('a', value);
    cache.get('a');
    cache.get('a');
    expect(cache.stats().near.entries).toBe(0);
    cache.get('a');
    expect(cache.stats().near.entries).toBe(1);
  });

  it('holds at most maxEntries', () => {
    const cache = open({ nearCache: { maxEntries: 20 } });
    for (let i = 0; i < 200; i++) {
      heat(cache, `k${i}`);
      expect(cache.stats().near.entries).toBeLessThanOrEqual(20);
    }
    expect(cache.stats().near.entries).toBeGreaterThan(10);
    const single = open({ nearCache: { maxEntries: 1 } });
    heat(single, 'a');
    heat(single, 'b');
    expect(single.stats().near.entries).toBeLessThanOrEqual(1);
  });

  it('keeps a key that was read anew when the chunk of its older copy goes', () => {
    const cache = open({ nearCache: { maxEntries: 16 } });
    heat(cache, 'a');
    heat(cache, 'b');
    heat(cache, 'a');
    for (let i = 0; i < 13; i++) heat(cache, `k${i}`);
    expect(cache.stats().near.entries).toBe(14); // a and 13 others; b went with the first chunk
  });

  it('holds at most maxBytes, large values included', () => {
    const cache = open({ nearCache: { maxBytes: 256 * 1024, maxEntryBytes: 32 * 1024 } });
    for (let i = 0; i < 300; i++) {
      cache.set(`k${i}`, Buffer.alloc(i % 3 === 0 ? 30_000 : 2000, i));
      for (let j = 0; j < 10; j++) expect(cache.get(`k${i}`)![0]).toBe(i & 255);
      expect(cache.stats().near.bytes).toBeLessThanOrEqual(256 * 1024);
    }
    expect(cache.stats().nearHits).toBeGreaterThan(500);
    expect(cache.get('k299')![0]).toBe(299 & 255);
  });

  it('leaves out values above maxEntryBytes', () => {
    const cache = open({ nearCache: { maxEntryBytes: 50 } });
    heat(cache, 'a');
    expect(cache.stats().near.entries).toBe(0);
    cache.set('large', Buffer.alloc(20_000));
    for (let i = 0; i < 5; i++) cache.get('large');
    expect(cache.stats().near.entries).toBe(0);
  });

  it('forgets old values, and never mixes them up', () => {
    const cache = open({ nearCache: { maxBytes: 16 * 1024 }, maxBytes: 8 * MiB });
    for (let round = 0; round < 3; round++) {
      for (let i = 0; i < 500; i++) {
        const key = `k${i}`;
        cache.set(key, `${round}:${i}`.padEnd(200));
        for (let j = 0; j < 5; j++)
          expect(cache.get(key)!.toString().trimEnd()).toBe(`${round}:${i}`);
      }
      for (let i = 0; i < 500; i++) {
        expect(cache.get(`k${i}`)!.toString().trimEnd()).toBe(`${round}:${i}`);
      }
    }
    expect(cache.stats().near.bytes).toBeLessThanOrEqual(16 * 1024);
  });
});

describe('the native addon', () => {
  it('is reported when it is missing, with the way to run without it', async () => {
    const { loadAddon } = await import('../src/native/load-addon.ts');
    expect(() => loadAddon('/nonexistent')).toThrow(errors.NATIVE_UNAVAILABLE);
    expect(() => loadAddon('/nonexistent')).toThrow(
      new RegExp(
        `did not load: Node v.*${process.platform}-${process.arch}.*, tried /nonexistent/prebuilds.*no such file.*pass backend: 'js'`,
      ),
    );
  });

  it('is not loaded by the js backend', async () => {
    const output = await runChild(
      `const cache = openCache(); cache.set('a', 'v');
       console.log(cache.get('a').toString(), process.report.getReport().sharedObjects.some((f) => f.includes('cache-core')));`,
      { env: { CATZ_CACHE_BACKEND: 'js' } },
    );
    expect(output).toBe('v false');
  });
});

describe('the package', () => {
  it('can be required and imported', async () => {
    const output = await runChild(`
      import { createRequire } from 'node:module';
      const require = createRequire(${JSON.stringify(import.meta.url)});
      const required = require('@catzilla/cache-core');
      const imported = await import(require.resolve('@catzilla/cache-core'));
      const testing = require('@catzilla/cache-core/testing');
      console.log(required.openCache === imported.openCache, typeof testing.advance, typeof required.errors.KEY);`);
    expect(output).toBe('true function function');
  });
});
