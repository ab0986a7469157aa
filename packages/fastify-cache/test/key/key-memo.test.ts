import { describe, expect, it } from 'vitest';
import { KeyMemo } from '../../src/key/key-memo.ts';

describe('the memo of keys', () => {
  it('keeps scheme, host and target apart', () => {
    const memo = new KeyMemo();
    memo.set('http', 'a', '/x', 'one');
    expect(memo.get('http', 'a', '/x')).toBe('one');
    expect(memo.get('https', 'a', '/x')).toBeUndefined();
    expect(memo.get('http', 'b', '/x')).toBeUndefined();
    expect(memo.get('http', 'a', '/X')).toBeUndefined();
  });

  it('begins anew when full, and remembers on', () => {
    const memo = new KeyMemo();
    const kept = (): number =>
      Array.from({ length: 10_000 }, (_, i) => memo.get('http', `h${i % 7}`, `/${i}`)).filter(
        (key) => key !== undefined,
      ).length;
    for (let i = 0; i < 10_000; i++) memo.set('http', `h${i % 7}`, `/${i}`, `key ${i}`);
    expect(kept()).toBeGreaterThan(0);
    expect(kept()).toBeLessThanOrEqual(4096);
    expect(memo.get('http', `h${9_999 % 7}`, '/9999')).toBe('key 9999');
  });

  it('does not remember long targets', () => {
    const memo = new KeyMemo();
    const long = `/${'x'.repeat(600)}`;
    memo.set('http', 'a', long, 'key');
    expect(memo.get('http', 'a', long)).toBeUndefined();
  });
});
