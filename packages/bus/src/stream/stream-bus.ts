// The bus on Redis Streams: one stream per topic, trimmed at its head, appended by XADD and read by XREAD BLOCK.
// Invariant: two connections, one for appends and one per reader for reads, so that neither waits for the other; both are
// ours unless a client was given, which then appends. Pub/sub would be as fast and lose what is sent while a subscriber
// is away; a stream keeps it, and can tell when it could not.
import type { AppendOptions, Bus, Message, SubscribeOptions, Subscription } from '../bus.ts';
import { checkAppend, checkPayload, checkSubscribe, checkTopic } from '../check.ts';
import { errors } from '../errors.ts';
import { handled } from '../handled.ts';
import type { BusHealth, BusStats } from '../health.ts';
import { newOrigin } from '../origin.ts';
import { Subscriber } from '../subscriber.ts';
import { newTally } from '../tally.ts';
import { Appender } from './appender.ts';
import { Cursor } from './cursor.ts';
import { encode } from './envelope.ts';
import { keyOf, settleStream } from './options.ts';
import type { StreamBusOptions, StreamSettings } from './options.ts';
import { Reader } from './reader.ts';

/** Makes a bus on Redis Streams; begins to connect and returns at once, also when the server is down.
 * @param options  `maxLen` and `prefix` should be the same on every bus of a topic
 * @throws CATZ_BUS_OPTION; CATZ_BUS_DEPENDENCY when ioredis is missing
 * @example
 * const bus = streamBus({ url: 'redis://127.0.0.1:6379' });
 * bus.subscribe('cities', ({ payload }) => console.log(payload.toString()), {
 *   onGap: ({ reason }) => console.log('anything may have changed:', reason),
 * });
 * await bus.append('cities', 'Nairobi'); */
export function streamBus(options: StreamBusOptions): Bus {
  return new StreamBus(settleStream(options));
}

class StreamBus implements Bus {
  readonly kind = 'redis';
  readonly origin: string = newOrigin();
  readonly #settings: StreamSettings;
  readonly #tally = newTally();
  readonly #appender: Appender;
  readonly #cursors = new Map<Subscriber, readonly [Cursor, Reader]>();
  readonly #readers = new Set<Reader>();
  #state: BusHealth['state'] = 'connecting';
  #since = Date.now();
  #closing: Promise<void> | undefined;

  constructor(settings: StreamSettings) {
    this.#settings = settings;
    this.#appender = new Appender(settings, this.#tally, () => this.#update());
  }

  append(topic: string, payload: Uint8Array | string, options?: AppendOptions): Promise<string> {
    return handled(this.#append(topic, payload, options));
  }

  subscribe(
    topic: string,
    handler: (message: Message) => void,
    options?: SubscribeOptions,
  ): Subscription {
    if (this.#closing !== undefined) throw new errors.CLOSED();
    checkTopic(topic);
    const checked = checkSubscribe(handler, options);
    const subscriber = new Subscriber({
      topic,
      handler,
      options: checked,
      tally: this.#tally,
      dedupe: this.#settings.dedupe,
      onClose: (closed) => this.#remove(closed),
    });
    const cursor = new Cursor(subscriber, keyOf(topic, this.#settings));
    const reader = this.#readerFor();
    this.#cursors.set(subscriber, [cursor, reader]);
    reader.add(cursor);
    this.#update();
    return subscriber;
  }

  health(): BusHealth {
    const topics: Record<string, string | undefined> = {};
    for (const { topic, position } of this.#cursors.keys()) topics[topic] = position;
    this.#update();
    const lastErrors = [this.#appender, ...this.#readers].map(({ lastError }) => lastError);
    const lastError = lastErrors.find((text) => text !== undefined);
    return { state: this.#state, kind: this.kind, since: this.#since, lastError, topics };
  }

  stats(): BusStats {
    return { ...this.#tally };
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #append(
    topic: string,
    payload: Uint8Array | string,
    options: AppendOptions | undefined,
  ): Promise<string> {
    if (this.#closing !== undefined) throw new errors.CLOSED();
    checkTopic(topic);
    const bytes = checkPayload(payload, this.#settings.maxMessageBytes);
    const id = checkAppend(options);
    const envelope = encode({ origin: this.origin, id, payload: bytes });
    return this.#appender.append(topic, keyOf(topic, this.#settings), envelope);
  }

  #readerFor(): Reader {
    const isCluster = this.#appender.connection.topology === 'cluster';
    const [shared] = this.#readers;
    if (!isCluster && shared !== undefined) return shared;
    const reader = new Reader({
      settings: this.#settings,
      tally: this.#tally,
      commands: this.#appender.connection,
      onChange: () => this.#update(),
    });
    this.#readers.add(reader);
    return reader;
  }

  #remove(subscriber: Subscriber): void {
    const [cursor, reader] = this.#cursors.get(subscriber)!;
    this.#cursors.delete(subscriber);
    reader.remove(cursor);
    if (!reader.isEmpty) return;
    // Also where it is shared: its read would go on waiting for messages that nobody wants.
    this.#readers.delete(reader);
    void reader.close();
    this.#update();
  }

  #update(): void {
    const state = this.#currentState();
    if (state === this.#state) return;
    this.#state = state;
    this.#since = Date.now();
  }

  #currentState(): BusHealth['state'] {
    if (this.#closing !== undefined) return 'closed';
    const states = [this.#appender.connection, ...this.#readers].map(({ state }) => state);
    // Connected is not enough: what was appended meanwhile has to be delivered first.
    const isCaughtUp = [...this.#cursors.keys()].every(({ isLive }) => isLive);
    if (isCaughtUp && states.every((state) => state === 'ready')) return 'live';
    const hasFailed = states.some((state) => state !== 'ready' && state !== 'connecting');
    // A subscriber that has just come does not make a live bus a connecting one.
    if (!hasFailed && this.#state === 'live') return 'live';
    return hasFailed || this.#state === 'down' ? 'down' : 'connecting';
  }

  async #close(): Promise<void> {
    // After this line #closing is set: what the rest calls finds the bus closed.
    await Promise.resolve();
    this.#update();
    const readers = [...this.#readers];
    for (const subscriber of this.#cursors.keys()) subscriber.close();
    await Promise.all([this.#appender.close(), ...readers.map((reader) => reader.close())]);
  }
}
