import { openCache } from '@catzilla/cache-core';
import { createTieredCache } from '@catzilla/tiers';
import { memoryTier } from '@catzilla/tiers/testing';
import { expect, it } from 'vitest';
import { cacheOption } from '../../src/options/cache-option.ts';
import { atEnd, makeApp } from '../helpers.ts';

const check = (value: unknown): unknown =>
  cacheOption.check(value, { path: 'options.cache', error: (message) => new Error(message) });

it('tells an open cache, an open tiered cache and the options of either apart', () => {
  const engine = openCache({ maxBytes: 2 ** 20 });
  atEnd(() => engine.close());
  const tiered = createTieredCache({ memory: engine });
  atEnd(() => tiered.close());
  expect(check(undefined)).toEqual({ kind: 'engine-options', options: {} });
  expect(check({ maxBytes: 1 })).toEqual({ kind: 'engine-options', options: { maxBytes: 1 } });
  expect(check(engine)).toEqual({ kind: 'engine', cache: engine });
  expect(check(tiered)).toEqual({ kind: 'tiered', cache: tiered });
  expect(check({ disk: { dir: '/x' } })).toMatchObject({ kind: 'tiered-options' });
  expect(check({ codec: 'json', memory: engine })).toMatchObject({ kind: 'tiered-options' });
});

it.each([
  [
    { remote: {}, maxBytes: 5 },
    /expected options\.cache\.maxBytes to stand in options\.cache\.memory, for options\.cache\.remote makes/,
  ],
  [
    { memory: false, remote: {} },
    /expected options\.cache\.memory to be a cache or options of one, got false/,
  ],
  [
    { remote: {}, ttl: 5 },
    /expected options\.cache to have no ttl: the lifetime of an entry is that of its response/,
  ],
  [{ remote: {}, grace: 5 }, /no grace: how long a stale response may serve is its own word/],
  [{ remote: {}, load: {} }, /no load: handlers are collapsed by the option collapse/],
  ['redis://x', /expected options\.cache to be a cache of .*, got "redis:\/\/x"/],
  [[], /expected options\.cache to be a cache/],
])('refuses %o', (value, message) => {
  expect(() => check(value)).toThrow(message);
});

it('refuses a tiered cache without memory', async () => {
  const tiered = createTieredCache({ memory: false, remote: memoryTier() });
  atEnd(() => tiered.close());
  expect(() => check(tiered)).toThrow(/a tiered cache that has memory, got one that was made with/);
});

it('closes what it opened, and nothing that was given', async () => {
  const engine = openCache({ maxBytes: 2 ** 20 });
  atEnd(() => engine.close());
  const tiered = createTieredCache({ memory: engine, name: 'given' });
  atEnd(() => tiered.close());
  const apps = [
    await makeApp({ cache: engine }),
    await makeApp({ cache: tiered.namespace('http') }),
    await makeApp({ cache: { name: 'own', memory: { maxBytes: 2 ** 20 } } }),
  ];
  for (const app of apps) await app.close();
  expect(engine.set('a', 'x')).toBe(true);
  expect(await tiered.has('a')).toBe(false);
  await expect(apps[2]?.cache.tiers.get('a')).rejects.toThrow(/closed/);
});

it('a namespace of a tiered cache holds the responses, and is purged like any other cache', async () => {
  const tiered = createTieredCache({ memory: openCache({ maxBytes: 8 * 2 ** 20 }), name: 'ns' });
  atEnd(() => tiered.close());
  atEnd(() => tiered.memory?.close());
  const app = await makeApp({ cache: tiered.namespace('pages'), ttl: 60_000 });
  let runs = 0;
  app.get('/a', () => `${++runs}`);
  await app.inject('/a');
  expect((await app.inject('/a')).body).toBe('1');
  expect(await app.cache.purge('/a')).toEqual({ purged: 1, ok: true });
  expect((await app.inject('/a')).body).toBe('2');
  expect(await app.cache.purgePath('/**')).toEqual({ purged: 1, ok: true });
  expect((await app.inject('/a')).body).toBe('3');
  await tiered.clear();
  expect((await app.inject('/a')).body).toBe('4');
});
