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
  ])('that nobody understands is undefined: %s', (text) => {
    expect(decodeInvalidation(Buffer.from(text))).toBeUndefined();
  });
});
