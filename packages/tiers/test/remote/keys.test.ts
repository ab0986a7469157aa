import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RedisKeys } from '../../src/remote/keys.ts';
import { slotOf } from '../../src/remote/slot.ts';

const keys = new RedisKeys('cz', 'main');

// The rule of the Redis Cluster specification: the first `{`, the next `}`, and something between them.
function hashTagOf(redisKey: string): string {
  const open = redisKey.indexOf('{');
  const close = redisKey.indexOf('}', open + 1);
  return open !== -1 && close > open + 1 ? redisKey.slice(open + 1, close) : redisKey;
}

const nasty = fc.string({
  unit: fc.constantFrom('{', '}', ':', '%', '@', '/', '*', 'l', '7', 'D', '#', 'é'),
  maxLength: 6,
});

describe('keys of values', () => {
  it('have the format, the names and the key as hash tag', () => {
    expect(keys.entry('', 'user:1')).toBe('cz1:main::{user:1}');
    expect(keys.entry('a/b', 'user:1')).toBe('cz1:main:a/b:{user:1}');
    expect(new RedisKeys('shop', 'a:b').entry('x', 'k')).toBe('shop1:a%3Ab:x:{k}');
  });

  it('never share a Redis key, whatever the names are', () => {
    const names = fc.tuple(nasty, nasty, nasty);
    fc.assert(
      fc.property(names, names, (one, two) => {
        const same = one.every((part, index) => part === two[index]);
        const at = ([name, ns, key]: [string, string, string]): string[] => {
          const made = new RedisKeys('cz', name);
          return [made.entry(ns, key), made.lock(ns, key), made.epoch(key), made.canary];
        };
        const [first, second] = [at(one), at(two)];
        const clashes = first.flatMap((key, i) =>
          second.flatMap((other, j) => (key === other ? [`${i}${j}`] : [])),
        );
        const [sameName, sameKey] = [one[0] === two[0], one[2] === two[2]];
        expect(clashes.includes('00')).toBe(same);
        expect(clashes.includes('11')).toBe(same);
        expect(clashes.includes('22')).toBe(sameName && sameKey);
        expect(clashes.filter((clash) => clash[0] !== clash[1])).toEqual([]);
      }),
      { numRuns: 2000 },
    );
  });

  it('share a slot with their lock, also when the key begins with }', () => {
    fc.assert(
      fc.property(
        nasty,
        nasty.filter((key) => key !== ''),
        (ns, key) => {
          const entry = keys.entry(ns, key);
          expect(hashTagOf(entry)).not.toBe(entry);
          expect(slotOf(keys.lock(ns, key))).toBe(slotOf(entry));
        },
      ),
    );
    expect(keys.entry('', '}x')).toBe('cz1:main::{%7Dx}');
    expect(keys.entry('', '%7Dx')).toBe('cz1:main::{%257Dx}');
  });

  it('are read back', () => {
    const tagged = new RedisKeys('cz', 'main', (key) => key.slice(0, 2));
    fc.assert(
      fc.property(nasty, nasty, (ns, key) => {
        expect(keys.parse(ns, keys.entry(ns, key))).toBe(key);
        expect(tagged.parse(ns, tagged.entry(ns, key))).toBe(key);
        expect(keys.parseAny(keys.entry(ns, key))).toEqual({ ns, key });
        expect(tagged.parseAny(tagged.entry(ns, key))).toEqual({ ns, key });
        expect(keys.parseAny(keys.lock(ns, key))).toBeUndefined();
        expect(keys.parseAny(keys.epoch(key))).toBeUndefined();
      }),
    );
    expect(keys.parse('a', keys.entry('b', 'k'))).toBeUndefined();
    expect(keys.parseAny(new RedisKeys('cz', 'other').entry('a', 'k'))).toBeUndefined();
    expect(keys.parse('a', keys.lock('a', 'k'))).toBeUndefined();
    expect(keys.parse('a', tagged.entry('a', 'k'))).toBeUndefined();
    expect(tagged.parse('a', keys.entry('a', 'k'))).toBeUndefined();
    expect(tagged.parse('a', 'cz1:main:a:#{k}')).toBeUndefined();
  });

  it('go where hashTag says, an empty tag included', () => {
    const tagged = new RedisKeys('cz', 'main', (key) => key.split(':')[0]!);
    expect(slotOf(tagged.entry('', 'cart:1'))).toBe(slotOf(tagged.entry('', 'cart:2')));
    expect(slotOf(tagged.entry('', ':1'))).toBe(slotOf(tagged.lock('', ':2')));
    expect(tagged.entry('', 'a}b:1')).toBe('cz1:main::#{a%7Db}a}b:1}');
  });

  it('are remembered by a bounded number of namespaces', () => {
    const many = new RedisKeys('cz', 'main');
    for (let index = 0; index < 5_000; index++) many.entry(`ns${index}`, 'k');
    expect(many.entry('ns1', 'k')).toBe('cz1:main:ns1:{k}');
  });
});

describe('slots', () => {
  // Values of the Redis Cluster specification (0x31C3 = CRC of "123456789") and of CLUSTER KEYSLOT.
  it('are those of CLUSTER KEYSLOT', () => {
    expect(slotOf('123456789')).toBe(0x31c3);
    expect(slotOf('foo')).toBe(12182);
    expect(slotOf('{user1000}.following')).toBe(slotOf('user1000'));
    expect(slotOf('foo{}{bar}')).not.toBe(slotOf('bar'));
    expect(slotOf('foo{{bar}}zap')).toBe(slotOf('{bar'));
  });
});
