import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { validatorsOf } from '../src/conditional.ts';
import type { Fields, FieldValue } from '../src/fields.ts';
import { decideRange } from '../src/range.ts';
import type { RangeDecision } from '../src/range.ts';

const now = Date.UTC(2026, 0, 1);
const modified = 'Sun, 06 Nov 1994 08:49:37 GMT';
const later = 'Sun, 06 Nov 1994 08:49:38 GMT';
const entry: Fields = { etag: '"a"', 'last-modified': modified, date: later };

const ask = (request: Fields, size = 100, headers: Fields = {}, status = 200): RangeDecision =>
  decideRange(request, validatorsOf(status, headers, now), size, now);

/** `whole`, `unsatisfiable`, or the ranges as `0-9 20-29`. */
const show = (decision: RangeDecision): string =>
  decision.kind === 'parts'
    ? decision.ranges.map(({ start, end }) => `${start}-${end}`).join(' ')
    : decision.kind;

const decide = (range: FieldValue, size?: number): string => show(ask({ range }, size));

describe('R1 Range', () => {
  it.each([
    ['bytes=0-9', '0-9'],
    ['bytes=5-5', '5-5'],
    ['bytes=90-', '90-99'],
    ['bytes=99-', '99-99'],
    ['bytes=-1', '99-99'],
    ['bytes=-30', '70-99'],
    ['bytes=-500', '0-99'],
    ['bytes=90-500', '90-99'],
    ['bytes=007-009', '7-9'],
    ['bytes=-005', '95-99'],
  ])('R1 reads %j as %s', (range, expected) => {
    expect(decide(range)).toBe(expected);
  });

  it.each(['bytes', 'BYTES', 'Bytes', 'bYtEs'])('R1 knows the unit as %s', (unit) => {
    expect(decide(`${unit}=0-9`)).toBe('0-9');
  });

  it('R1 ignores an absent field', () => {
    expect(decide(undefined)).toBe('whole');
  });

  it.each([
    '',
    'bytes',
    'bytes=',
    'bytes=,',
    'bytes= , ,',
    'bytes=-',
    'bytes=a-b',
    'bytes=0-9a',
    'bytes=0-9-10',
    'bytes=0',
    'bytes=--5',
    'bytes=+0-9',
    'bytes=0-+9',
    'bytes=-1.5',
    'bytes=0x0-9',
    'bytes=1e1-20',
    'bytes=0 -9',
    'bytes=0- 9',
    'bytes=0-9 10-19',
    'bytes=0-9;10-19',
    'bytes=0-9,x',
    'bytes=x,0-9',
    'bytes="0-9"',
    'bytes=0-9,"',
    'bytes= 0-9',
    'bytes =0-9',
    'bytes:0-9',
    'bytes=0-9, bytes=20-29',
    'bytes=\u0660-\u0669',
    'items=0-9',
    'byte=0-9',
    'xbytes=0-9',
    '0-9',
  ])('R1 ignores %j', (range) => {
    expect(decide(range)).toBe('whole');
  });

  it.each([
    'bytes=9-0',
    'bytes=500-400',
    'bytes=0-9,9-0',
    'bytes=10000000000000000000000000000001-10000000000000000000000000000000',
  ])('R1 ignores %j, whose first byte is behind its last', (range) => {
    expect(decide(range)).toBe('whole');
  });

  it('R1 ignores a field of several lines', () => {
    expect(decide(['bytes=0-9', 'bytes=20-29'])).toBe('whole');
    expect(decide(['bytes=0-9'])).toBe('0-9');
  });

  it.each([
    ['bytes=0-9,20-29', '0-9 20-29'],
    ['bytes=0-9, 20-29', '0-9 20-29'],
    ['bytes=0-9\t ,\t 20-29 \t', '0-9 20-29'],
    ['bytes=,0-9', '0-9'],
    ['bytes= , 0-9', '0-9'],
    ['bytes=0-9,,20-29, ,', '0-9 20-29'],
  ])('R1 takes space and empty members as the list rule has them: %j', (range, expected) => {
    expect(decide(range)).toBe(expected);
  });

  const huge = '9'.repeat(30);
  it.each([
    [`bytes=0-${huge}`, '0-99'],
    [`bytes=-${huge}`, '0-99'],
    [`bytes=${huge}-`, 'unsatisfiable'],
    [`bytes=${huge}-${huge}`, 'unsatisfiable'],
    [`bytes=${'0'.repeat(30)}9-10`, '9-10'],
    [`bytes=2-${'0'.repeat(30)}10`, '2-10'],
    [`bytes=0-${'9'.repeat(400)}`, '0-99'],
  ])('R1 reads numbers of any length: %s', (range, expected) => {
    expect(decide(range)).toBe(expected);
  });

  it.each([
    ['bytes=100-', 100],
    ['bytes=100-200', 100],
    ['bytes=-0', 100],
    ['bytes=-0,100-,300-400', 100],
    ['bytes=0-', 0],
    ['bytes=0-0', 0],
    ['bytes=-0', 0],
  ])('R1 finds nothing to satisfy %j in %i bytes', (range, size) => {
    expect(decide(range, size)).toBe('unsatisfiable');
  });

  it('R1 gives the whole of an empty body for a suffix, which is satisfiable', () => {
    expect(decide('bytes=-5', 0)).toBe('whole');
    expect(decide('bytes=0-0,-5', 0)).toBe('whole');
  });

  it('R1 drops what is unsatisfiable beside what is not', () => {
    expect(decide('bytes=100-,0-9,-0,20-29')).toBe('0-9 20-29');
    expect(decide('bytes=500-600,0-9')).toBe('0-9');
  });

  it('R1 answers a single range of all bytes with a range', () => {
    expect(decide('bytes=0-')).toBe('0-99');
    expect(decide('bytes=0-99')).toBe('0-99');
    expect(decide('bytes=0-,100-')).toBe('0-99');
    expect(decide('bytes=0-0', 1)).toBe('0-0');
  });

  it.each([201, 203, 206, 301, 404, 500])('R1 leaves a stored %i whole', (status) => {
    expect(show(ask({ range: 'bytes=0-9' }, 100, entry, status))).toBe('whole');
  });
});

