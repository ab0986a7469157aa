import { describe, expect, it } from 'vitest';
import { POLICIES, policyRatio } from '../hit-ratio/policies/all.mjs';
import { Fifo } from '../hit-ratio/policies/fifo.mjs';
import { Lru } from '../hit-ratio/policies/lru.mjs';
import { Optimum } from '../hit-ratio/policies/optimum.mjs';
import { S3Fifo } from '../hit-ratio/policies/s3-fifo.mjs';
import { Sieve } from '../hit-ratio/policies/sieve.mjs';
import { WTinyLfu } from '../hit-ratio/policies/w-tinylfu.mjs';
import { seeded, uniformOrder, zipfSource } from '../lib/random.mjs';

const range = (from, to) => Array.from({ length: to - from }, (_, at) => from + at);
const askAll = (policy, keys) => keys.map((key) => policy.access(key));
const hitsOf = (policy, trace) => askAll(policy, trace).filter(Boolean).length;

describe.each(Object.entries(POLICIES))('policy %s', (_, { make }) => {
  it('holds as many entries as it has room for, and never more', () => {
    const trace = uniformOrder(5000, 300, 1);
    const policy = make(100, trace);
    let most = 0;
    for (const key of trace) {
      policy.access(key);
      most = Math.max(most, policy.size);
    }
    expect(most).toBe(100);
    expect(policy.size).toBe(100);
  });

  it('misses each key once when there is room for all', () => {
    const trace = [...range(0, 40), ...range(0, 40)];
    expect(askAll(make(50, trace), trace)).toEqual(trace.map((_key, at) => at >= 40));
  });

  it('does not hit more often than the optimum', () => {
    const trace = Uint32Array.from({ length: 20_000 }, zipfSource(1000, 0.9, 7));
    const best = policyRatio(new Optimum(50, trace), trace, 0);
    const ratio = policyRatio(make(50, trace), trace, 0);
    expect(ratio).toBeGreaterThan(0.2);
    expect(ratio).toBeLessThanOrEqual(best);
  });
});

describe('Fifo', () => {
  it('lets the oldest go although it was just asked for', () => {
    const fifo = new Fifo(2);
    expect(askAll(fifo, [1, 2, 1, 3, 1])).toEqual([false, false, true, false, false]);
  });

  it('decides like an array with a front', () => {
    const trace = uniformOrder(2000, 30, 3);
    const held = [];
    const expected = Array.from(trace, (key) => {
      if (held.includes(key)) return true;
      held.push(key);
      if (held.length > 10) held.shift();
      return false;
    });
    expect(askAll(new Fifo(10), [...trace])).toEqual(expected);
  });
});

describe('Lru', () => {
  it('decides like an array in order of use', () => {
    const trace = uniformOrder(2000, 30, 4);
    const held = [];
    const expected = Array.from(trace, (key) => {
      const at = held.indexOf(key);
      if (at >= 0) held.splice(at, 1);
      held.push(key);
      if (held.length > 10) held.shift();
      return at >= 0;
    });
    expect(askAll(new Lru(10), [...trace])).toEqual(expected);
  });

  it('never hits in a loop that is one longer than the cache', () => {
    const loop = range(0, 11);
    expect(hitsOf(new Lru(10), [...loop, ...loop, ...loop])).toBe(0);
  });
});

describe('Sieve', () => {
  it('leaves what was asked for in its place and goes on from where it evicted', () => {
    const sieve = new Sieve(3);
    askAll(sieve, [1, 2, 3, 1]);
    // The hand spares 1 and takes 2; then 3; then 4, which came after; 1 keeps its place and lost its mark.
    askAll(sieve, [4, 5, 6]);
    expect(askAll(sieve, [1, 5, 6])).toEqual([true, true, true]);
  });

  it('starts again at the oldest when the hand has passed the newest', () => {
    const sieve = new Sieve(2);
    askAll(sieve, [1, 2, 1, 2, 3]);
    // Both were marked: the hand took both marks off, went round, and evicted 1.
    expect(askAll(sieve, [2, 3])).toEqual([true, true]);
    expect(sieve.access(1)).toBe(false);
  });
});

