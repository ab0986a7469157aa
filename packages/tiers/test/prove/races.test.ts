// Loads, tickets and copies race changes of every kind, in one process, between two caches of one process, and between two
// processes: once a change has resolved, nothing older is read here; once its message has arrived, nor there.
import { startRedis } from '@catzilla/bus/testing';
import type { RedisServer } from '@catzilla/bus/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { TieredOptions } from '../../src/index.ts';
import { open } from '../cache/support/open.ts';
import { startChild } from './support/child.ts';
import type { Child } from './support/child.ts';
import { localNode, ownTruth, PATIENT, raceRounds } from './support/race-rounds.ts';
import type { Node } from './support/race-rounds.ts';
import { makeRacer } from './support/racer.mjs';
import type { Made, Racer } from './support/racer.mjs';

const seed = 1 + Math.floor(Math.random() * 1e9);
const CHANGES = 150;
let redis: RedisServer;

beforeAll(async () => {
  console.log(`races.test.ts: seed ${seed}`);
  redis = await startRedis();
});
afterAll(() => redis.stop());

function expectFair({ faults, counts }: Pick<Racer, 'faults' | 'counts'>): void {
  expect(faults).toEqual([]);
  expect(counts.hits).toBeGreaterThan(CHANGES / 2);
  expect(counts.stored).toBeGreaterThan(0);
}

it('in one process without other tiers, nothing older is read after a change', async () => {
  const racer = makeRacer({ cache: open({ name: 'alone' }), truth: ownTruth(), seed });
  const running = racer.run(6);
  const node: Node = {
    change: (how, key) => racer.change(how, key),
    obey: () => Promise.resolve(),
  };
  await raceRounds([node], CHANGES, seed);
  racer.stop();
  await running;
  expectFair(racer);
});

const kinds: readonly (readonly [string, TieredOptions])[] = [
  ['memory written through', {}],
  ['no memory', { memory: false }],
  ['memory written behind', { write: { remote: 'behind' } }],
];
it.each(kinds)(
  'between two caches with %s, nor at the other after the message',
  async (name, options) => {
    const truth = ownTruth();
    const own = { name: name.replaceAll(' ', '-'), ...options };
    const nodes = [
      await localNode(redis, own, truth, seed),
      await localNode(redis, own, truth, seed + 1),
    ];
    const running = nodes.map(({ racer }) => racer.run(4));
    await raceRounds(nodes, CHANGES, seed);
    for (const { racer } of nodes) racer.stop();
    await Promise.all(running);
    for (const { racer, cache } of nodes) {
      if (options.memory !== false) expectFair(racer);
      else expect(racer.faults).toEqual([]);
      const { requests, hits, misses } = cache.stats();
      expect(hits + misses).toBe(requests);
    }
  },
);

it('between two processes, nor at the other after the message', async () => {
  const options = { name: 'far', remote: { url: redis.url }, ...PATIENT };
  const children: Child[] = [1, 2].map((i) =>
    startChild('race.mjs', { options, url: redis.url, seed: seed + i, loaders: 4 }),
  );
  for (const child of children) expect(await child.next()).toEqual({ kind: 'ready' });
  // One question at a time, so that each answer is to the question asked.
  const nodes = children.map((child): Node => {
    let turn: Promise<unknown> = Promise.resolve();
    const ask = <T>(message: object): Promise<T> => {
      const answer = turn.then(() => {
        child.send(message);
        return child.next<T>();
      });
      turn = answer;
      return answer;
    };
    return {
      change: (how, key) => ask<Made>({ change: how, key }),
      obey: async (made) => void (await ask(made)),
    };
  });
  await raceRounds(nodes, CHANGES, seed);
  for (const node of nodes) await node.obey({ versions: {}, position: undefined }).catch(() => {});
  for (const child of children) {
    child.send({});
    expectFair(await child.next<Pick<Racer, 'faults' | 'counts'>>());
    expect(await child.ended).toEqual({ code: 0, signal: null, output: '' });
  }
});