describe('R1 several ranges', () => {
  it.each([
    ['bytes=50-59,0-9,20-29', '50-59 0-9 20-29'],
    ['bytes=0-9,10-19', '0-9 10-19'],
    ['bytes=10-19,0-9', '10-19 0-9'],
    ['bytes=-1,0-0', '99-99 0-0'],
  ])('R1 leaves %j in the order of the client', (range, expected) => {
    expect(decide(range)).toBe(expected);
  });

  it.each([
    ['bytes=0-9,5-14', '0-14'],
    ['bytes=5-14,0-9', '0-14'],
    ['bytes=0-9,9-9', '0-9'],
    ['bytes=0-29,10-19,20-39', '0-39'],
    ['bytes=0-9,0-9', '0-9'],
    ['bytes=0-9,5-14,15-19', '0-19'],
    ['bytes=0-9,5-14,16-19', '0-14 16-19'],
    ['bytes=80-89,5-14,50-59,0-9', '80-89 0-14 50-59'],
    ['bytes=80-89,5-14,50-59,85-', '80-99 5-14 50-59'],
    ['bytes=0-49,-10,45-60', '0-60 90-99'],
  ])('R1 merges what overlaps, at the place of the first: %j', (range, expected) => {
    expect(decide(range)).toBe(expected);
  });

  const apart = (count: number): string[] =>
    Array.from({ length: count }, (_, i) => `${i * 2}-${i * 2}`);

  it('R1 takes 8 ranges, and not 9', () => {
    expect(decide(`bytes=${apart(8).join()}`).split(' ')).toHaveLength(8);
    expect(decide(`bytes=${apart(9).join()}`)).toBe('whole');
  });

  it('R1 counts ranges after merging and without the unsatisfiable', () => {
    expect(decide(`bytes=${[...apart(9), '0-16'].join()}`)).toBe('0-16');
    expect(decide(`bytes=${[...apart(8), '100-', '-0'].join()}`).split(' ')).toHaveLength(8);
  });

  it.each(['bytes=0-49,50-99', 'bytes=50-,0-49', 'bytes=0-59,40-99', 'bytes=0-,0-', 'bytes=0-,-1'])(
    'R1 gives the whole for %j, which is all of it',
    (range) => {
      expect(decide(range)).toBe('whole');
    },
  );

  it('R1 gives ranges where a single byte is left out', () => {
    expect(decide('bytes=0-49,51-99')).toBe('0-49 51-99');
  });
});

