// What a bus tells of itself.

/** State of a bus. */
export interface BusHealth {
  /** 'connecting' until the first success; 'live': delivers; 'down': reconnecting, or
   * the thread that has the log does not answer or has ended; 'closed'. */
  readonly state: 'connecting' | 'live' | 'down' | 'closed';
  readonly kind: 'memory' | 'redis';
  /** Since when it is in this state; ms since the epoch. */
  readonly since: number;
  /** What the connection or the server said last; no secrets. */
  readonly lastError: string | undefined;
  /** Topics with subscribers, and for each the last position delivered. */
  readonly topics: Readonly<Record<string, string | undefined>>;
}

/** Counts of a bus since it was made. */
export interface BusStats {
  readonly appended: number;
  readonly delivered: number;
  /** Messages not delivered a second time. */
  readonly duplicates: number;
  readonly gaps: number;
  readonly reconnects: number;
  /** Appends that failed or ran out of time. */
  readonly failures: number;
  /** Handlers and callbacks that threw; each was caught. */
  readonly handlerErrors: number;
}
