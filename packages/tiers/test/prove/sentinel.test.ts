// A failover of a Sentinel group: writes go on at the new master, what was invalidated before stays so, and since the new
// one may lack what the old one had taken, all forget.
import { startSentinel } from '@catzilla/bus/testing';
import type { RedisSentinel } from '@catzilla/bus/testing';
import { expect, it } from 'vitest';
import type { RedisTierOptions } from '../../src/index.ts';
import { atEnd, until } from '../cache/support/open.ts';
import { given, pairOf, serves, well } from './support/watch.ts';
import { drivers } from '../support/drivers.ts';
import { watchSilence } from '../support/silence.ts';

watchSilence();

const waysTo: readonly (readonly [string, (group: RedisSentinel) => RedisTierOptions])[] = [
  ['a client of its own', ({ sentinels, name }) => ({ sentinels: { nodes: sentinels, name } })],
  ...drivers.map(
    ([title, Driver]) =>
      [
        `a given ${title}`,
        ({ sentinels, name }: RedisSentinel) => ({
          client: given(new Driver({ sentinels, name })),
        }),
      ] as const,
  ),
];

async function inStep({ master, replica }: RedisSentinel): Promise<void> {
  const offsetOf = async (port: typeof master): Promise<string | undefined> =>
    /^master_repl_offset:(\d+)/m.exec(String(await port.ask('INFO', 'replication')))?.[1];
  await until(async () => (await offsetOf(master)) === (await offsetOf(replica)));
}

it.each(waysTo)('goes on at the new master, over %s', async (_title, way) => {
  const group = await startSentinel();
  atEnd(() => group.stop());
  const [a, b] = pairOf(() => ({ remote: way(group) }));
  await well(a.cache, b.cache);
  await a.cache.setMany(['kept', 'gone', 'lost'].map((key) => [key, 1] as const));
  await a.cache.set('tagged', 1, { tags: ['t'] });
  await until(async () => {
    await b.cache.getMany(['kept', 'gone', 'lost', 'tagged']);
    return ['kept', 'gone', 'lost', 'tagged'].every((key) => b.cache.getSync(key) === 1);
  });
  expect(await a.cache.delete('gone')).toMatchObject({ ok: true });
  expect(await a.cache.invalidateTags('t')).toMatchObject({ ok: true });
  await inStep(group);

  await group.master.kill();
  await until(async () => (await a.cache.health()).remote.state === 'down');
  expect(await serves(a.cache, 'x', 10)).toBe(10);
  expect(await a.cache.delete('lost')).toMatchObject({
    ok: false,
    memory: 'ok',
    remote: 'failed',
  });
  expect(b.cache.getSync('kept')).toBe(1);

  await well(a.cache, b.cache);
  expect(await group.masterPort()).toBe(group.replica.port);
  for (const { cache, gaps, states } of [a, b]) {
    expect(gaps).toContain('replaced');
    await until(async () => (await cache.get('lost')) === undefined);
    expect(await cache.getMany(['kept', 'gone', 'lost', 'tagged'])).toEqual([
      1,
      undefined,
      undefined,
      undefined,
    ]);
    expect([states[0], states[1], states.at(-1)]).toEqual(['ready', 'down', 'ready']);
  }
  expect(await a.cache.set('kept', 2)).toMatchObject({ ok: true });
  await until(async () => (await b.cache.get('kept')) === 2);
  await b.cache.invalidateTags('t');
  expect(await b.cache.delete('kept')).toMatchObject({ ok: true });
  await until(async () => (await a.cache.get('kept')) === undefined);
});
