import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import { Cached } from '../../src/wrap/cached-decorator.ts';
import type { CachedMethodOptions, MethodContext } from '../../src/wrap/cached-decorator.ts';
import { resetCache, setCache } from '../../src/wrap/global.ts';
import type * as decorated from './fixtures/decorated.ts';
import { modelCache } from './support.ts';

const WRAP = expect.objectContaining({ code: 'CATZ_TIERS_WRAP' });
const method: MethodContext = { kind: 'method', name: 'find', static: false };

interface Shop {
  tenant: string;
}
type Options = CachedMethodOptions<Shop, [number], string>;

/** The method find, decorated by hand. */
function find(options: Options, context = method): (this: Shop, id: number) => Promise<string> {
  let calls = 0;
  async function original(this: Shop, id: number): Promise<string> {
    return `${this.tenant} ${id} ${++calls}`;
  }
  return Cached<Shop, [number], string>(options)(original, context);
}

afterEach(resetCache);

describe('a cached method', () => {
  it('is kept for each instance by its key', async () => {
    const cache = modelCache();
    const decoratedFind = find({ cache, instanceKey: (shop) => shop.tenant, ttl: 5 });
    const call = (tenant: string, id: number): Promise<string> =>
      decoratedFind.call({ tenant }, id);
    expect(await call('a', 1)).toBe('a 1 1');
    expect(await call('b', 1)).toBe('b 1 2');
    expect(await call('a', 1)).toBe('a 1 1');
    expect([...cache.values.keys()]).toEqual(['find"a"(1)', 'find"b"(1)']);
    expect(cache.asked[0]).toEqual({ ttl: 5 });
  });

  it('is shared by all instances when asked', async () => {
    const decoratedFind = find({
      cache: modelCache(),
      shared: true,
      name: 'Shop.find',
      version: 1,
    });
    expect(await decoratedFind.call({ tenant: 'a' }, 1)).toBe('a 1 1');
    expect(await decoratedFind.call({ tenant: 'b' }, 1)).toBe('a 1 1');
  });

  it('never mixes instance and arguments up', async () => {
    const cache = modelCache();
    const key = (id: number): string => `${id}`;
    const decoratedFind = find({ cache, instanceKey: (shop) => shop.tenant, key });
    await decoratedFind.call({ tenant: '"(1' }, 1);
    await decoratedFind.call({ tenant: '' }, 1);
    expect([...cache.values.keys()]).toEqual(['find"\\"(1"(1)', 'find""(1)']);
  });

  it('keeps name and length, and needs neither option when it is static', async () => {
    const decoratedFind = find({ cache: modelCache() }, { ...method, static: true });
    expect([decoratedFind.name, decoratedFind.length]).toEqual(['original', 1]);
    expect(await decoratedFind.call({ tenant: 'a' }, 1)).toBe('a 1 1');
  });

  it('uses the global cache of the moment', async () => {
    const decoratedFind = find({ shared: true });
    const cache = modelCache();
    setCache(cache);
    await decoratedFind.call({ tenant: 'a' }, 1);
    expect(cache.values.get('find(1)')).toBe('a 1 1');
  });

  it('rejects when the instance has no key', async () => {
    const decoratedFind = find({ cache: modelCache(), instanceKey: () => 5 as never });
    await expect(decoratedFind.call({ tenant: 'a' }, 1)).rejects.toThrow(
      'the instanceKey function of "find" to give a string, got 5',
    );
  });
});

describe('the definition of a class fails', () => {
  it.each<[string, Options | undefined, Partial<MethodContext>]>([
    ['without a word on the instance', {}, {}],
    ['without options', undefined, {}],
    ['with both words', { shared: true, instanceKey: () => 'a' }, {}],
    ['with shared: false alone', { shared: false }, {}],
    ['with shared that is no boolean', { shared: 1 as never }, {}],
    ['with instanceKey that is no function', { instanceKey: 'tenant' as never }, {}],
    ['on a field', { shared: true }, { kind: 'field' }],
    ['on a method named by a symbol', { shared: true }, { name: Symbol('x') }],
    ['with a cache that is none', { shared: true, cache: {} as never }, {}],
  ])('%s', (_what, options, context) => {
    expect(() => find(options as Options, { ...method, ...context })).toThrow(WRAP);
  });

  it('by decorators of the old kind, which give no context', () => {
    expect(() => Cached({ shared: true })(async () => 1, undefined as never)).toThrow(WRAP);
  });

  it('when two methods have one name', () => {
    const cache = modelCache();
    find({ cache, shared: true });
    expect(() => find({ cache, shared: true })).toThrow(WRAP);
    find({ cache, shared: true, name: 'Shop.find' });
  });
});

describe('decorator syntax', () => {
  it('is what the compiler makes of it', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'catz-decorated-'));
    try {
      const root = fileURLToPath(new URL('../../../..', import.meta.url));
      const source = fileURLToPath(new URL('fixtures/decorated.ts', import.meta.url));
      const flags = '--noResolve --noCheck --target es2022 --module esnext --ignoreConfig';
      const tsc = join(root, 'node_modules/typescript/bin/tsc');
      const args = [tsc, source, ...flags.split(' '), '--outDir', folder];
      await promisify(execFile)(process.execPath, args);
      const url = pathToFileURL(join(folder, 'decorated.js')).href;
      const { define } = (await import(/* @vite-ignore */ url)) as typeof decorated;
      const cache = modelCache();
      const Users = define(Cached, cache);
      expect(await new Users('a').find(1)).toBe('a 1 1');
      expect(await new Users('b').find(1)).toBe('b 1 2');
      expect(await new Users('a').find(1)).toBe('a 1 1');
      expect(await new Users('a').count()).toBe(3);
      expect(await new Users('b').count()).toBe(3);
      expect(Users.prototype.find.name).toBe('find');
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
