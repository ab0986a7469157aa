// Sets of UTF-16 units, as the ranges of a regular expression's classes.
// Invariant: ranges are ascending and do not touch each other.

/** Inclusive ranges. */
export type Units = readonly (readonly [from: number, to: number])[];

const LAST_UNIT = 0xffff;
export const ANY: Units = [[0, LAST_UNIT]];
export const DIGIT: Units = [[48, 57]];
export const WORD: Units = [
  [48, 57],
  [65, 90],
  [95, 95],
  [97, 122],
];
/** What `.` leaves out. */
export const LINE_ENDS: Units = [
  [10, 10],
  [13, 13],
  [0x2028, 0x2029],
];
/** What `\s` means. */
export const SPACE: Units = [
  [9, 13],
  [32, 32],
  [0xa0, 0xa0],
  [0x1680, 0x1680],
  [0x2000, 0x200a],
  [0x2028, 0x2029],
  [0x202f, 0x202f],
  [0x205f, 0x205f],
  [0x3000, 0x3000],
  [0xfeff, 0xfeff],
];

/** What is in either. */
export function united(a: Units, b: Units): Units {
  const ranges = [...a, ...b].sort((x, y) => x[0] - y[0]);
  const result: [number, number][] = [];
  for (const [from, to] of ranges) {
    const last = result.at(-1);
    if (last !== undefined && from <= last[1] + 1) last[1] = Math.max(last[1], to);
    else result.push([from, to]);
  }
  return result;
}

/** What is not in it. */
export function inverted(units: Units): Units {
  const result: [number, number][] = [];
  let next = 0;
  for (const [from, to] of units) {
    if (from > next) result.push([next, from - 1]);
    next = to + 1;
  }
  if (next <= LAST_UNIT) result.push([next, LAST_UNIT]);
  return result;
}

/** Whether a unit is in it. */
export function hasUnit(units: Units, unit: number): boolean {
  return units.some(([from, to]) => unit >= from && unit <= to);
}
