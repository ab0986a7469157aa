// Each option of createTieredCache changes what it says: one test that fails when it is ignored, for those that
// test/cache does not look at.
import { memoryBus } from '@catzilla/bus';
import type { Bus } from '@catzilla/bus';
import { describe, expect, it } from 'vitest';
import type { Codec, Compression, TieredCache, TieredOptions } from '../../src/index.ts';
import {
  chaosDisk,
  chaosTier,
  memoryDisk,
  memoryServer,
  memoryTier,
} from '../../src/testing/index.ts';
import type { ChaosTier } from '../../src/testing/index.ts';
import { makeFolder, open, ownMemory, until } from '../cache/support/open.ts';

const onRemote = { tiers: ['remote'] } as const;
const onDisk = { tiers: ['disk'] } as const;

/** A cache over a tier that can be made to fail. */
async function overChaos(
  options: TieredOptions = {},
): Promise<{ readonly cache: TieredCache; readonly chaos: ChaosTier }> {
  const chaos = chaosTier(memoryTier());
  const cache = open({ remote: chaos, ...options });
  await cache.ready();
  return { cache, chaos };
}

/** Two caches around one server, each with memory of its own. */
function pair(options: TieredOptions): readonly [TieredCache, TieredCache] {
  const server = memoryServer();
  const one = (): TieredCache => open({ remote: memoryTier({ server }), ...options });
  return [one(), one()];
}

describe('deadline', () => {
  it('remote: ends the wait for a server that hangs; the longest is a minute', async () => {
    const { cache, chaos } = await overChaos({ deadline: { remote: 20 } });
    chaos.set({ hang: true });
    expect(await cache.get('k')).toBeUndefined();
    expect(cache.stats().remote.timeouts).toBe(1);
    // With a longer one it would still be waiting.
    const { cache: patient, chaos: slow } = await overChaos({ deadline: { remote: 60_000 } });
    await patient.set('k', 1, onRemote);
    slow.set({ delay: 150 });
    expect(await patient.get('k')).toBe(1);
    expect(() => open({ deadline: { remote: 60_001 } })).toThrow('60000');
  });

  it('remote: holds for the bus that comes with the tier, too', async () => {
    const asked: (number | undefined)[] = [];
    for (const remote of [7000, 0.5]) {
      const openBus = (deadline?: number): Bus => {
        asked.push(deadline);
        return memoryBus();
      };
      open({ remote: chaosTier({ ...memoryTier(), openBus }), deadline: { remote } });
    }
    expect(asked).toEqual([7000, 1]);
  });

  it('disk: ends the wait for a disk that hangs', async () => {
    const disk = chaosDisk(memoryDisk(), { hang: true, methods: ['get'] });
    const cache = open({ disk, deadline: { disk: 20 } });
    await cache.ready();
    expect(await cache.get('k')).toBeUndefined();
    expect(cache.stats().disk.timeouts).toBe(1);
  });
});

it('maxInFlight: calls beyond it are not made', async () => {
  const { cache, chaos } = await overChaos({ maxInFlight: 2, deadline: { remote: 200 } });
  chaos.set({ hang: true });
  await Promise.all(['a', 'b', 'c', 'd'].map((key) => cache.get(key)));
  expect(cache.stats().remote).toMatchObject({ timeouts: 2, skipped: 2 });
});

it('tombstoneTtl: how long a deleted key is remembered at the server', async () => {
  const server = memoryServer();
  const cache = open({ remote: memoryTier({ server }), tombstoneTtl: 1000 });
  await cache.ready();
  await cache.delete('k');
  expect(server.ids()).toHaveLength(1);
  await until(() => server.ids().length === 0);
});

it('tagTtl: without a bus, what is known of a tag is asked for anew after it', async () => {
  const [quick, other] = pair({ memory: false, tagTtl: 1 });
  await other.set('k', 1, { tags: ['t'] });
  expect(await quick.get('k')).toBe(1);
  await other.invalidateTags('t');
  await until(async () => (await quick.get('k')) === undefined);

  const [slow, another] = pair({ memory: false, tagTtl: 3_600_000 });
  await another.set('k', 1, { tags: ['t'] });
  expect(await slow.get('k')).toBe(1);
  await another.invalidateTags('t');
  expect(await slow.get('k')).toBe(1);
});

