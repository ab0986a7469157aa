// The memory that images are written to.
import { expect, it } from 'vitest';
import { Writer, checksum, padded } from '../../src/image/writer.ts';

it('writes little endian where it is told to', () => {
  const writer = new Writer();
  const place = writer.reserve(12);
  writer.word(place, 0x01020304);
  writer.half(place + 4, 0x0506);
  writer.byte(place + 6, 7);
  writer.text(place + 8, 'ab');
  expect([...writer.finish()]).toEqual([4, 3, 2, 1, 6, 5, 7, 0, 97, 98, 0, 0]);
});

it('keeps what was written as it grows, and gives zeros for the rest', () => {
  const writer = new Writer();
  writer.word(writer.reserve(4), 0xffffffff);
  const places = Array.from({ length: 2000 }, () => writer.reserve(4));
  const far = writer.reserve(100_000);
  writer.word(places.at(-1)!, 7);
  writer.byte(far + 99_999, 9);
  const bytes = writer.finish();
  expect(bytes.length).toBe(writer.length);
  expect(writer.length).toBe(4 + 8000 + 100_000);
  expect(bytes.readUInt32LE(0)).toBe(0xffffffff);
  expect(bytes.readUInt32LE(places.at(-1)!)).toBe(7);
  expect(bytes.at(-1)).toBe(9);
  expect(bytes.subarray(4, places.at(-1)).every((byte) => byte === 0)).toBe(true);
});

it('pads to 4', () => {
  expect([0, 1, 3, 4, 5].map(padded)).toEqual([0, 4, 4, 4, 8]);
});

it('sums as FNV-1a does', () => {
  // Test vectors of the authors: http://www.isthe.com/chongo/src/fnv/test_fnv.c
  expect(checksum(Buffer.from(''))).toBe(0x811c9dc5);
  expect(checksum(Buffer.from('a'))).toBe(0xe40c292c);
  expect(checksum(Buffer.from('foobar'))).toBe(0xbf9cf968);
});
