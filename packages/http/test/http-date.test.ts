import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatHttpDate, parseHttpDate } from '../src/http-date.ts';

const now = Date.UTC(2026, 5, 1);
const sample = Date.UTC(1994, 10, 6, 8, 49, 37);

describe('P4 HTTP dates', () => {
  it.each([
    'Sun, 06 Nov 1994 08:49:37 GMT',
    'Sunday, 06-Nov-94 08:49:37 GMT',
    'Sun Nov  6 08:49:37 1994',
    'sun, 06 nov 1994 08:49:37 gmt',
    'SUNDAY, 06-NOV-94 08:49:37 GMT',
    'SUN NOV  6 08:49:37 1994',
    ' Sun, 06 Nov 1994 08:49:37 GMT\t',
  ])('P4 reads %j', (text) => {
    expect(parseHttpDate(text, now)).toBe(sample);
  });

  it.each([
    '',
    '0',
    '-1',
    'Sun, 06 Nov 1994 08:49:37 UTC',
    'Sun, 06 Nov 1994 08:49:37 EST',
    'Sun, 06 Nov 1994 08:49:37 +0000',
    'Sun, 06 Nov 1994 08:49:37',
    'Sun 06 Nov 1994 08:49:37 GMT',
    'Sun,  06 Nov 1994 08:49:37 GMT',
    'Sun, 06 Nov 1994  08:49:37 GMT',
    'Sun, 06 Nov 1994 08:49:37  GMT',
    'Sun, 06-Nov-1994 08:49:37 GMT',
    'Sun, 06-Nov-94 08:49:37 GMT',
    'Sunday, 06-Nov-1994 08:49:37 GMT',
    'Sunday, 06 Nov 1994 08:49:37 GMT',
    'Sun, 06 Nov 1994 08.49.37 GMT',
    'Sun, 06 Nov 1994 8:49:37 GMT',
    'Sun, 06 Nov 94 08:49:37 GMT',
    'Sun, 6 Nov 1994 08:49:37 GMT',
    'Sun, 06 Nov 1994 24:00:00 GMT',
    'Sun, 06 Nov 1994 08:60:37 GMT',
    'Sun, 06 Nov 1994 08:49:61 GMT',
    'Sun, 31 Feb 1994 08:49:37 GMT',
    'Sun, 00 Nov 1994 08:49:37 GMT',
    'Wed, 29 Feb 2023 08:49:37 GMT',
    'Foo, 06 Nov 1994 08:49:37 GMT',
    'Sun, 06 Foo 1994 08:49:37 GMT',
    'Sun Nov 6 08:49:37 1994',
    'Sun Nov  6 08:49:37 1994 GMT',
    '1994-11-06T08:49:37Z',
    '784111777',
    'x'.repeat(100_000),
  ])('P4 takes %j for no date', (text) => {
    expect(parseHttpDate(text, now)).toBeUndefined();
  });

  it('P4 puts an RFC 850 year more than 50 years ahead into the past century', () => {
    const read = (year: string): number =>
      new Date(parseHttpDate(`Monday, 01-Jun-${year} 00:00:00 GMT`, now)!).getUTCFullYear();
    expect(read('26')).toBe(2026);
    expect(read('76')).toBe(2076);
    expect(read('77')).toBe(1977);
    expect(read('99')).toBe(1999);
    // To the second: one second past the horizon is another century.
    expect(parseHttpDate('Monday, 01-Jun-76 00:00:01 GMT', now)).toBe(
      Date.UTC(1976, 5, 1, 0, 0, 1),
    );
    const turn = Date.UTC(2060, 0, 1);
    expect(parseHttpDate('Friday, 01-Jan-10 00:00:00 GMT', turn)).toBe(Date.UTC(2110, 0, 1));
    expect(parseHttpDate('Friday, 01-Jan-11 00:00:00 GMT', turn)).toBe(Date.UTC(2011, 0, 1));
  });

  it('P4 reads dates past 2038, leap days, leap seconds and the first century', () => {
    expect(parseHttpDate('Thu, 18 Aug 2050 02:01:18 GMT', now)).toBe(
      Date.UTC(2050, 7, 18, 2, 1, 18),
    );
    expect(parseHttpDate('Thu, 29 Feb 2024 00:00:00 GMT', now)).toBe(Date.UTC(2024, 1, 29));
    expect(parseHttpDate('Sat, 31 Dec 2016 23:59:60 GMT', now)).toBe(Date.UTC(2017, 0, 1));
    expect(new Date(parseHttpDate('Sat, 01 Jan 0050 00:00:00 GMT', now)!).getUTCFullYear()).toBe(
      50,
    );
  });

  it('P4 does not depend on the local zone', () => {
    const zone = process.env['TZ'];
    try {
      process.env['TZ'] = 'Asia/Tokyo';
      expect(parseHttpDate('Sun Nov  6 08:49:37 1994', now)).toBe(sample);
    } finally {
      if (zone === undefined) delete process.env['TZ'];
      else process.env['TZ'] = zone;
    }
  });

  it('writes IMF-fixdate and reads it back', () => {
    expect(formatHttpDate(sample + 999)).toBe('Sun, 06 Nov 1994 08:49:37 GMT');
    const seconds = fc.integer({ min: -62_167_219_200, max: 253_402_300_799 });
    fc.assert(
      fc.property(seconds, (second) => {
        expect(parseHttpDate(formatHttpDate(second * 1000), now)).toBe(second * 1000);
      }),
    );
  });

  it('never throws and never returns NaN', () => {
    const parts = fc.constantFrom(
      'Sun',
      ', ',
      '06',
      ' ',
      'Nov',
      '-',
      '94',
      '1994',
      '08:49:37',
      'GMT',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(parts).map((list) => list.join('')),
        ),
        (text) => {
          expect(parseHttpDate(text, now)).not.toBeNaN();
        },
      ),
    );
  });
});
