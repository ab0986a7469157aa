// What is counted, since the plugin was registered, in this process.

/** Counts that go up. */
export interface Tally {
  published: number;
  delivered: number;
  dropped: number;
  gaps: number;
  slowClosed: number;
  replayed: number;
  refused: number;
}

/** What `app.realtime.stats()` tells. */
export interface RealtimeStats extends Readonly<Tally> {
  readonly connections: { readonly websocket: number; readonly sse: number };
  /** Channels that somebody here has. */
  readonly channels: number;
  /** Pairs of a connection and a channel. */
  readonly subscriptions: number;
  /** Messages published here, by the server and by clients. */
  readonly published: number;
  /** Deliveries handed to connections, replayed ones included. */
  readonly delivered: number;
  /** Of them, those that a rule for slow clients dropped or replaced. */
  readonly dropped: number;
  /** Gaps told to clients. */
  readonly gaps: number;
  /** Connections ended because they read too slowly. */
  readonly slowClosed: number;
  /** Deliveries out of the history. */
  readonly replayed: number;
  /** Connections, subscriptions and messages of clients that were refused. */
  readonly refused: number;
  /** Bytes that wait for clients to read. */
  readonly bufferedBytes: number;
  /** Messages that the bus has not taken yet. */
  readonly pending: number;
}

export function newTally(): Tally {
  return {
    published: 0,
    delivered: 0,
    dropped: 0,
    gaps: 0,
    slowClosed: 0,
    replayed: 0,
    refused: 0,
  };
}