describe('load: what getOrSet does by default', () => {
  const never = (): Promise<never> => new Promise(() => undefined);

  it('softTimeout, hardTimeout', async () => {
    const soft = open({ load: { softTimeout: 0 }, grace: 60_000, closeTimeout: 0 });
    await soft.set('k', 'old');
    await soft.expire('k');
    expect(await soft.getOrSet('k', never)).toBe('old');
    const hard = open({ load: { hardTimeout: 10 }, closeTimeout: 0 });
    await expect(hard.getOrSet('k', never)).rejects.toMatchObject({ code: 'CATZ_TIERS_TIMEOUT' });
  });

  it('failSafeTtl', async () => {
    for (const [failSafeTtl, calls] of [
      [60_000, 1],
      [0, 3],
    ] as const) {
      const cache = open({ load: { failSafeTtl }, grace: 60_000 });
      await cache.set('k', 'old');
      await cache.expire('k');
      const fails = (): never => {
        throw new Error('no');
      };
      for (let i = 0; i < 3; i++) expect(await cache.getOrSet('k', fails)).toBe('old');
      expect(cache.stats().factoryCalls).toBe(calls);
    }
  });

  it('early', async () => {
    const cache = open({ load: { early: { after: 0 } } });
    await cache.set('k', 1);
    await until(async () => (await cache.getOrSet('k', () => 2)) === 2);
    const off = open({ load: { early: false } });
    await off.set('k', 1);
    expect(await off.getOrSet('k', () => 2)).toBe(1);
    expect(off.stats().earlyRefreshes).toBe(0);
  });

  it('lock', async () => {
    const [a, b] = pair({ load: { lock: true } });
    let calls = 0;
    const slow = async (): Promise<number> => {
      calls++;
      await until(() => b.stats().lockWaits + a.stats().lockWaits > 0);
      return 1;
    };
    await Promise.all([a.getOrSet('k', slow), b.getOrSet('k', slow)]);
    expect(calls).toBe(1);
  });
});

it('closeTimeout: how long close waits for loads', async () => {
  const impatient = open({ closeTimeout: 0 });
  const waiting = impatient.getOrSet('k', () => new Promise(() => undefined));
  const failed = expect(waiting).rejects.toMatchObject({ code: 'CATZ_TIERS_CLOSED' });
  await impatient.close();
  await failed;

  const patient = open({ closeTimeout: 10_000 });
  let end: (value: number) => void = () => undefined;
  const loading = patient.getOrSet('k', () => new Promise<number>((resolve) => (end = resolve)));
  await until(() => patient.stats().factoryCalls === 1);
  const closing = patient.close();
  end(1);
  expect(await loading).toBe(1);
  await closing;
});

it('logger: one line for each change of state', async () => {
  const lines: string[] = [];
  const line = (...args: unknown[]): void => void lines.push(JSON.stringify(args));
  const { cache, chaos } = await overChaos({ name: 'lines', logger: { info: line, warn: line } });
  const before = lines.length;
  chaos.disconnect(true);
  for (let i = 0; i < 20; i++) await cache.get(`k${i}`);
  await until(() => lines.length > before);
  expect(lines.length).toBeLessThan(before + 4);
  expect(lines.at(-1)).toMatch(/remote/);
});

it('bus: given, it tells others; false, nobody hears', async () => {
  const bus = memoryBus();
  // A bus of one process tells all but its own origin: each cache has one.
  expect(await pair({ bus })[0].set('k', 1)).toMatchObject({ bus: 'ok' });
  expect(await pair({ bus: false })[0].set('k', 1)).toMatchObject({ bus: 'off' });
  expect((await open({ bus }).health()).bus).toMatchObject({ gaps: 0 });
  expect((await open({ bus: false }).health()).bus).toBeUndefined();
  await bus.close();
});

describe('write', () => {
  it('remote and disk: through is awaited, behind is queued, off is skipped, victim waits for an eviction', async () => {
    const all = { through: 'ok', behind: 'queued', off: 'skipped', victim: 'skipped' } as const;
    for (const [mode, status] of Object.entries(all) as [keyof typeof all, string][]) {
      const cache = open({
        remote: memoryTier(),
        disk: memoryDisk(),
        write: { remote: mode, disk: mode },
        ...(mode === 'victim' && { memory: {}, name: 'victims' }),
      });
      await cache.ready();
      expect(await cache.set('k', 1), mode).toMatchObject({ remote: status, disk: status });
      const isThere = mode === 'through' || mode === 'behind' ? 1 : undefined;
      expect(await cache.get('k', onRemote), mode).toBe(isThere);
      expect((await cache.getEntry('k', onDisk))?.value, mode).toBe(isThere);
    }
  });

  it('by default goes through to the remote tier, and behind to disk', async () => {
    const cache = open({ remote: memoryTier(), disk: memoryDisk() });
    await cache.ready();
    expect(await cache.set('k', 1)).toMatchObject({ remote: 'ok', disk: 'queued' });
  });
});

