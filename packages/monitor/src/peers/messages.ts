// What the threads of an application say to each other. Invariant: plain data that structuredClone takes; both sides run the same
// release, for they are one process.
import type { ThreadReading } from '../read/reading.ts';

/** What is read. */
export interface ReadHow {
  /** Somebody looks, other than what runs all the time. */
  readonly isWatched: boolean;
  /** With `extra`. */
  readonly isFull: boolean;
}

/** A reading, and what else a thread tells: plain data that is not looked at here; undefined where it was not asked for. */
export interface PeerReading {
  readonly thread: ThreadReading;
  readonly extra: unknown;
}

/** Two readings of one thread as what is known of it: the newer one's counts, and what was added last. */
export function latest(known: PeerReading, heard: PeerReading): PeerReading {
  const isNewer = heard.thread.at >= known.thread.at;
  // What it added when it was asked for that is not forgotten for one that was not.
  return {
    thread: isNewer ? heard.thread : known.thread,
    extra: heard.extra ?? known.extra,
  };
}

/** What is known of a thread. */
export interface Known {
  readonly reading: PeerReading;
  /** It is taken to be gone, and may speak again. */
  readonly isGone: boolean;
  /** It has said its last. */
  readonly isFinal: boolean;
}

/** Threads that have left, as one. */
export interface DepartedSum {
  readonly ids: readonly string[];
  /** undefined: there were none. */
  readonly sum: PeerReading | undefined;
}

/** All that a thread knows, to one that has said hello. */
export interface Welcome {
  readonly known: readonly Known[];
  readonly departed: DepartedSum;
  /** ms until whoever says this has heard of all that can be heard of; 0: it has. */
  readonly settlesIn: number;
}

export type Message =
  /** The first word of a thread. Its reading follows. */
  | { readonly type: 'hello'; readonly id: string }
  | { readonly type: 'welcome'; readonly to: string; readonly welcome: Welcome }
  | { readonly type: 'ask'; readonly ask: string; readonly how: ReadHow }
  /** `ask`: what it answers; '': it is told unasked. */
  | { readonly type: 'reading'; readonly ask: string; readonly reading: PeerReading }
  /** The last word of a thread that was closed. */
  | { readonly type: 'bye'; readonly reading: PeerReading }
  /** The last word of one that ends without that, and cannot read itself any more. */
  | { readonly type: 'end'; readonly id: string };
