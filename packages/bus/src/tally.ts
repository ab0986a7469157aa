// The counts of a bus while they are being counted.
import type { BusStats } from './health.ts';

/** `BusStats`, writable. */
export type Tally = { -readonly [K in keyof BusStats]: BusStats[K] };

export function newTally(): Tally {
  return {
    appended: 0,
    delivered: 0,
    duplicates: 0,
    gaps: 0,
    reconnects: 0,
    failures: 0,
    handlerErrors: 0,
  };
}
