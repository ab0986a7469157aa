// What is misuse is an error at once, that says what was expected and what came.
import { describe, expect, it } from 'vitest';
import { createTieredCache } from '../../src/index.ts';
import type { TieredOptions } from '../../src/index.ts';
import { open } from './support/open.ts';

const wrongOptions: [options: object, message: RegExp][] = [
  [{ nmae: 'x' }, /unknown option options\.nmae, did you mean name/],
  [{ name: 'a b' }, /options\.name to be 1 to 58 letters/],
  [{ memory: false }, /one tier at least/],
  [{ memory: 5 }, /options\.memory/],
  [{ remote: 'redis://x' }, /options\.remote/],
  [{ disk: true }, /options\.disk/],
  [{ disk: {} }, /options\.dir/],
  [{ bus: {} }, /options\.bus/],
  [{ codec: 'xml' }, /options\.codec/],
  [{ codec: { id: 5, name: 'x', encode() {}, decode() {} } }, /id from 128 to 255/],
  [{ codecs: [1] }, /options\.codecs\[0\]/],
  [{ compression: 'zip' }, /options\.compression/],
  [{ write: { remote: 'sometimes' } }, /options\.write\.remote/],
  [{ write: { rmote: 'off' } }, /unknown option options\.write\.rmote/],
  [{ admit: { minFrequency: -1 } }, /options\.admit\.minFrequency/],
  [{ onRead: 'thaw' }, /options\.onRead/],
  [{ maxValueBytes: 0 }, /options\.maxValueBytes/],
  [{ deadline: { remote: 0 } }, /options\.deadline\.remote/],
  [{ maxInFlight: 0 }, /options\.maxInFlight/],
  [{ tombstoneTtl: 1 }, /options\.tombstoneTtl/],
  [{ tagTtl: 0 }, /options\.tagTtl/],
  [{ load: 1 }, /options\.load/],
  [{ load: { softTimeout: -1 } }, /softTimeout/],
  [{ load: { lokc: true } }, /lokc/],
  [{ closeTimeout: -1 }, /options\.closeTimeout/],
  [{ clock: {} }, /options\.clock/],
  [{ logger: {} }, /options\.logger/],
  [{ telemetry: true }, /options\.telemetry/],
  [{ ttl: -1 }, /options\.ttl/],
  [{ ttl: { l1: 1 } }, /options\.ttl\.l1/],
  [{ ttl: {} }, /options\.ttl/],
  [{ grace: Number.NaN }, /options\.grace/],
  [{ jitter: 0.6 }, /options\.jitter/],
  [{ compress: 1 }, /options\.compress/],
];

describe('options of createTieredCache', () => {
  it.each(wrongOptions)('refuses %j', (options, message) => {
    expect(() => createTieredCache(options as TieredOptions)).toThrow(message);
  });

  it('refuses tags that are none', () => {
    const tagged =
      (tags: unknown): (() => unknown) =>
      () =>
        createTieredCache({ tags: tags as string[] });
    expect(tagged([''])).toThrow(expect.objectContaining({ code: 'CATZ_TIERS_TAG' }));
    expect(tagged(['\0x'])).toThrow(/NUL/);
    expect(tagged(5)).toThrow(/array of strings/);
    expect(tagged(Array.from({ length: 57 }, (_, i) => `t${i}`))).toThrow(/at most 56/);
    expect(tagged(['é'.repeat(129)])).toThrow(/256 bytes/);
  });
});

describe('arguments', () => {
  it('refuses keys that are none', async () => {
    const cache = open();
    const wrong = { code: 'CATZ_TIERS_KEY' };
    for (const key of ['', '\ud800', 'x'.repeat(8193), 5, undefined, Buffer.from('a')]) {
      await expect(cache.get(key as string)).rejects.toMatchObject(wrong);
      await expect(cache.set(key as string, 1)).rejects.toMatchObject(wrong);
      await expect(cache.delete([key as string])).rejects.toMatchObject(wrong);
      await expect(cache.getMany(['a', key as string])).rejects.toMatchObject(wrong);
      expect(() => cache.getSync(key as string)).toThrow(expect.objectContaining(wrong));
    }
    await cache.set('x'.repeat(8192), 1);
    expect(await cache.get('x'.repeat(8192))).toBe(1);
  });

  it('refuses options that are unknown or wrong', async () => {
    const cache = open();
    const wrong = { code: 'CATZ_TIERS_OPTION' };
    await expect(cache.set('a', 1, { tll: 5 } as object)).rejects.toThrow(/did you mean ttl/);
    await expect(cache.set('a', 1, { tiers: ['l1'] as never })).rejects.toMatchObject(wrong);
    await expect(cache.set('a', 1, { meta: { a: 1 } as never })).rejects.toMatchObject(wrong);
    await expect(cache.set('a', 1, { meta: { a: 'x'.repeat(1100) } })).rejects.toMatchObject(wrong);
    await expect(cache.set('a', 1, 5 as never)).rejects.toMatchObject(wrong);
    await expect(cache.get('a', { teirs: [] } as object)).rejects.toThrow(/did you mean tiers/);
    await expect(cache.touch('a', { tags: [] } as object)).rejects.toMatchObject(wrong);
    await expect(cache.invalidateTags('a', { hard: true } as object)).rejects.toMatchObject(wrong);
    await expect(cache.clear({ now: true } as object)).rejects.toMatchObject(wrong);
    await expect(cache.health({ fast: true } as object)).rejects.toMatchObject(wrong);
    expect(() => cache.keys({ prefix: 5 } as never)).toThrow(/options\.prefix/);
    expect(() => cache.keys({ tier: 'l9' } as never)).toThrow(/options\.tier/);
    expect(() => cache.on('error' as never, () => {})).toThrow(/event/);
    expect(() => cache.ticket('a', ['']).created).toThrow(/guards/);
    await expect(cache.lock('a', { ttl: 1 })).rejects.toMatchObject(wrong);
    await expect(cache.set('a', 1, { ticket: {} as never })).rejects.toThrow(/ticket/);
    await expect(cache.set('a', 1, { ticket: cache.ticket('b') })).rejects.toThrow(/this key/);
  });

  it('refuses namespaces that are none, or too deep', () => {
    const cache = open();
    const wrong = { code: 'CATZ_TIERS_NAMESPACE' };
    for (const name of ['', 'a/b', 'a\0b', '\ud800', 'x'.repeat(129), 5]) {
      expect(() => cache.namespace(name as string)).toThrow(expect.objectContaining(wrong));
    }
    let inner = cache;
    for (let i = 0; i < 7; i++) inner = inner.namespace('n');
    expect(() => inner.namespace('n')).toThrow(/7 deep/);
  });
});