it('admit: how often an entry must have been read to be demoted', async () => {
  for (const minFrequency of [0, 3]) {
    const cache = open({
      name: `admit-${minFrequency}`,
      memory: { maxBytes: 1024 * 1024, maxValueBytes: 64 * 1024, nearCache: false },
      disk: { dir: makeFolder(), minFree: 0 },
      write: { disk: 'victim' },
      admit: { minFrequency },
    });
    await cache.ready({ timeout: 10_000 });
    let i = 0;
    const fill = async (): Promise<void> => {
      for (let n = 0; n < 300; n++) await cache.set(`k${i++}`, 'x'.repeat(10_000));
    };
    await fill();
    // Nothing is read, so nothing is worth it, unless nothing is asked for.
    if (minFrequency === 0) await until(() => cache.stats().disk.demotions > 0);
    else {
      await fill();
      expect(cache.memory?.drainEvicted()).toEqual([]);
      expect(cache.stats().disk.demotions).toBe(0);
    }
  }
});

describe('codec, codecs, compression', () => {
  const mine = (id: number): Codec => ({
    id,
    name: `mine-${id}`,
    encode: (value) => Buffer.from(`mine:${JSON.stringify(value)}`),
    decode: (bytes) => JSON.parse(Buffer.from(bytes).toString().slice(5)) as unknown,
  });

  it('codecs: reads what another release has written in a codec of its own', async () => {
    const server = memoryServer();
    const writer = open({ remote: memoryTier({ server }), codec: mine(130) });
    await writer.set('k', { n: 1 });
    expect((await writer.health()).codec).toBe('mine-130');
    const reader = open({ remote: memoryTier({ server }), codecs: [mine(130)] });
    expect(await reader.get('k')).toEqual({ n: 1 });
    const stranger = open({ remote: memoryTier({ server }) });
    expect(await stranger.get('k')).toBeUndefined();
    expect(stranger.stats().remote.foreign).toBe(1);
  });

  it('compression: false, lz4 or one of your own', async () => {
    const value = 'word '.repeat(2000);
    const stored: Record<string, number> = {};
    const own: Compression = {
      id: 200,
      name: 'none of it',
      compress: (bytes) => bytes.subarray(0, 1),
      decompress: () => Buffer.from(JSON.stringify(value)),
    };
    for (const compression of [false, 'lz4', own] as const) {
      const server = memoryServer();
      const cache = open({ remote: memoryTier({ server }), compression });
      await cache.set('k', value);
      const name = (await cache.health()).compression;
      stored[name] = server.get(server.ids()[0]!)?.length ?? 0;
      expect(await cache.get('k', onRemote)).toBe(value);
    }
    expect(stored['none']).toBeGreaterThan(10_000);
    expect(stored['lz4']).toBeLessThan(1000);
    expect(stored['none of it']).toBeLessThan(200);
  });

  it('maxValueBytes: also of what is read below', async () => {
    const server = memoryServer();
    await open({ remote: memoryTier({ server }) }).set('k', 'x'.repeat(5000));
    const small = open({ remote: memoryTier({ server }), maxValueBytes: 1000 });
    expect(await small.get('k')).toBeUndefined();
    expect(await open({ remote: memoryTier({ server }) }).get('k')).toBe('x'.repeat(5000));
  });
});

it('name: caches of one name are one, of another are not', async () => {
  const server = memoryServer();
  const named = (name: string): TieredCache =>
    open({ name, remote: memoryTier({ server }), memory: ownMemory() });
  await named('a').set('k', 1);
  expect(await named('a').get('k')).toBe(1);
  expect(await named('b').get('k')).toBeUndefined();
});

it('telemetry: false asks for no spans', async () => {
  const cache = open({ telemetry: false, remote: memoryTier() });
  expect(await cache.getOrSet('k', () => 1)).toBe(1);
  expect(() => open({ telemetry: 'always' as 'auto' })).toThrow('options.telemetry');
});
