// Messages between processes: what is written is read, and whatever else comes is undefined, never an exception.
import { describe, expect, it } from 'vitest';
import { decodeInvalidation, encodeInvalidation } from '../../src/invalidation/message.ts';
import type { Invalidation } from '../../src/invalidation/message.ts';

function readBack(message: Invalidation): (Invalidation | undefined)[] {
  return encodeInvalidation(message).map((text) => decodeInvalidation(Buffer.from(text)));
}

describe('a message', () => {
  it.each<Invalidation>([
    { kind: 'keys', ns: '', keys: ['a', 'b'], stamp: 7 },
    { kind: 'keys', ns: 'n/m', keys: ['ü 🏙'], stamp: 1.5 },
    { kind: 'keys', ns: '', keys: ['a', 'b'], stamp: 7, stamps: [5, 7] },
    { kind: 'tags', tags: ['t', 'u'], isSoft: false, stamp: 7 },
    { kind: 'tags', tags: ['t'], isSoft: true, stamp: 7 },
    { kind: 'clear', ns: 'n', stamp: 7 },
  ])('is read as it was written: %j', (message) => {
    expect(readBack(message)).toEqual([message]);
  });

  it('of many keys goes in parts that a bus takes, none lost', () => {
    const keys = Array.from({ length: 40 }, (_, i) => `${i}`.padEnd(1000, '\u0001'));
    const parts = encodeInvalidation({ kind: 'keys', ns: 'n', keys, stamp: 7 });
    expect(parts.length).toBeGreaterThan(1);
    expect(parts.every((text) => Buffer.byteLength(text) <= 65_536)).toBe(true);
    const read = parts.map((text) => decodeInvalidation(Buffer.from(text)));
    expect(read.flatMap((one) => (one?.kind === 'keys' ? one.keys : []))).toEqual(keys);
    const tags = readBack({ kind: 'tags', tags: keys, isSoft: true, stamp: 7 });
    expect(tags.flatMap((one) => (one?.kind === 'tags' ? one.tags : []))).toEqual(keys);
  });

  it('of many short keys goes in parts that a bus takes, each key with its own stamp', () => {
    const now = Date.now() * 1000;
    const keys = Array.from({ length: 20_000 }, (_, i) => String.fromCharCode(1 + (i % 30)));
    const stamps = keys.map((_, i) => now - i * 1e6);
    const message: Invalidation = { kind: 'keys', ns: 'n', keys, stamp: now, stamps };
    const parts = encodeInvalidation(message);
    expect(parts.every((text) => Buffer.byteLength(text) <= 65_536)).toBe(true);
    const read = readBack(message);
    expect(read.flatMap((one) => (one?.kind === 'keys' ? one.keys : []))).toEqual(keys);
    expect(read.flatMap((one) => (one?.kind === 'keys' ? one.stamps : []))).toEqual(stamps);
  });

  it('is read by releases that know of no stamps of single keys', () => {
    const message: Invalidation = {
      kind: 'keys',
      ns: '',
      keys: ['a', 'b'],
      stamp: 7,
      stamps: [5, 7],
    };
    expect(encodeInvalidation(message).map((text) => JSON.parse(text))).toEqual([
      { v: 1, k: ['a', 'b'], n: '', s: 7, a: [2, 0] },
    ]);
  });

  it.each([
    '',
    '{',
    'null',
    '7',
    '[]',
    '{"v":2,"c":"","s":1}',
    '{"v":1,"c":""}',
    '{"v":1,"c":"","s":"1"}',
    '{"v":1,"s":1}',
    '{"v":1,"c":7,"s":1}',
    '{"v":1,"t":"t","s":1}',
    '{"v":1,"t":[7],"s":1}',
    '{"v":1,"k":["a"],"s":1}',
    '{"v":1,"k":["a",null],"n":"","s":1}',
    '{"v":1,"k":["a"],"n":"","s":1,"a":0}',
    '{"v":1,"k":["a"],"n":"","s":1,"a":[]}',
    '{"v":1,"k":["a"],"n":"","s":1,"a":["0"]}',
  ])('that nobody understands is undefined: %s', (text) => {
    expect(decodeInvalidation(Buffer.from(text))).toBeUndefined();
  });
});
