// What a transport asks of the hub, and what an application asks of `app.realtime`: the contract between the folders.
// Invariant: a subscription gets what was published after `after` (or from now on), in the order of the log, each once; where
// that cannot be kept it gets a gap first.
import type { ChannelOptions } from '../channel/definition.ts';
import type { CloseReason, Connection } from '../connection/connection.ts';
import type { DeliveryFields } from '../delivery.ts';
import type { PresentMember } from '../presence/members.ts';
import type { Tally } from '../stats.ts';

export type { PresentMember };

/** What a subscription tells the client. */
export interface Subscribed {
  /** Up to where the client has been given all, what was replayed included; undefined: the log has not been reached yet. */
  readonly id: string | undefined;
  /** Whether what followed `after` could not be given. The gap was delivered as well. */
  readonly gap: boolean;
  /** Who is there, the client itself included; undefined: the channel has no presence. */
  readonly members: readonly PresentMember[] | undefined;
}

/** The inner face: for transports. */
export interface Hub {
  /** What is counted; the outboxes of connections count here too. */
  readonly tally: Tally;
  /** Id of the newest message of the log; undefined: none is known. Moves in the step in which connections get it. */
  readonly position: string | undefined;
  /** Whether another connection may come: asked before an upgrade.
   * @throws CATZ_REALTIME_CONNECTIONS_LIMIT, CATZ_REALTIME_CLOSED */
  admit(): void;
  /** Id up to which a connection was given all of its channels: behind `position` while a long replay is under way. */
  positionOf(connection: Connection): string | undefined;
  /** Takes a connection in.
   * @throws CATZ_REALTIME_CONNECTIONS_LIMIT, CATZ_REALTIME_CLOSED */
  add(connection: Connection): void;
  /** The client is gone: subscriptions and presence end. Idempotent. */
  remove(connection: Connection): void;
  /** Subscribes a connection to channels: authorises each, replays what they had after `after` in the order of the log, then
   * delivers what comes. All or none. A channel it has already is left as it is. Resolves when all was replayed.
   * @param after  an id that a delivery had; undefined: from now on. What is no id of ours counts as a gap
   * @throws (rejects) CATZ_REALTIME_CHANNEL_NAME, UNKNOWN_CHANNEL, FORBIDDEN, CHANNELS_LIMIT, CLOSED; MESSAGE
   *   where too many of its requests are under way */
  subscribe(
    connection: Connection,
    channels: readonly string[],
    after: string | undefined,
  ): Promise<readonly Subscribed[]>;
  /** @returns whether it had the channel */
  unsubscribe(connection: Connection, channel: string): boolean;
  /** Publishes for a client: only where the channel allows it to, and after its `validate`.
   * @throws (rejects) as `subscribe`, and CATZ_REALTIME_PUBLISH_OFF, DATA, SIZE */
  publishFrom(connection: Connection, message: ClientMessage): Promise<string | undefined>;
}

/** What a client publishes. */
export interface ClientMessage {
  readonly channel: string;
  readonly data: unknown;
  readonly event: string | undefined;
  readonly key: string | undefined;
}

/** What others of this package need besides. */
export interface InnerHub extends Hub {
  /** @throws CATZ_REALTIME_OPTION, CATZ_REALTIME_CHANNEL_NAME, CATZ_REALTIME_CHANNEL_TAKEN */
  define(pattern: string, options: ChannelOptions): void;
  /** Lets channels of a prefix hear of what is published on another. */
  project(projection: Projection): void;
  /** Publishes on a channel that clients know only by projections. Never refuses for want of a definition.
   * @throws (rejects) CATZ_REALTIME_CLOSED, CATZ_REALTIME_DATA, CATZ_REALTIME_SIZE */
  publishOn(source: string, data: unknown): Promise<string | undefined>;
}

/** Makes deliveries of one message of the log for channels that it was not published on. */
export interface Projection {
  /** The channel that it is published on. */
  readonly source: string;
  /** Of the channels that may hear of it. */
  readonly prefix: string;
  /** What one of these channels hears. What it throws is logged, and nothing is heard.
   * @param data  as it was published; parsed once, must not be changed
   * @returns undefined: nothing */
  project(data: unknown, channel: string): Projected | undefined;
}

/** What a channel hears of a message of another one; id and channel are filled in. */
export type Projected = Pick<DeliveryFields, 'kind' | 'data'> &
  Partial<Pick<DeliveryFields, 'event' | 'key'>>;

/** Which connections `disconnect` means. */
export interface ConnectionFilter {
  /** Those subscribed to this channel. Default: any. */
  readonly channel?: string | undefined;
  /** Those it says true for. Default: all. */
  readonly where?: ((request: Connection['request']) => boolean) | undefined;
  /** What they are told. Default: 'revoked'. */
  readonly reason?: CloseReason | undefined;
  /** Asks `authorize` of their channels again, and ends only those that it refuses now. Default: false. */
  readonly unlessAuthorized?: boolean | undefined;
}
