import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RecoveryQueue } from '../../src/faults/recovery.ts';
import type { EpochKind, RecoveryTarget } from '../../src/faults/recovery.ts';
import { expectNoUnhandled } from './support.ts';

expectNoUnhandled();

const epochOf = (ns: string): string => `ns:${ns}`;

function queueOf(maxEntries?: number) {
  const overflows: [ns: string, kind: EpochKind, stamp: number][] = [];
  const queue = new RecoveryQueue({
    maxEntries,
    epochOf,
    onOverflow: (...overflow) => overflows.push(overflow),
  });
  return { queue, overflows };
}

/** A target that notes what it took, and takes what the test lets it. */
function targetOf(takes: () => boolean | Promise<boolean> = () => true) {
  const told: string[] = [];
  const target: RecoveryTarget = {
    async raise(names, kind, stamp) {
      if (!(await takes())) return false;
      told.push(...names.map((name) => `${kind} ${name} ${stamp}`));
      return true;
    },
    async remove(ns, keys, stamp) {
      if (!(await takes())) return false;
      told.push(...keys.map((key) => `remove ${ns}/${key} ${stamp}`));
      return true;
    },
  };
  return { target, told };
}

describe('a recovery queue', () => {
  it('hides removed keys until the target has taken the removal', async () => {
    const { queue } = queueOf();
    expect(queue.hides('a', 'k')).toBe(false);
    queue.remove('a', ['k'], 1);
    expect([queue.hides('a', 'k'), queue.hides('a', 'x'), queue.hides('', 'k')]).toEqual([
      true,
      false,
      false,
    ]);
    const { target: away } = targetOf(() => false);
    expect(await queue.replay(away)).toBe(0);
    expect([queue.hides('a', 'k'), queue.size]).toEqual([true, 1]);
    const { target, told } = targetOf();
    expect(await queue.replay(target)).toBe(1);
    expect(told).toEqual(['remove a/k 1']);
    expect([queue.hides('a', 'k'), queue.size]).toEqual([false, 0]);
  });

  it('tells epochs before removals, each with its newest stamp', async () => {
    const { queue } = queueOf();
    queue.remove('', ['k', 'l'], 1);
    queue.remove('', ['k'], 5);
    queue.remove('', ['k'], 2);
    queue.raise(['t', 'u'], 'hard', 3);
    queue.raise(['t'], 'hard', 2);
    queue.raise(['t'], 'soft', 4);
    const { target, told } = targetOf();
    expect(await queue.replay(target)).toBe(5);
    expect(told).toEqual(['hard t 3', 'hard u 3', 'soft t 4', 'remove /k 5', 'remove /l 5']);
  });

  it('keeps what was added again while it was told', async () => {
    const { queue } = queueOf();
    queue.remove('a', ['k', 'l'], 1);
    queue.raise(['t', 'u'], 'hard', 2);
    let stamp = 10;
    const told: string[] = [];
    const count = await queue.replay({
      async raise(names) {
        await Promise.resolve();
        queue.raise(['t'], 'hard', (stamp += 1));
        return told.push(...names) > 0;
      },
      async remove(_ns, keys) {
        await Promise.resolve();
        queue.remove('a', ['k'], (stamp += 1));
        return told.push(...keys) > 0;
      },
    });
    expect([count, told]).toEqual([4, ['t', 'u', 'k', 'l']]);
    expect([queue.hides('a', 'k'), queue.hides('a', 'l'), queue.size]).toEqual([true, false, 2]);
    const second = targetOf();
    await queue.replay(second.target);
    expect(second.told).toEqual(['hard t 11', 'remove a/k 12']);
  });

  it('joins a replay that is under way', async () => {
    const { queue } = queueOf();
    queue.remove('', ['k'], 1);
    let calls = 0;
    const { target } = targetOf(async () => {
      calls += 1;
      await Promise.resolve();
      return true;
    });
    expect(await Promise.all([queue.replay(target), queue.replay(target)])).toEqual([1, 1]);
    expect(calls).toBe(1);
    expect(await queue.replay(target)).toBe(0);
  });

  it('bears a target that rejects or throws', async () => {
    const { queue } = queueOf();
    queue.remove('', ['k'], 1);
    queue.raise(['t'], 'soft', 1);
    const count = await queue.replay({
      raise: () => Promise.reject(new Error('away')),
      remove: () => {
        throw new Error('at once');
      },
    });
    expect([count, queue.size]).toEqual([0, 2]);
  });

  it('goes on after a call that failed, and stops when nothing is taken any more', async () => {
    const { queue } = queueOf();
    for (let stamp = 1; stamp <= 100; stamp += 1) queue.raise([`t${stamp}`], 'hard', stamp);
    let calls = 0;
    const { target } = targetOf(() => (calls += 1) % 2 === 0 && calls <= 32);
    expect(await queue.replay(target)).toBe(16);
    expect([calls, queue.size]).toEqual([48, 84]);
  });

  it('tells many keys in several calls', async () => {
    const { queue } = queueOf();
    const keys = Array.from({ length: 1200 }, (_, i) => `k${i}`);
    queue.remove('n', keys, 7);
    const sizes: number[] = [];
    await queue.replay({
      raise: () => Promise.resolve(true),
      remove: (_ns, part) => Promise.resolve(sizes.push(part.length) > 0),
    });
    expect([sizes, queue.size]).toEqual([[500, 500, 200], 0]);
  });

  it('drops a removal when a newer value took its place', () => {
    const { queue } = queueOf();
    queue.remove('n', ['k'], 5);
    queue.replaced('n', 'k', 5);
    expect(queue.hides('n', 'k')).toBe(true);
    queue.replaced('n', 'k', 6);
    queue.replaced('n', 'other', 6);
    expect([queue.hides('n', 'k'), queue.size]).toEqual([false, 0]);
  });
});

