import { describe, expect, it } from 'vitest';
import { Loader } from '../../src/load/get-or-set.ts';
import type { FactoryContext, LoadOptions } from '../../src/load/options.ts';
import { FakeHost } from './support/fake-host.ts';

function setUp(): { host: FakeHost; loader: Loader } {
  const host = new FakeHost();
  return { host, loader: new Loader(host) };
}

type Say = (context: FactoryContext<unknown>) => void;

async function load(say: Say, options?: LoadOptions): Promise<FakeHost> {
  const { host, loader } = setUp();
  await loader.getOrSet<unknown>(
    'a',
    (context) => {
      say(context);
      return 1;
    },
    options,
  );
  return host;
}

describe('the context of a factory', () => {
  it('sets ttl and grace', async () => {
    const host = await load(({ setTtl, setGrace }) => {
      setTtl(1000);
      setGrace(500);
    });
    host.world.advance(500);
    expect(host.peek('a')?.stale).toBe(false);
    host.world.advance(501);
    expect(host.peek('a')?.stale).toBe(true);
    host.world.advance(500);
    expect(host.peek('a')).toBe(undefined);
  });

  it('keeps a value from being stored by ttl 0', async () => {
    expect((await load(({ setTtl }) => setTtl(0))).stored).toBe(0);
  });

  it('adds tags to those of the call, or of the namespace', async () => {
    const host = await load(({ tags }) => tags('b', 'a'), { tags: ['a'] });
    expect(host.peek('a')?.tags).toEqual(['a', 'b']);
    const other = new FakeHost();
    other.defaults = { ttl: 1000, tags: ['own'] };
    await new Loader(other).getOrSet('a', (context) => {
      context.tags('more');
      return 1;
    });
    expect(other.peek('a')?.tags).toEqual(['own', 'more']);
  });

  it('keeps pairs beside the value, over those of the call', async () => {
    const meta = Object.freeze({ etag: '"0"', source: 'x' });
    const host = await load((context) => void (context.meta['etag'] = '"1"'), { meta });
    expect(host.peek('a')?.meta).toEqual({ etag: '"1"', source: 'x' });
  });

  it('tells the key, and what was stored before', async () => {
    const { host, loader } = setUp();
    host.put('a', 'old', { ttl: 10, grace: 1000 });
    host.world.advance(11);
    const seen: unknown[] = [];
    await loader.getOrSet<unknown>('a', ({ key, previous, fence }) => {
      seen.push(key, previous?.value, previous?.stale, fence);
    });
    expect(seen).toEqual(['a', 'old', true, undefined]);
    await loader.getOrSet<unknown>('b', ({ previous }) => void seen.push(previous));
    expect(seen.at(-1)).toBe(undefined);
  });

  it('tells what is only below, and, to a fresh load, what is in memory', async () => {
    const { host, loader } = setUp();
    host.put('a', 'old', { ttl: 10, grace: 1000 });
    host.world.advance(11);
    host.evict('a');
    const seen: unknown[] = [];
    await loader.getOrSet<unknown>('a', ({ previous }) => void seen.push(previous?.tier));
    host.put('a', 'newer');
    await loader.getOrSet<unknown>('a', ({ previous }) => void seen.push(previous?.value), {
      fresh: true,
    });
    expect(seen).toEqual(['remote', 'newer']);
  });

  it('renews what is not modified: the payload stays, tags and pairs too', async () => {
    const { host, loader } = setUp();
    host.put('a', { n: 1 }, { ttl: 10, grace: 1000, tags: ['t'], meta: { etag: '"1"' } });
    host.world.advance(11);
    const before = host.peek('a')!;
    const value = await loader.getOrSet<unknown>('a', (context) => {
      context.tags('u');
      context.meta['seen'] = '2';
      return context.notModified();
    });
    expect(value).toEqual({ n: 1 });
    const after = host.peek('a')!;
    expect(after.stale).toBe(false);
    expect(after.created).toBeGreaterThan(before.created);
    expect(after.tags.toSorted()).toEqual(['t', 'u']);
    expect(after.meta).toEqual({ etag: '"1"', seen: '2' });
  });

  it('stores what the factory gives after all, instead of the unmodified', async () => {
    const { host, loader } = setUp();
    host.put('a', { n: 1 }, { ttl: 10, grace: 1000, tags: ['t'] });
    host.world.advance(11);
    await loader.getOrSet<unknown>('a', (context) => {
      context.notModified();
      return { n: 2 };
    });
    expect(host.peek('a')).toMatchObject({ value: { n: 2 }, tags: [] });
  });

  it('refuses notModified without a previous value', async () => {
    const { loader } = setUp();
    await expect(loader.getOrSet('a', (context) => context.notModified())).rejects.toMatchObject({
      code: 'CATZ_TIERS_NOT_MODIFIED',
    });
  });

  it('refuses what cannot be, at the line that says it', async () => {
    const { loader } = setUp();
    const refused = async (say: Say): Promise<unknown> =>
      loader
        .getOrSet<unknown>('a', (context) => {
          say(context);
          return 1;
        })
        .catch((error: unknown) => String(error));
    expect(await refused(({ setTtl }) => setTtl(-1))).toMatch(
      /expected context.setTtl\(ttl\) to be a duration in ms or Infinity, got -1/,
    );
    expect(await refused(({ setGrace }) => setGrace(Number.NaN))).toMatch(/context.setGrace/);
    expect(await refused(({ tags }) => tags(''))).toMatch(
      /expected a tag to be a string of 1 to 256/,
    );
    expect(await refused((context) => void (context.meta['x'] = 1 as unknown as string))).toMatch(
      /expected context.meta to be an object of strings/,
    );
    expect(await refused((context) => void (context.meta['x'] = 'y'.repeat(2000)))).toMatch(
      /at most 1024 bytes/,
    );
  });

  it('refuses whatever is said after the factory has settled', async () => {
    let kept: FactoryContext<unknown> | undefined;
    const host = await load((context) => void (kept = context));
    const calls: Say[] = [
      ({ setTtl }) => setTtl(1),
      ({ setGrace }) => setGrace(1),
      ({ tags }) => tags('x'),
      ({ skip }) => skip(),
      ({ notModified }) => void notModified(),
    ];
    for (const call of calls) {
      expect(() => call(kept!)).toThrow(
        expect.objectContaining({ code: 'CATZ_TIERS_FACTORY' }) as Error,
      );
    }
    expect(kept?.signal.aborted).toBe(false);
    expect(host.peek('a')?.tags).toEqual([]);
  });
});
