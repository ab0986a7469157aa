// Numbers as people read them.
import { describe, expect, it } from 'vitest';
import { pageModule } from './support/page-module.ts';

type Format = (value: number | null) => [string, string];
interface Formats {
  text(format: Format, value: number | null | undefined): string;
  count: Format;
  rate: Format;
  ms: Format;
  evenMs: Format;
  bytes: Format;
  percent: Format;
  duration(value: number | null): string;
  clock(at: number, seconds?: boolean): string;
  moment(at: number, now: number): string;
}
const formats = await pageModule<Formats>('format.js');
const shown = (name: 'count' | 'rate' | 'ms' | 'bytes' | 'percent', value: number | null | undefined) => formats.text(formats[name], value).replace('\u00a0', ' '); // prettier-ignore

describe('a number', () => {
  it.each([
    ['count', 0, '0'],
    ['count', 999_999, '999,999'],
    ['count', 12_345_678, '12 M'],
    ['count', 3.2e9, '3.2 G'],
    ['rate', 0, '0 /s'],
    ['rate', 0.004, '<0.01 /s'],
    ['rate', 0.25, '0.25 /s'],
    ['rate', 9.97, '10 /s'],
    ['rate', 12_400, '12,400 /s'],
    ['ms', 0, '0 ms'],
    ['ms', 0.000004, '<0.01 µs'],
    ['ms', 0.000135, '0.14 µs'],
    ['ms', 0.0042, '4.2 µs'],
    ['ms', 0.0994, '99 µs'],
    ['ms', 0.0996, '0.10 ms'],
    ['ms', 0.42, '0.42 ms'],
    ['ms', 7.25, '7.3 ms'],
    ['ms', 999.4, '999 ms'],
    ['ms', 1840, '1.8 s'],
    ['ms', 64_000, '64 s'],
    ['bytes', 0, '0 B'],
    ['bytes', 1023, '1,023 B'],
    ['bytes', 1536, '1.5 KiB'],
    ['bytes', 1024 ** 2 - 1, '1.0 MiB'],
    ['bytes', 183 * 1024 ** 2, '183 MiB'],
    ['percent', 0, '0 %'],
    ['percent', 0.9999, '99.9 %'],
    ['percent', 1, '100 %'],
    ['percent', 1.734, '173 %'],
  ] as const)('%s of %d reads %s', (name, value, wanted) => {
    expect(shown(name, value)).toBe(wanted);
  });

  it.each([
    [0.0001, '0.1 µs'],
    [0.1, '100 µs'],
    [10 ** -2 * 5, '50 µs'],
    [1, '1 ms'],
    [100, '100 ms'],
    [1000, '1 s'],
  ])('on an axis by powers of ten: %d ms reads %s', (value, wanted) => {
    expect(formats.text(formats.evenMs, value).replace('\u00a0', ' ')).toBe(wanted);
  });

  it('that was not measured is a dash', () => {
    for (const name of ['count', 'rate', 'ms', 'bytes', 'percent'] as const) {
      expect([null, undefined, NaN].map((value) => shown(name, value))).toEqual(['–', '–', '–']);
    }
    expect(formats.duration(null)).toBe('–');
  });
});

describe('a time', () => {
  it.each([
    [0, '0 s'],
    [59_999, '59 s'],
    [62_000, '1 min 2 s'],
    [3_600_000, '1 h'],
    [93_784_000, '1 d 2 h'],
    [86_460_000, '1 d'],
  ])('of %d ms reads %s', (value, wanted) => {
    expect(formats.duration(value).replaceAll('\u00a0', ' ')).toBe(wanted);
  });

  it('of today has no date, and one of another day has', () => {
    const now = new Date(2026, 4, 4, 13, 5, 9).getTime();
    expect(formats.moment(now, now)).toBe('13:05:09');
    expect(formats.moment(now - 24 * 3_600_000, now)).toBe('May 03, 13:05:09');
    expect(formats.clock(now, false)).toBe('13:05');
  });
});
