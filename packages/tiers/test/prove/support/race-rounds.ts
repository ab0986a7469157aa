// A race between nodes around one Redis: each change is made by one of them and, half of the time, obeyed by all before the
// next, the other half while the next is under way.
import { streamBus } from '@catzilla/bus';
import type { RedisServer } from '@catzilla/bus/testing';
import type { TieredCache, TieredOptions } from '../../../src/index.ts';
import { atEnd, open } from '../../cache/support/open.ts';
import { heardBus } from './heard-bus.mjs';
import { CHANGES, KEYS, makeRacer, randomOf } from './racer.mjs';
import type { Change, Made, Racer, Truth } from './racer.mjs';

/** A write that fails for want of time is another story: then values are hidden here, but not elsewhere. */
export const PATIENT: TieredOptions = { deadline: { remote: 10_000 } };

/** One node. */
export interface Node {
  change(how: Change, key: string): Promise<Made>;
  /** Resolves once the message has arrived and its versions are to be obeyed. */
  obey(made: Made): Promise<void>;
}

/** Makes changes at random nodes, one after the other, while the nodes load. */
export async function raceRounds(
  nodes: readonly Node[],
  changes: number,
  seed: number,
): Promise<void> {
  const random = randomOf(seed);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  for (let i = 0; i < changes; i++) {
    const maker = pick(nodes);
    const made = await maker.change(pick(CHANGES), pick(KEYS));
    const obeyed = Promise.all(
      nodes.filter((node) => node !== maker).map((node) => node.obey(made)),
    );
    if (random() < 0.5) await obeyed;
    else obeyed.catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, random() * 8));
  }
}

/** The truth in this process. */
export function ownTruth(): Truth {
  const versions = new Map<string, number>();
  return {
    read: (key) => Promise.resolve(versions.get(key) ?? 0),
    raise(key) {
      const version = (versions.get(key) ?? 0) + 1;
      versions.set(key, version);
      return Promise.resolve(version);
    },
  };
}

/** A node in this process, with memory and bus of its own. */
export interface LocalNode extends Node {
  readonly racer: Racer;
  readonly cache: TieredCache;
}

/** Opens one. */
export async function localNode(
  redis: RedisServer,
  options: TieredOptions,
  truth: Truth,
  seed: number,
): Promise<LocalNode> {
  const told = heardBus(streamBus({ url: redis.url, deadline: 10_000 }));
  atEnd(() => told.bus.close());
  const cache = open({ remote: { url: redis.url }, ...PATIENT, ...options, bus: told.bus });
  await cache.ready({ timeout: 10_000 });
  const racer = makeRacer({ cache, truth, seed, told });
  return {
    racer,
    cache,
    change: (how, key) => racer.change(how, key),
    async obey({ versions, position }) {
      if (position !== undefined) await told.heard(position);
      racer.learn(versions);
    },
  };
}
