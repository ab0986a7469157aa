import { describe, expect, it } from 'vitest';
import { keyName } from '../../src/dashboard/key-name.ts';
import { TopKeys } from '../../src/dashboard/top-keys.ts';

/** Numbers from 0 to 1, the same for a seed. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

describe('the keys hit most', () => {
  it('are exact while there is room', () => {
    const top = new TopKeys();
    for (let i = 0; i < 30; i++) for (let n = 0; n <= i; n++) top.hit(`key ${i}`);
    const rows = top.rows(1000);
    expect(rows).toHaveLength(25);
    expect(rows[0]).toMatchObject({ name: 'key 29', count: 30 });
    expect(rows[24]).toMatchObject({ name: 'key 5', count: 6 });
  });

  it('have their rate since the last look', () => {
    const top = new TopKeys();
    for (let i = 0; i < 10; i++) top.hit('a');
    expect(top.rows(1000)[0]!.perSecond).toBe(0);
    for (let i = 0; i < 6; i++) top.hit('a');
    for (let i = 0; i < 4; i++) top.hit('b');
    expect(top.rows(3000)).toStrictEqual([
      { name: 'a', count: 16, perSecond: 3 },
      { name: 'b', count: 4, perSecond: 2 },
    ]);
  });

  it('are found among any number of others, in bounded memory, and never counted too high', () => {
    const seed = 20_261_126;
    const next = random(seed);
    const top = new TopKeys(64);
    const exact = new Map<string, number>();
    for (let i = 0; i < 100_000; i++) {
      // A third of all hits goes to eight keys, the rest to those that hardly ever come again.
      const key = next() < 1 / 3 ? `hot ${i % 8}` : `cold ${Math.floor(next() * 1e6)}`;
      exact.set(key, (exact.get(key) ?? 0) + 1);
      top.hit(key);
    }
    const rows = top.rows(1000);
    const hot = rows.slice(0, 8).map(({ name }) => name);
    expect([...hot].sort(), `seed ${seed}`).toStrictEqual(
      Array.from({ length: 8 }, (_, i) => `hot ${i}`),
    );
    for (const { name, count } of rows) {
      expect(count, `${name}, seed ${seed}`).toBeLessThanOrEqual(exact.get(name)!);
    }
    expect(rows[0]!.count, `seed ${seed}`).toBeGreaterThan(3000);
  });

  it('are forgotten', () => {
    const top = new TopKeys();
    top.hit('a');
    top.clear();
    expect(top.rows(1000)).toStrictEqual([]);
    top.hit('b');
    expect(top.rows(2000)).toMatchObject([{ name: 'b', count: 1 }]);
  });

  it('are cut where they are long', () => {
    const top = new TopKeys();
    top.hit('k'.repeat(8192), 'users');
    expect(top.rows(1)[0]!.name).toBe(`users: ${'k'.repeat(200)}…`);
  });
});

describe('a key', () => {
  it.each([
    ['1|http|https|shop.example|/a?b=1', 'https://shop.example/a?b=1'],
    ['1|http|http|h|/a\nen\nbr', 'http://h/a (en, br)'],
    ['1|pages|http|h|/a|b', 'pages: http://h/a|b'],
    ['ns: 1|http|http|h|/', 'ns: http://h/'],
    ['user:1', 'user:1'],
    ['<img src=x onerror=alert(1)>', '<img src=x onerror=alert(1)>'],
  ])('%j reads %j', (key, name) => {
    expect(keyName(key)).toBe(name);
  });
});
