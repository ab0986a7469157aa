import { describe, expect, test } from 'vitest';
import {
  findRecord,
  HEAD_BYTES,
  readRecord,
  RECORD,
  RecordBuffer,
} from '../../../src/embedded/log/record.ts';
import { decodeCommand, encodeCommand } from '../../../src/embedded/log/command-record.ts';

function bytesOf(...bodies: string[]): Buffer {
  const buffer = new RecordBuffer();
  bodies.forEach((body, at) => buffer.add(RECORD.direct, at + 1, body));
  return Buffer.from(buffer.bytes);
}

describe('a record', () => {
  test('is read as it was written, whatever its text', () => {
    const body = JSON.stringify({ text: 'ä☃𝄞\u0000"\\', long: 'x'.repeat(200_000) });
    const bytes = bytesOf('{}', body);
    const first = readRecord(bytes, 0);
    expect(first).toEqual({ type: RECORD.direct, sequence: 1, body: '{}', end: HEAD_BYTES + 2 });
    const second = readRecord(bytes, HEAD_BYTES + 2);
    expect(second?.body).toBe(body);
    expect(second?.end).toBe(bytes.length);
  });

  test('keeps numbers beyond 32 bits', () => {
    const buffer = new RecordBuffer();
    buffer.add(RECORD.commit, 2 ** 47, '[]');
    expect(readRecord(buffer.bytes, 0)?.sequence).toBe(2 ** 47);
  });

  test('is refused with any bit of it turned over', () => {
    const bytes = bytesOf('{"a":1}');
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      bytes[bit >> 3] = (bytes[bit >> 3] as number) ^ (1 << (bit & 7));
      expect(readRecord(bytes, 0), `bit ${String(bit)}`).toBeUndefined();
      bytes[bit >> 3] = (bytes[bit >> 3] as number) ^ (1 << (bit & 7));
    }
    expect(readRecord(bytes, 0)).toBeDefined();
  });

  test('is refused when it is cut anywhere', () => {
    const bytes = bytesOf('{"a":1}');
    for (let size = 0; size < bytes.length; size++) {
      expect(readRecord(bytes.subarray(0, size), 0)).toBeUndefined();
    }
  });

  test('of an unknown type is refused', () => {
    const buffer = new RecordBuffer();
    buffer.add(0x21 as typeof RECORD.direct, 1, '{}');
    expect(readRecord(buffer.bytes, 0)).toBeUndefined();
  });

  test('is found behind damage, if its number is a later one', () => {
    const bytes = bytesOf('{"a":1}', '{"b":2}', '{"c":3}');
    bytes.fill(0xff, 3, 20);
    expect(findRecord(bytes, 1, 0)?.body).toBe('{"b":2}');
    expect(findRecord(bytes, 1, 2)?.body).toBe('{"c":3}');
    expect(findRecord(bytes, 1, 3)).toBeUndefined();
  });
});

describe('a buffer of records', () => {
  test('gives back the room that one huge batch took', () => {
    const buffer = new RecordBuffer();
    buffer.add(RECORD.direct, 1, 'x'.repeat(17_000_000));
    expect(buffer.length).toBe(17_000_000 + HEAD_BYTES);
    buffer.clear();
    buffer.add(RECORD.direct, 2, '{}');
    expect(readRecord(buffer.bytes, 0)?.sequence).toBe(2);
    expect(buffer.bytes.buffer.byteLength).toBe(65_536);
  });
});

describe('a command in a record', () => {
  test('keeps apart what was left out and what is null', () => {
    const args = ['a', undefined, null, undefined];
    const body = encodeCommand('remove', { name: 'q', prefix: 'p' }, 5, args);
    expect(decodeCommand(body)).toEqual({
      name: 'remove',
      queue: { name: 'q', prefix: 'p' },
      now: 5,
      args,
    });
    expect(decodeCommand(body).args).toHaveLength(4);
  });

  test('that is none is refused', () => {
    expect(() => decodeCommand('[1]')).toThrow(TypeError);
    expect(() => decodeCommand('{')).toThrow(SyntaxError);
  });
});
