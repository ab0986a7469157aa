// The one rule that everything in load/ serves, under random interleavings: never a value computed before an
// invalidation or delete that had returned when the call began. And: each caller is answered, and counted once.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Loader } from '../../src/load/get-or-set.ts';
import type { LoadOptions } from '../../src/load/options.ts';
import { turn } from './support/deferred.ts';
import { FakeHost } from './support/fake-host.ts';
import { FakeWorld } from './support/fake-world.ts';

const KEYS = ['a', 'b'] as const;
/** Each key has one tag of its own, and one that all have. */
const tagsOf = (key: string): string[] => [`tag:${key}`, 'all'];

type Step =
  | { readonly do: 'ask'; readonly at: number; readonly key: string; readonly options: number }
  | { readonly do: 'askMany'; readonly at: number }
  | { readonly do: 'delete' | 'invalidate' | 'evict'; readonly at: number; readonly key: string }
  | { readonly do: 'invalidateAll' }
  | { readonly do: 'advance'; readonly ms: number }
  | { readonly do: 'answer' | 'fail' | 'read'; readonly which: number };

const OPTIONS: readonly LoadOptions[] = [
  {},
  { softTimeout: 0 },
  { fresh: true },
  { early: { after: 0 } },
  { lock: { wait: 0 } },
];

const at = fc.integer({ min: 0, max: 1 });
const key = fc.constantFrom(...KEYS);
const which = fc.nat(5);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('ask' as const),
      at,
      key,
      options: fc.nat(OPTIONS.length - 1),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('askMany' as const), at }) },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constantFrom('delete' as const, 'invalidate' as const, 'evict' as const),
      at,
      key,
    }),
  },
  { weight: 1, arbitrary: fc.constant({ do: 'invalidateAll' as const }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('advance' as const),
      ms: fc.constantFrom(5, 1001, 31_000),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({ do: fc.constantFrom('answer' as const, 'fail' as const), which }),
  },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('read' as const), which }) },
);

/** Something under way that a step ends. */
interface Pending {
  finish(isGood: boolean): void;
}

class Run {
  readonly world = new FakeWorld();
  readonly hosts = [new GatedHost(this.world), new GatedHost(this.world)];
  readonly loaders = this.hosts.map((host) => new Loader(host));
  readonly factories: Pending[] = [];
  /** Stamp of the last invalidation of each key that has returned, by host for deletes are told to one process here. */
  readonly #invalidated = this.hosts.map(() => new Map<string, number>());
  readonly faults: string[] = [];
  readonly #asked: Promise<void>[] = [];
  calls = 0;

  async take(next: Step): Promise<void> {
    if (next.do === 'ask') this.#ask(next.at, next.key, OPTIONS[next.options]!);
    else if (next.do === 'askMany') this.#askMany(next.at);
    else if (next.do === 'advance') this.world.advance(next.ms);
    else if (next.do === 'evict') this.hosts[next.at]!.evict(next.key);
    else if ('which' in next) this.#end(next.do, next.which);
    else if (next.do === 'invalidateAll') this.#invalidate('all', KEYS);
    else if (next.do === 'invalidate') this.#invalidate(`tag:${next.key}`, [next.key]);
    else this.#delete(next.key);
    await turn();
  }

  #end(what: 'answer' | 'fail' | 'read', index: number): void {
    const from = what === 'read' ? this.hosts[index % 2]!.reads : this.factories;
    pick(from, index)?.finish(what !== 'fail');
  }

  /** Lets all that is under way end. */
  async drain(): Promise<void> {
    const all = Promise.all(this.#asked);
    let isDone = false;
    void all.then(() => (isDone = true));
    // A call for many rejects with the first error, while its other keys are still loading.
    while (!isDone || this.hosts.some((host) => host.tracked.size > 0)) {
      for (const pending of this.factories.splice(0)) pending.finish(true);
      for (const host of this.hosts) {
        for (const pending of host.reads.splice(0)) pending.finish(true);
      }
      await turn();
    }
  }

  #ask(index: number, name: string, options: LoadOptions): void {
    const floor = this.#invalidated[index]!.get(name) ?? 0;
    const value = this.loaders[index]!.getOrSet<number>(
      name,
      () => this.#compute([name]).then((map) => map.get(name)!),
      {
        ttl: 1000,
        grace: 60_000,
        failSafeTtl: 10,
        tags: tagsOf(name),
        ...options,
      } as LoadOptions<number>,
    );
    this.#judge(
      [name],
      [floor],
      value.then((one) => [one]),
    );
  }

  // Tags are of the call here, so only the shared one.
  #askMany(index: number): void {
    const floors = KEYS.map((name) => this.#invalidated[index]!.get(name) ?? 0);
    const values = this.loaders[index]!.getOrSetMany<number>(
      KEYS,
      (missing) => this.#compute(missing),
      { ttl: 1000, grace: 60_000, failSafeTtl: 10, tags: [...KEYS.map((n) => `tag:${n}`), 'all'] },
    );
    this.#judge(KEYS, floors, values);
  }

  // A value is the stamp at which its computation began.
  #compute(names: readonly string[]): Promise<Map<string, number>> {
    const began = this.world.stamp();
    return new Promise((resolve, reject) => {
      this.factories.push({
        finish: (isGood) => {
          if (isGood) resolve(new Map(names.map((name) => [name, began])));
          else reject(new Error('down'));
        },
      });
    });
  }

  #judge(
    names: readonly string[],
    floors: readonly number[],
    values: Promise<readonly (number | undefined)[]>,
  ): void {
    this.calls += names.length;
    const judged = values.then(
      (given) =>
        given.forEach((value, i) => {
          if (typeof value === 'number' && value > floors[i]!) return;
          this.faults.push(`${names[i]}: ${value} after an invalidation at ${floors[i]}`);
        }),
      (error: unknown) => {
        if (!(error instanceof Error && error.message === 'down')) this.faults.push(String(error));
      },
    );
    this.#asked.push(judged);
  }

  #invalidate(tag: string, names: readonly string[]): void {
    this.world.invalidate(tag);
    const now = this.world.stamp();
    for (const seen of this.#invalidated) for (const name of names) seen.set(name, now);
  }

  // The bus brings it to the other process at once.
  #delete(name: string): void {
    for (const host of this.hosts) host.delete(name);
    for (const loader of this.loaders) loader.forget([name]);
    const now = this.world.stamp();
    for (const seen of this.#invalidated) seen.set(name, now);
  }
}

/** A host whose reads below end when a step says so. */
class GatedHost extends FakeHost {
  readonly reads: Pending[] = [];

  override readBelow(name: string): ReturnType<FakeHost['readBelow']> {
    this.gate = new Promise((resolve) => {
      this.reads.push({ finish: () => resolve() });
    });
    return super.readBelow(name);
  }
}

function pick(from: Pending[], which: number): Pending | undefined {
  return from.length === 0 ? undefined : from.splice(which % from.length, 1)[0];
}

describe('getOrSet under random interleavings', () => {
  it('gives no value computed before an invalidation that had returned when the call began', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 60 }), async (steps) => {
        const run = new Run();
        for (const next of steps) await run.take(next);
        await run.drain();
        expect(run.faults).toEqual([]);
        const counted = run.hosts.map((host) => host.hits.length + host.misses);
        expect(counted[0]! + counted[1]!).toBe(run.calls);
        await Promise.all(run.loaders.map((loader) => loader.close()));
      }),
      { numRuns: 1500 },
    );
  });
});
