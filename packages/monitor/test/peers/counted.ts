// Readings of threads that have one count each, for tests of who knows it.
import type { PeerReading } from '../../src/peers/messages.ts';
import type { ThreadReading } from '../../src/read/reading.ts';

interface Counted {
  readonly count: number;
}

/** A reading of a thread.
 * @param at  the later, the newer */
export function counted(id: string, at: number, count: number, extra?: unknown): PeerReading {
  return { thread: { id, at, count } as unknown as ThreadReading, extra };
}

export function countOf(reading: PeerReading | undefined): number {
  return (reading?.thread as unknown as Counted | undefined)?.count ?? 0;
}

/** Those that have left are one thread with the counts of all. */
export function foldCounts(sum: PeerReading | undefined, left: PeerReading): PeerReading {
  return counted('left', left.thread.at, countOf(sum) + countOf(left));
}

export function total(readings: readonly PeerReading[]): number {
  return readings.reduce((sum, reading) => sum + countOf(reading), 0);
}
