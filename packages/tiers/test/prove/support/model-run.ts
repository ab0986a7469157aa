// Random operations on a cache and on its model, one after the other; each answer is compared. The clock is the test's.
import { expect } from 'vitest';
import type { TieredCache } from '../../../src/index.ts';
import type { FakeClock } from '../../../src/testing/index.ts';
import { Model } from './model.ts';
import type { Times, Written } from './model.ts';
import { randomOf } from './racer.mjs';

/** ms. */
const STAMPED_AHEAD = 10;
const KEYS = ['a', 'b', 'c', 'd', 'e'];
const TAGS = ['t', 'u'];
const NAMESPACES = ['', 'n', 'n/m', 'o'];

/** What is run. */
export interface Subject {
  readonly cache: TieredCache;
  readonly clock: FakeClock;
  readonly seed: number;
  /** true: every answer must be the model's newest; false: one of its values, or none. */
  readonly isExact: boolean;
  /** Called before each operation. */
  readonly before?: (random: () => number) => Promise<void> | void;
}

/** How many answers were values, and how many were none. */
export interface Answers {
  found: number;
  missed: number;
}

/** Runs it; fails at the first wrong answer, with the operations that led there. */
export async function runModel(subject: Subject, operations: number): Promise<Answers> {
  const { cache, clock, seed, isExact, before } = subject;
  const random = randomOf(seed);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  const model = new Model(() => clock.wall());
  const answers: Answers = { found: 0, missed: 0 };
  const done: string[] = [];
  let version = 0;

  const viewOf = (ns: string): TieredCache =>
    ns === '' ? cache : ns.split('/').reduce((view, name) => view.namespace(name), cache);
  const times = (): Times => ({
    ttl: pick([1000, 10_000, 100_000]),
    grace: pick([0, 0, 5000, 50_000]),
  });
  const some = (): string[] => KEYS.filter(() => random() < 0.5);
  const tagsOf = (): string[] => TAGS.filter(() => random() < 0.4);

  function check(ns: string, key: string, value: unknown, candidates: readonly Written[]): void {
    if (value === undefined) answers.missed++;
    else answers.found++;
    const allowed: unknown[] = candidates.map((one) => one.value);
    const expected = isExact ? [allowed[0]] : [...allowed, undefined];
    const story = `${ns}:${key}, seed ${seed}, after\n${done.slice(-40).join('\n')}`;
    expect(expected, story).toContain(value);
  }

  const fresh = (ns: string, key: string): readonly Written[] =>
    model
      .alive(ns, key)
      .slice(0, isExact ? 1 : undefined)
      .filter((one) => !model.isStale(one));

  const operation: Record<string, (ns: string, key: string) => Promise<void>> = {
    async get(ns, key) {
      const value = await viewOf(ns).get(key);
      check(ns, key, value, fresh(ns, key));
    },
    async getSync(ns, key) {
      const value = viewOf(ns).getSync(key);
      // Memory alone may have less.
      if (value !== undefined) check(ns, key, value, fresh(ns, key));
    },
    async getEntry(ns, key) {
      const entry = await viewOf(ns).getEntry<number>(key);
      const alive = model.alive(ns, key);
      check(ns, key, entry?.value, alive);
      const one = alive.find(({ value }) => value === entry?.value);
      if (isExact && entry !== undefined && one !== undefined) {
        const { stale, expiresAt, graceUntil, tags } = entry;
        expect({ stale, tags }).toEqual({ stale: model.isStale(one), tags: one.tags });
        expect(graceUntil).toBe(one.graceUntil);
        const ahead = expiresAt - model.staleFrom(one);
        expect(ahead).toBeGreaterThanOrEqual(0);
        // Stamps of soft invalidations lie ahead of the clock, by what clocks may differ.
        expect(ahead).toBeLessThanOrEqual(one.softAt.size > 0 ? STAMPED_AHEAD : 0);
      }
    },
    async getMany(ns) {
      const values = await viewOf(ns).getMany(KEYS);
      for (const [i, key] of KEYS.entries()) check(ns, key, values[i], fresh(ns, key));
    },
    async has(ns, key) {
      const had = await viewOf(ns).has(key);
      const can = fresh(ns, key).length > 0;
      if (isExact) expect(had).toBe(can);
      else expect(can || !had, `has ${ns}:${key}, seed ${seed}`).toBe(true);
    },
    async set(ns, key) {
      const [life, tags, value] = [times(), tagsOf(), ++version];
      await viewOf(ns).set(key, value, { ...life, tags });
      model.set(ns, key, value, life, tags);
    },
    async setMany(ns) {
      const [life, tags] = [times(), tagsOf()];
      const entries = some().map((key) => [key, ++version] as const);
      await viewOf(ns).setMany(entries, { ...life, tags });
      for (const [key, value] of entries) model.set(ns, key, value, life, tags);
    },
    async getOrSet(ns, key) {
      const [life, tags, lock] = [times(), tagsOf(), random() < 0.2];
      let computed: number | undefined;
      const options = { ...life, tags, lock, early: false } as const;
      const value = await viewOf(ns).getOrSet(key, () => (computed = ++version), options);
      if (computed === undefined) return check(ns, key, value, fresh(ns, key));
      // A stale value is looked for everywhere before the factory is asked, never taken in its place.
      expect(value, `getOrSet ${ns}:${key}, seed ${seed}`).toBe(computed);
      if (isExact) expect(fresh(ns, key), `getOrSet ${ns}:${key}, seed ${seed}`).toEqual([]);
      if (isExact) model.set(ns, key, computed, life, tags);
      else model.load(ns, key, computed, life, tags);
    },
    async touch(ns, key) {
      const life = times();
      const had = await viewOf(ns).touch(key, life);
      if (isExact) expect(had).toBe(model.alive(ns, key).length > 0);
      if (had) model.touch(ns, key, life);
    },
    async expire(ns, key) {
      await viewOf(ns).expire(key);
      model.expire(ns, key);
    },
    async delete(ns) {
      const keys = some();
      await viewOf(ns).delete(keys);
      for (const key of keys) model.delete(ns, key);
    },
    async hard() {
      const tag = pick(TAGS);
      await cache.invalidateTags(tag);
      model.invalidate(tag, false);
    },
    async soft() {
      const tag = pick(TAGS);
      await cache.invalidateTags([tag], { soft: true });
      model.invalidate(tag, true);
    },
    async clear(ns) {
      await viewOf(ns).clear({ wait: random() < 0.5 });
      model.clear(ns);
    },
    async advance() {
      // The queue goes by real time: what waits in it would be over before it is written.
      while (isExact && cache.stats().queued > 0) await new Promise((go) => setTimeout(go, 2));
      clock.advance(pick([1, 500, 3000, 20_000]));
    },
  };
  const frequent = ['get', 'getEntry', 'getMany', 'set', 'getOrSet', 'getOrSet', 'advance'];
  const names = [...Object.keys(operation), ...frequent, ...frequent];
  for (let i = 0; i < operations; i++) {
    await before?.(random);
    const [name, ns, key] = [pick(names), pick(NAMESPACES), pick(KEYS)];
    // Stamps go by a clock that stands: time for those of removals to be passed.
    clock.advance(6);
    done.push(`${name} ${ns}:${key} v${version} at ${clock.wall()}`);
    await operation[name]!(ns, key);
  }
  return answers;
}