describe('R1 If-Range', () => {
  const judge = (ifRange: FieldValue, headers: Fields = entry): string =>
    show(ask({ range: 'bytes=0-9', 'if-range': ifRange }, 100, headers));

  it('R1 needs no validator without If-Range', () => {
    expect(show(ask({ range: 'bytes=0-9' }, 100, {}))).toBe('0-9');
  });

  it.each([
    ['"a"', '"a"', '0-9'],
    [' "a" ', '"a"', '0-9'],
    ['"a,b"', '"a,b"', '0-9'],
    ['"b"', '"a"', 'whole'],
    ['"A"', '"a"', 'whole'],
    ['W/"a"', '"a"', 'whole'],
    ['"a"', 'W/"a"', 'whole'],
    ['W/"a"', 'W/"a"', 'whole'],
    ['"a", "b"', '"a"', 'whole'],
    ['"a", "a"', '"a"', 'whole'],
    ['"a"', '"a", "a"', 'whole'],
    ['*', '"a"', 'whole'],
    ['', '"a"', 'whole'],
    ['a', '"a"', 'whole'],
    ['a', 'a', 'whole'],
    ['"a', '"a', 'whole'],
    ['"a"', undefined, 'whole'],
    ['"a"', '', 'whole'],
  ])('R1 compares the tag %j strongly with %j: %s', (ifRange, etag, expected) => {
    expect(judge(ifRange, { etag, date: later })).toBe(expected);
  });

  it('R1 takes one line only', () => {
    expect(judge(['"a"'])).toBe('0-9');
    expect(judge(['"a"', '"a"'])).toBe('whole');
    expect(judge([modified, modified])).toBe('whole');
  });

  it.each([
    [modified, '0-9'],
    ['Sunday, 06-Nov-94 08:49:37 GMT', '0-9'],
    ['Sun Nov  6 08:49:37 1994', '0-9'],
    ['Sun, 06 Nov 1994 08:49:36 GMT', 'whole'],
    [later, 'whole'],
    ['Sun, 06 Nov 1994 08:49:37', 'whole'],
    ['0', 'whole'],
  ])(
    'R1 takes the date %j only where it is exactly that of Last-Modified: %s',
    (date, expected) => {
      expect(judge(date)).toBe(expected);
    },
  );

  it.each<[headers: Fields, expected: string]>([
    [{ 'last-modified': modified, date: later }, '0-9'],
    [{ 'last-modified': modified, date: modified }, 'whole'],
    [{ 'last-modified': modified, date: 'Sun, 06 Nov 1994 08:49:36 GMT' }, 'whole'],
    [{ 'last-modified': modified }, 'whole'],
    [{ 'last-modified': modified, date: 'x' }, 'whole'],
    [{ 'last-modified': [modified, modified], date: later }, 'whole'],
    [{ date: later }, 'whole'],
  ])('R1 takes a date only where Last-Modified is strong: %j, %s', (headers, expected) => {
    expect(judge(modified, headers)).toBe(expected);
  });

  it('R1 does not answer 416 where If-Range fails', () => {
    expect(show(ask({ range: 'bytes=100-', 'if-range': '"b"' }, 100, entry))).toBe('whole');
    expect(show(ask({ range: 'bytes=100-', 'if-range': '"a"' }, 100, entry))).toBe('unsatisfiable');
  });
});