describe('a full recovery queue', () => {
  it('makes one epoch of the largest namespace, and hides all of it', async () => {
    const { queue, overflows } = queueOf(4);
    queue.remove('small', ['s'], 1);
    queue.remove('large', ['a', 'b', 'c', 'd'], 2);
    expect(overflows).toEqual([['large', 'hard', 2]]);
    expect([queue.size, queue.overflows]).toEqual([2, 1]);
    expect([queue.hides('large', 'never removed'), queue.hides('small', 'x')]).toEqual([
      true,
      false,
    ]);
    // Goes into the epoch, and takes no room.
    queue.remove('large', ['e'], 3);
    expect([queue.size, queue.overflows]).toEqual([2, 2]);
    const { target, told } = targetOf();
    expect(await queue.replay(target)).toBe(2);
    expect(told).toEqual(['hard ns:large 3', 'remove small/s 1']);
    expect(queue.hides('large', 'a')).toBe(false);
  });

  it('goes on hiding a namespace that overflowed again while its epoch was told', async () => {
    const { queue } = queueOf(2);
    queue.remove('n', ['a', 'b', 'c'], 1);
    const { target } = targetOf(() => {
      queue.remove('n', ['d'], 9);
      return true;
    });
    await queue.replay(target);
    expect(queue.hides('n', 'd')).toBe(true);
    const second = targetOf();
    await queue.replay(second.target);
    expect(second.told).toEqual(['hard ns:n 9']);
    expect(queue.hides('n', 'd')).toBe(false);
  });

  it('makes one epoch of everything when no namespace is large', async () => {
    const { queue, overflows } = queueOf(3);
    queue.remove('a', ['k'], 1);
    queue.remove('b', ['k'], 2);
    queue.raise(['t'], 'hard', 3);
    queue.raise(['u'], 'soft', 9);
    expect(overflows).toEqual([
      ['', 'hard', 3],
      ['', 'soft', 9],
    ]);
    expect([queue.size, queue.hides('a', 'k'), queue.hides('c', 'x')]).toEqual([2, true, true]);
    const { target, told } = targetOf();
    await queue.replay(target);
    expect(told).toEqual(['hard ns: 3', 'soft ns: 9']);
    expect([queue.size, queue.hides('a', 'k')]).toEqual([0, false]);
  });

  it('hides nothing when only epochs did not fit', () => {
    const { queue } = queueOf(2);
    queue.raise(['t', 'u', 'v'], 'soft', 1);
    expect([queue.size, queue.hides('a', 'k'), queue.overflows]).toEqual([1, false, 1]);
  });
});

