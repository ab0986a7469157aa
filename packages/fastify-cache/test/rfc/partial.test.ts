import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isWhole, joined, partIn } from '../../src/rfc/partial.ts';

const etag = '"v1"';
const range = (text: string) => ({ etag, 'content-range': text });

describe('a part', () => {
  it.each([
    ['bytes 0-9/100', { start: 0, end: 9, size: 100 }],
    ['Bytes 99-99/100', { start: 99, end: 99, size: 100 }],
  ])('R2 is read from %s', (text, part) => {
    expect(partIn(range(text))).toEqual(part);
  });

  it.each(['bytes 0-9/*', 'bytes 9-0/100', 'bytes 0-100/100', 'bytes */100', 'items 0-9/100', ''])(
    'R2 is none with Content-Range %j',
    (text) => expect(partIn(range(text))).toBeUndefined(),
  );

  it.each([undefined, 'W/"v1"', 'v1'])('R2 is none under the tag %s', (tag) => {
    expect(partIn({ etag: tag, 'content-range': 'bytes 0-9/100' })).toBeUndefined();
  });

  it('is whole only from the first byte to the last', () => {
    expect(isWhole({ start: 0, end: 9, size: 10 })).toBe(true);
    expect(isWhole({ start: 1, end: 9, size: 10 })).toBe(false);
    expect(isWhole({ start: 0, end: 8, size: 10 })).toBe(false);
  });
});

describe('two parts', () => {
  const whole = Buffer.from('abcdefghijklmnopqrstuvwxyz');
  const piece = (start: number, end: number, bytes = whole) => ({
    part: { start, end, size: bytes.length },
    body: bytes.subarray(start, end + 1),
  });

  it('are joined to exactly the bytes between their ends, and only where no byte is missing', () => {
    const end = fc.nat(whole.length - 1);
    fc.assert(
      fc.property(end, end, end, end, (a, b, c, d) => {
        const older = piece(Math.min(a, b), Math.max(a, b));
        const newer = piece(Math.min(c, d), Math.max(c, d));
        const start = Math.min(older.part.start, newer.part.start);
        const last = Math.max(older.part.end, newer.part.end);
        const gap =
          Math.max(older.part.start, newer.part.start) - Math.min(older.part.end, newer.part.end);
        const result = joined(older, newer);
        if (gap > 1) expect(result).toBeUndefined();
        else {
          expect(result?.part).toEqual({ start, end: last, size: whole.length });
          expect(result?.body).toEqual(whole.subarray(start, last + 1));
        }
      }),
    );
  });

  it('have the newer bytes where they overlap', () => {
    const other = Buffer.from(whole.toString().toUpperCase());
    expect(joined(piece(0, 5), piece(3, 8, other))?.body.toString()).toBe('abcDEFGHI');
    expect(joined(piece(3, 8), piece(0, 5, other))?.body.toString()).toBe('ABCDEFghi');
  });

  it('of wholes of different size are not joined', () => {
    expect(joined(piece(0, 5), piece(6, 9, whole.subarray(0, 20)))).toBeUndefined();
  });
});