describe('R1 properties', () => {
  const size = fc.nat(40);
  const number = fc.nat(50);
  type Spec = readonly [first: number | undefined, last: number | undefined];
  const spec: fc.Arbitrary<Spec> = fc.oneof(
    fc.tuple(number, number).map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const),
    number.map((first) => [first, undefined] as const),
    number.map((suffix) => [undefined, suffix] as const),
  );
  const separator = fc.constantFrom(',', ', ', ' ,\t', ',,');

  it('gives exactly the bytes asked for, once each, in at most 8 ranges, and less than the whole', () => {
    fc.assert(
      fc.property(
        fc.array(spec, { minLength: 1, maxLength: 12 }),
        separator,
        size,
        (specs, between, length) => {
          const range = `bytes=${specs.map(([a, b]) => `${a ?? ''}-${b ?? ''}`).join(between)}`;
          const asked = new Set<number>();
          for (const [first, last] of specs) {
            for (let at = 0; at < length; at++) {
              const isIn =
                first === undefined ? at >= length - last! : at >= first && at <= (last ?? at);
              if (isIn) asked.add(at);
            }
          }
          const decision = ask({ range }, length);
          if (decision.kind === 'parts') {
            const { ranges } = decision;
            const given = ranges.flatMap(({ start, end }) =>
              Array.from({ length: end - start + 1 }, (_, i) => start + i),
            );
            expect(given.length).toBe(asked.size);
            expect(new Set(given)).toEqual(asked);
            expect(ranges.length).toBeLessThanOrEqual(8);
            if (ranges.length > 1) expect(given.length).toBeLessThan(length);
          } else if (decision.kind === 'unsatisfiable') {
            expect(asked.size).toBe(0);
          } else {
            expect(asked.size > 0 || length === 0).toBe(true);
          }
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('never throws, and stays inside the body', () => {
    const piece = fc.constantFrom(
      'bytes',
      '=',
      '-',
      ',',
      ' ',
      '\t',
      '0',
      '9',
      '10',
      '"',
      '\\',
      'x',
    );
    const text = fc.oneof(
      fc.string(),
      fc.array(piece).map((pieces) => `bytes=${pieces.join('')}`),
    );
    fc.assert(
      fc.property(
        fc.oneof(text, fc.array(text)),
        fc.option(text, { nil: undefined }),
        size,
        (range, ifRange, length) => {
          const decision = ask({ range, 'if-range': ifRange }, length, entry);
          if (decision.kind !== 'parts') return;
          for (const { start, end } of decision.ranges) {
            expect(start >= 0 && start <= end && end < length).toBe(true);
          }
        },
      ),
      { numRuns: 2000 },
    );
  });

  it.each([
    ['digits', `bytes=${'1'.repeat(200_000)}`],
    ['zeros', `bytes=${'0'.repeat(100_000)}1-${'0'.repeat(100_000)}2`],
    ['empty members', `bytes=${', '.repeat(100_000)}`],
    ['spaces', `bytes=${' '.repeat(200_000)}0-1`],
    ['ranges', `bytes=${'0-0,'.repeat(50_000)}1-1`],
    ['quotes', `bytes=${'"'.repeat(200_000)}`],
  ])('reads 200 KB of %s in linear time', (_, range) => {
    // Of the processor: what else the machine does takes no part in it.
    const start = process.cpuUsage();
    ask({ range });
    const { user, system } = process.cpuUsage(start);
    // Quadratic would be minutes.
    expect((user + system) / 1000).toBeLessThan(1000);
  });
});
