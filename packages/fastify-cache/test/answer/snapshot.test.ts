import { describe, expect, it } from 'vitest';
import { isSame, snapshot } from '../../src/answer/snapshot.ts';

describe('a snapshot of headers', () => {
  it('is the same for equal names and values in the same order', () => {
    const headers = { 'x-a': '1', 'x-b': 2, 'x-c': undefined };
    expect(isSame({ ...headers }, snapshot(headers))).toBe(true);
    expect(isSame({}, snapshot({}))).toBe(true);
  });

  it.each([
    ['a value', { 'x-a': '1', 'x-b': '3' }],
    ['its type', { 'x-a': '1', 'x-b': 2 }],
    ['a name', { 'x-a': '1', 'x-c': '2' }],
    ['the order', { 'x-b': '2', 'x-a': '1' }],
    ['one more', { 'x-a': '1', 'x-b': '2', 'x-c': '3' }],
    ['one less', { 'x-a': '1' }],
    ['none', {}],
  ])('is another where %s differs', (_what, headers) => {
    expect(isSame(headers, snapshot({ 'x-a': '1', 'x-b': '2' }))).toBe(false);
  });

  it('is never the same with a list, which may have been changed in place', () => {
    const headers = { 'x-a': ['1'] };
    expect(isSame(headers, snapshot(headers))).toBe(false);
  });
});