type Step =
  | { readonly kind: 'remove'; readonly ns: string; readonly key: string }
  | { readonly kind: 'raise'; readonly name: string; readonly soft: boolean }
  | { readonly kind: 'replay'; readonly takes: boolean; readonly meanwhile: readonly Step[] };

const small = fc.oneof(
  fc.record({
    kind: fc.constant('remove' as const),
    ns: fc.constantFrom('', 'a', 'b', 'c'),
    key: fc.constantFrom('k', 'l', 'm', 'n', 'o'),
  }),
  fc.record({
    kind: fc.constant('raise' as const),
    name: fc.constantFrom('t', 'u', 'v', 'w'),
    soft: fc.boolean(),
  }),
);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: small },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('replay' as const),
      takes: fc.boolean(),
      meanwhile: fc.array(small, { maxLength: 3 }),
    }),
  },
);

describe('any sequence of removals, epochs and replays', () => {
  it('tells everything at last, or something wider, and hides it until then', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), fc.constantFrom(2, 5, 1000), run),
      { numRuns: 300 },
    );
  });
});

/** The model: for each thing the newest stamp asked for, and the newest that the target took. */
async function run(steps: readonly Step[], maxEntries: number): Promise<void> {
  const { queue } = queueOf(maxEntries);
  const asked = new Map<string, number>();
  const taken = new Map<string, number>();
  let stamp = 0;
  const note = (map: Map<string, number>, id: string, at: number): void => {
    map.set(id, Math.max(map.get(id) ?? 0, at));
  };
  /** Stamp up to which the target removes a key, or makes a tag's entries invalid or stale. */
  const covered = (id: string, ns: string | undefined): number =>
    Math.max(
      taken.get(id) ?? 0,
      taken.get(`hard ${epochOf('')}`) ?? 0,
      ns === undefined ? 0 : (taken.get(`hard ${epochOf(ns)}`) ?? 0),
      id.startsWith('soft') ? (taken.get(`soft ${epochOf('')}`) ?? 0) : 0,
    );
  const check = (): void => {
    expect(queue.size).toBeLessThanOrEqual(maxEntries);
    for (const [id, at] of asked) {
      const [, ns, key] = /^remove (.*)\/(.*)$/.exec(id) ?? [];
      if (ns === undefined || key === undefined) continue;
      if (covered(id, ns) < at) expect(queue.hides(ns, key)).toBe(true);
    }
  };
  const add = (each: Step): void => {
    stamp += 1;
    if (each.kind === 'remove') {
      note(asked, `remove ${each.ns}/${each.key}`, stamp);
      queue.remove(each.ns, [each.key], stamp);
    } else if (each.kind === 'raise') {
      const kind = each.soft ? 'soft' : 'hard';
      note(asked, `${kind} ${each.name}`, stamp);
      queue.raise([each.name], kind, stamp);
    }
  };
  const replay = async (takes: boolean, meanwhile: readonly Step[]): Promise<void> => {
    const left = [...meanwhile];
    const answer = async (): Promise<boolean> => {
      await Promise.resolve();
      const next = left.pop();
      if (next !== undefined) add(next);
      return takes;
    };
    await queue.replay({
      async raise(names, kind, at) {
        if (!(await answer())) return false;
        for (const name of names) note(taken, `${kind} ${name}`, at);
        return true;
      },
      async remove(ns, keys, at) {
        if (!(await answer())) return false;
        for (const key of keys) note(taken, `remove ${ns}/${key}`, at);
        return true;
      },
    });
  };
  for (const each of steps) {
    if (each.kind === 'replay') await replay(each.takes, each.meanwhile);
    else add(each);
    check();
  }
  await replay(true, []);
  expect(queue.size).toBe(0);
  for (const [id, at] of asked) {
    const ns = /^remove (.*)\//.exec(id)?.[1];
    expect(covered(id, ns)).toBeGreaterThanOrEqual(at);
    if (ns !== undefined) expect(queue.hides(ns, id.slice(id.indexOf('/') + 1))).toBe(false);
  }
}
