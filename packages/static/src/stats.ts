// What is counted: real events of this registration, in this thread.

/** Counters since the start. */
export interface Counters {
  /** Answers with bytes from memory, 304 and 206 included. */
  hits: number;
  notModified: number;
  /** Answers 206 and 416. */
  ranges: number;
  /** Answers that streamed from disk: files that are too large to be kept. */
  streamed: number;
  /** Paths that were refused without a look. */
  refused: number;
  /** Variants made anew as small as they get. */
  recompressed: number;
}

/** What `app.static.stats()` gives. */
export interface StaticStats extends Readonly<Counters> {
  /** Files read from disk. */
  readonly reads: number;
  /** Variants compressed, those made anew included. */
  readonly compressed: number;
  /** Files that are known now. */
  readonly files: number;
}

export function newCounters(): Counters {
  return { hits: 0, notModified: 0, ranges: 0, streamed: 0, refused: 0, recompressed: 0 };
}
