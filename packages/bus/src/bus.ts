// What a bus is: an ordered log by topic, appended by many, read by many from any position still kept.
// Invariant: a subscriber sees the messages of a topic in one order, each once; whatever it may have missed is told as a
// gap before the next message. What messages mean is left to those who use it.
import type { BusHealth, BusStats } from './health.ts';

/** One message as it is delivered. */
export interface Message {
  readonly topic: string;
  /** Place in the log of the topic; opaque, comparable only for equality. Give the last one seen as `from`. */
  readonly position: string;
  /** `Bus.origin` of the bus that appended it. */
  readonly origin: string;
  /** As appended; must not be written. */
  readonly payload: Buffer;
}

/** Why messages may be missing. 'trimmed': more were appended than the log keeps. 'missing': the log is gone, or shorter
 * than what was seen. 'replaced': another server answers in its place (a failover, a restart), and may lack what the one
 * before had taken. 'overflow': the subscriber was slower than its backlog allows. 'foreign': there is a message that
 * this release cannot read. */
export type GapReason = 'trimmed' | 'missing' | 'replaced' | 'overflow' | 'foreign';

/** Messages between two positions that will not be delivered. */
export interface Gap {
  readonly topic: string;
  readonly reason: GapReason;
  /** The last position delivered before it; undefined: none. */
  readonly after: string | undefined;
}

/** Options of `append`. */
export interface AppendOptions {
  /** Names the message among those of this bus: appended again with the same id, it is delivered once, as long as fewer
   * than `dedupe` messages with an id lie between. 1 to 64 printable ASCII characters. Default: none; appended again, it
   * is another message. */
  readonly id?: string | undefined;
}

/** Options of `subscribe`. */
export interface SubscribeOptions {
  /** 'now': what is appended from now on; 'start': all that is kept; or a position: what follows it. Default: 'now'. */
  readonly from?: 'now' | 'start' | (string & {}) | undefined;
  /** Called before the next message whenever messages may be missing. Must not throw. */
  readonly onGap?: ((gap: Gap) => void) | undefined;
  /** Called when it has caught up with its topic (true), first and after each loss of the connection (false). */
  readonly onLive?: ((isLive: boolean) => void) | undefined;
}

/** One subscriber. Its handler is called from the event loop, never inside `subscribe` or `append`. */
export interface Subscription extends Disposable {
  /** Resolves when it reads from its place in the log; pending while the server cannot be reached. Never rejects. */
  readonly ready: Promise<void>;
  /** Position of the last message delivered, or where it began; undefined before it is ready. */
  readonly position: string | undefined;
  /** Whether what is appended now will be delivered without a reconnect. */
  readonly isLive: boolean;
  /** Ends it; idempotent. */
  close(): void;
}

/** An ordered log by topic. */
export interface Bus extends AsyncDisposable {
  /** Where the log is: in memory of this process, of this thread or another one, or on a server. */
  readonly kind: 'memory' | 'redis';
  /** Unique to this bus object: whoever gets a message tells its own by it. */
  readonly origin: string;
  /** Appends a message.
   * @param topic    1 to 256 characters
   * @param payload  a string is stored as UTF-8; at most `maxMessageBytes`
   * @returns its position, once the log has it
   * @throws (rejects) CATZ_BUS_TOPIC, CATZ_BUS_SIZE, CATZ_BUS_ID, CATZ_BUS_OPTION, CATZ_BUS_CLOSED; CATZ_BUS_UNAVAILABLE
   *   when the server did not say within the deadline that it has it: it may be in the log all the same. Append it again
   *   with the same id, given from the first attempt on, and it is delivered once */
  append(topic: string, payload: Uint8Array | string, options?: AppendOptions): Promise<string>;
  /** Delivers messages of a topic to a handler, own ones included.
   * @throws CATZ_BUS_TOPIC, CATZ_BUS_OPTION, CATZ_BUS_CLOSED */
  subscribe(
    topic: string,
    handler: (message: Message) => void,
    options?: SubscribeOptions,
  ): Subscription;
  /** State of the connection, lag and gaps. Never throws. */
  health(): BusHealth;
  stats(): BusStats;
  /** Ends all subscriptions and the bus's own connections. Idempotent. */
  close(): Promise<void>;
}
