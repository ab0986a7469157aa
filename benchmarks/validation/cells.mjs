// What checks are measured: for each library a value that fits and one that does not, and a row for each way to check it.
import { LABELS, WAYS } from './checks.mjs';

/** @returns [{ id, library, isGood, rows: [{ way, id, group, label }], task }] */
export function checkCells({ quick }) {
  return Object.entries(WAYS).flatMap(([library, ways]) =>
    [true, false].map((isGood) => {
      const input = isGood ? 'good' : 'bad';
      return {
        id: `${library} ${input}`,
        rows: ways.map((way) => ({
          way,
          id: `${way} ${library} ${input}`,
          group: `${library}, a value that ${isGood ? 'fits' : 'has three faults'}`,
          label: LABELS[way],
        })),
        task: { library, isGood, timing: timingOf(quick) },
      };
    }),
  );
}

/** ms */
export function timingOf(quick) {
  return quick ? { warm: 200, window: 50, turns: 4 } : { warm: 600, window: 100, turns: 10 };
}
