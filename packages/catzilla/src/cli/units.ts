// Numbers as people read them. Always in English form, whatever the locale, so that they can be compared.
const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const;

/** `1,234` */
export function countText(count: number): string {
  return count.toLocaleString('en-US');
}

/** `1 route`, `2 routes` */
export function countOf(count: number, noun: string): string {
  return `${countText(count)} ${noun}${count === 1 ? '' : 's'}`;
}

/** `64.0 MiB` */
export function bytesText(bytes: number): string {
  let value = bytes;
  let at = 0;
  for (; value >= 1024 && at < UNITS.length - 1; at++) value /= 1024;
  return `${at === 0 ? value : value.toFixed(1)} ${UNITS[at]!}`;
}

/** `66.7 %`; `–` of nothing */
export function percentText(part: number, whole: number): string {
  return whole === 0 ? '–' : `${((100 * part) / whole).toFixed(1)} %`;
}

/** `250 ms`, `5 s`, `1.5 min`, `2 h`, `1 d`: the largest unit that fits. */
export function durationText(ms: number): string {
  if (ms === Infinity) return 'for ever';
  const units = [
    [86_400_000, 'd'],
    [3_600_000, 'h'],
    [60_000, 'min'],
    [1000, 's'],
  ] as const;
  const [size, name] = units.find(([least]) => ms >= least) ?? [1, 'ms'];
  return `${Number((ms / size).toFixed(1))} ${name}`;
}
