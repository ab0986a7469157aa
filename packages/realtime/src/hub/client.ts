// What the hub keeps of a connection and of a channel.
// Invariant: a client is either live (fan-out gives it what comes) or behind (replay gives it, from `cursor` on): nothing is
// given by both, and nothing by neither.
import type { ChannelMatch } from '../channel/registry.ts';
import type { Connection } from '../connection/connection.ts';
import type { Projection } from './hub.ts';

/** A connection. */
export interface Client {
  readonly connection: Connection;
  readonly subscriptions: Map<string, Subscription>;
  /** What presence calls it. */
  readonly memberId: string;
  /** Sequence up to which it was given all, while it is behind. */
  cursor: number;
  isBehind: boolean;
  /** Since when a replay has not moved on; ms of performance.now(). */
  stuckSince: number;
  /** Those who wait for the end of its replay. */
  readonly onLive: (() => void)[];
  /** Channels that are being authorised. */
  reserved: number;
  /** Requests of it that are under way. */
  busy: number;
  /** How often its rights were put in doubt: what was asked before is asked again. */
  doubts: number;
  isGone: boolean;
}

/** A client in a channel. */
export interface Subscription {
  readonly client: Client;
  readonly channel: Channel;
  /** Sequence after which it gets messages: what lies before was given, or is not its business. */
  from: number;
  /** The log's turn when it was made. */
  readonly born: number;
  /** `authorize` let it publish. */
  mayPublish: boolean;
}

/** A channel that somebody here has. */
export interface Channel {
  readonly name: string;
  readonly match: ChannelMatch;
  readonly projection: Projection | undefined;
  readonly subscriptions: Set<Subscription>;
}
