// Numbers as people read them.
import { expect, it } from 'vitest';
import { bytesText, countOf, countText, durationText, percentText } from '../../src/cli/units.ts';

it('writes counts, sizes, shares and durations', () => {
  expect(countText(1_234_567)).toBe('1,234,567');
  expect([countOf(1, 'route'), countOf(0, 'route')]).toStrictEqual(['1 route', '0 routes']);
  expect([0, 1023, 1024, 67_108_864, 3 * 1024 ** 5].map(bytesText)).toStrictEqual([
    '0 B',
    '1023 B',
    '1.0 KiB',
    '64.0 MiB',
    '3072.0 TiB',
  ]);
  expect([percentText(2, 3), percentText(0, 0)]).toStrictEqual(['66.7 %', '–']);
  const durations = [250, 5_000, 90_000, 7_200_000, 86_400_000, Infinity];
  expect(durations.map(durationText)).toStrictEqual([
    '250 ms',
    '5 s',
    '1.5 min',
    '2 h',
    '1 d',
    'for ever',
  ]);
});
