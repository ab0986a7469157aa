// Writes that the server did not take, in ways of writing that nobody waits for: the value before them must not come back.
import { expect, it } from 'vitest';
import { until } from '../cache/support/open.ts';
import { newName, pairOf, server, watched, well } from './support/watch.ts';
import { watchSilence } from '../support/silence.ts';

watchSilence();

const REMOTE = { tiers: ['remote'] } as const;

it('written behind and given up, it leaves no older value to be read', async () => {
  const redis = await server({ config: ['maxmemory-policy noeviction'] });
  const name = newName();
  const remote = { url: redis.url };
  const { cache: a } = watched({ name, remote, write: { remote: 'behind' } });
  const { cache: b } = watched({ name, remote });
  await well(a, b);
  await a.setMany([
    ['k', 1],
    ['m', 1],
  ]);
  await until(async () => (await b.get('k', REMOTE)) === 1 && (await b.get('m', REMOTE)) === 1);
  await redis.ask('CONFIG', 'SET', 'maxmemory', '1');
  expect(await a.set('k', 2)).toMatchObject({ memory: 'ok', remote: 'queued' });
  await until(() => a.stats().notStored > 0);
  expect(await a.get('k')).toBe(2);
  await until(async () => (await a.get('k', REMOTE)) === undefined);
  await redis.ask('CONFIG', 'SET', 'maxmemory', '0');
  await well(a, b);
  await until(async () => (await b.get('k')) !== 1);
  expect(await b.getMany(['k', 'm'], REMOTE)).toEqual([undefined, 1]);
  expect(await a.get('k')).toBe(2);
  await a.set('k', 3);
  await until(async () => (await b.get('k')) === 3);
});

it('made stale while the server takes no writes, it is not fresh again from there', async () => {
  const redis = await server({ config: ['maxmemory-policy noeviction'] });
  const remote = { url: redis.url };
  const [{ cache: a }, { cache: b }] = pairOf(() => ({ remote, grace: 60_000 }));
  await well(a, b);
  await a.set('k', 1);
  await until(async () => (await b.get('k')) === 1 && b.getSync('k') === 1);
  await redis.ask('CONFIG', 'SET', 'maxmemory', '1');
  expect(await a.expire('k')).toMatchObject({ ok: false, memory: 'ok', remote: 'failed' });
  expect(await a.get('k')).toBeUndefined();
  await redis.ask('CONFIG', 'SET', 'maxmemory', '0');
  await well(a, b);
  await until(async () => (await b.get('k')) === undefined);
  expect(await a.get('k')).toBeUndefined();
  expect(await a.getEntry('k')).toMatchObject({ value: 1, stale: true });
});

it('dropped from a full queue, it leaves no older value to be read either', async () => {
  const redis = await server();
  const name = newName();
  const remote = { url: redis.url };
  const { cache: a } = watched({ name, remote, write: { remote: 'behind' }, compression: false });
  const { cache: b } = watched({ name, remote });
  await well(a, b);
  await b.set('k', 1);
  // More than the queue holds, before it is flushed for the first time.
  const text = 'x'.repeat(500_000);
  const sets = [a.set('k', 2)];
  for (let i = 0; i < 20; i++) sets.push(a.set(`big${i}`, text));
  await Promise.all(sets);
  expect(a.stats().dropped).toBeGreaterThan(0);
  await until(async () => (await b.get('k')) !== 1);
  await well(a, b);
  expect(await b.get('k', REMOTE)).not.toBe(1);
});