describe('S3Fifo', () => {
  it('lets a scan pass through the small queue without touching main', () => {
    const s3 = new S3Fifo(20);
    askAll(s3, [...range(0, 18), ...range(0, 18)]); // asked for again: main, once there is pressure
    askAll(s3, range(100, 1000));
    expect(hitsOf(s3, range(0, 18))).toBe(18);
  });

  it('evicts from the small queue what was not asked for again, and takes it back into main', () => {
    const s3 = new S3Fifo(10);
    askAll(s3, range(0, 11));
    expect(s3.access(0)).toBe(false); // a ghost: it enters main
    askAll(s3, range(100, 130));
    expect(s3.access(0)).toBe(true);
  });

  it('forgets a ghost when as many keys have followed as main has room for', () => {
    const s3 = new S3Fifo(10);
    askAll(s3, range(0, 10));
    askAll(s3, range(100, 110)); // ten leave after each other: 0 was the first of nine and one ghosts
    expect(s3.access(0)).toBe(false);
    askAll(s3, range(200, 210));
    expect(s3.access(0)).toBe(false); // it went through the small queue
  });

  it('gives a main entry a round for each hit, at most three', () => {
    // Two new keys, asked for in turns, come into main as ghosts and push two out of it.
    const isHeld = (hits, pushes) => {
      const s3 = new S3Fifo(10);
      // 1 to 9 come into main, and what they were asked for before counts no more.
      askAll(s3, [...range(0, 10), ...range(0, 10), 1, 1, 10]);
      askAll(
        s3,
        Array.from({ length: hits }, () => 1),
      );
      for (let key = 100; key < 100 + 2 * pushes; key += 2)
        askAll(s3, [key, key + 1, key, key + 1]);
      return s3.access(1);
    };
    const lasts = (hits) => range(0, 100).find((pushes) => !isHeld(hits, pushes));
    const [none, one, two, three, fifty] = [0, 1, 2, 3, 50].map(lasts);
    expect(none).toBe(1);
    expect(one).toBeGreaterThan(none + 2);
    expect(two).toBeGreaterThan(one + 2);
    expect(three).toBeGreaterThan(two + 2);
    expect(fifty).toBe(three);
  });

  it('wants two hits where it is told so', () => {
    const survives = (promoteAt) => {
      const s3 = new S3Fifo(10, { promoteAt });
      askAll(s3, [0, 0, ...range(1, 40)]);
      return s3.access(0);
    };
    expect(survives(1)).toBe(true);
    expect(survives(2)).toBe(false);
  });
});

describe('WTinyLfu', () => {
  it('does not let what was seen once displace what was seen often', () => {
    const cache = new WTinyLfu(100);
    for (let round = 0; round < 3; round++) askAll(cache, range(0, 99));
    askAll(cache, range(1000, 1400));
    expect(hitsOf(cache, range(0, 99))).toBe(99);
  });

  it('admits what was asked for more often than the one that would have to go', () => {
    const cache = new WTinyLfu(100);
    askAll(cache, range(0, 100));
    for (let round = 0; round < 4; round++) askAll(cache, [5000, 5001 + round]);
    expect(cache.access(5000)).toBe(true);
  });

  it('keeps what it has when the newcomer was not asked for more often', () => {
    const cache = new WTinyLfu(100);
    askAll(cache, range(0, 99));
    askAll(cache, range(1000, 1050));
    expect(hitsOf(cache, range(0, 99))).toBe(99);
  });

  it('protects what was asked for again from those who come later and are asked for more', () => {
    const cache = new WTinyLfu(100);
    askAll(cache, [0, 1, 0, ...range(2, 100)]); // asked for in probation
    const newcomers = range(1000, 1090).flatMap((key) => Array.from({ length: 6 }, () => key));
    askAll(cache, newcomers);
    expect(askAll(cache, [0, 1])).toEqual([true, false]);
  });

  it('keeps the newest entry whatever its frequency', () => {
    const cache = new WTinyLfu(100);
    for (let round = 0; round < 5; round++) askAll(cache, range(0, 100));
    expect(askAll(cache, [7000, 7000])).toEqual([false, true]);
  });
});

describe('Optimum', () => {
  it('finds as many hits as the best of all choices', () => {
    const random = seeded(11);
    for (let run = 0; run < 40; run++) {
      const trace = Array.from({ length: 14 }, () => Math.floor(random() * 6));
      expect(hitsOf(new Optimum(3, trace), trace), trace.join(' ')).toBe(bestOf(trace, 3));
    }
  });
});

/** Hits of the best sequence of evictions, by trying all of them. */
function bestOf(trace, capacity) {
  let states = new Map([['', { held: [], hits: 0 }]]);
  for (const key of trace) {
    const following = new Map();
    const add = (held, hits) => {
      const name = held.toSorted((a, b) => a - b).join();
      if ((following.get(name)?.hits ?? -1) < hits) following.set(name, { held, hits });
    };
    for (const { held, hits } of states.values()) {
      if (held.includes(key)) add(held, hits + 1);
      else if (held.length < capacity) add([...held, key], hits);
      else for (const victim of held) add([...held.filter((one) => one !== victim), key], hits);
    }
    states = following;
  }
  return Math.max(...[...states.values()].map(({ hits }) => hits));
}
