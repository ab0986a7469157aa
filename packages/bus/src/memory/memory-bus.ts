// The bus within one thread: a log in memory, and subscribers that walk along it.
// Invariant: a subscriber is behind by at most what the log keeps; one that falls off its end is told a gap.
// For several threads of a process there is ../port.
import { bytes, checkOptions, int } from '@catzilla/common';
import type { OptionSpecs } from '@catzilla/common';
import type { AppendOptions, Bus, Message, SubscribeOptions, Subscription } from '../bus.ts';
import { checkAppend, checkPayload, checkSubscribe, checkTopic } from '../check.ts';
import { errors } from '../errors.ts';
import type { BusHealth, BusStats } from '../health.ts';
import { handled } from '../handled.ts';
import { Subscriber } from '../subscriber.ts';
import { newTally } from '../tally.ts';
import { MemoryLog } from './memory-log.ts';
import type { Cursor } from './memory-log.ts';

/** How much a log in memory keeps. */
export interface MemoryLogOptions {
  /** Messages kept per topic: how far a subscriber may be behind. Default: 10000. */
  readonly maxLen?: number | undefined;
  /** Bytes of payloads kept per topic; the newest message is kept in any case. Default: Infinity, so only `maxLen` holds. */
  readonly maxBytes?: number | undefined;
  /** Topics kept; the one unused for longest that has no subscriber goes. Default: 10000. */
  readonly maxTopics?: number | undefined;
}

/** Options of memoryBus. */
export interface MemoryBusOptions extends MemoryLogOptions {
  /** Longest payload. Default: 65536. */
  readonly maxMessageBytes?: number | undefined;
  /** Ids that a subscriber remembers, to deliver what is appended again once. Default: 10000. */
  readonly dedupe?: number | undefined;
}

type Settings = Readonly<Record<keyof MemoryBusOptions, number>>;

/** One spec per option of a log. */
export const logSpecs: OptionSpecs<Readonly<Record<keyof MemoryLogOptions, number>>> = {
  maxLen: int({ min: 1, max: 10_000_000, default: 10_000 }),
  maxBytes: bytes({ min: 1, allowInfinity: true, default: Infinity }),
  maxTopics: int({ min: 1, max: 10_000_000, default: 10_000 }),
};

const specs: OptionSpecs<Settings> = {
  ...logSpecs,
  maxMessageBytes: bytes({ min: 1, max: 2 ** 29, default: 65_536 }),
  dedupe: int({ min: 1, max: 10_000_000, default: 10_000 }),
};

/** Messages a subscriber gets in one turn of the event loop. */
const SLICE = 256;

/** Makes a bus within this thread.
 * @throws CATZ_BUS_OPTION
 * @example
 * const bus = memoryBus();
 * bus.subscribe('cities', ({ payload }) => console.log(payload.toString()));
 * await bus.append('cities', 'Nairobi'); */
export function memoryBus(options: MemoryBusOptions = {}): Bus {
  return new MemoryBus(
    checkOptions<Settings>(options, specs, {
      path: 'options',
      error: (message) => new errors.OPTION(message),
    }),
  );
}

class MemoryBus implements Bus {
  readonly kind = 'memory';
  readonly #settings: Settings;
  readonly #log: MemoryLog;
  readonly #tally = newTally();
  readonly #cursors = new Map<Subscriber, Cursor>();
  #since = Date.now();
  #isClosed = false;

  constructor(settings: Settings) {
    this.#settings = settings;
    this.#log = new MemoryLog(settings);
  }

  get origin(): string {
    return this.#log.origin;
  }

  append(topic: string, payload: Uint8Array | string, options?: AppendOptions): Promise<string> {
    return handled(this.#append(topic, payload, options));
  }

  subscribe(
    topic: string,
    handler: (message: Message) => void,
    options?: SubscribeOptions,
  ): Subscription {
    if (this.#isClosed) throw new errors.CLOSED();
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
    const cursor = this.#log.cursor(topic, subscriber.from, () => this.#advance(subscriber));
    this.#cursors.set(subscriber, cursor);
    const { sequence } = cursor;
    if (sequence !== undefined) subscriber.place(this.#log.positionOf(sequence));
    return subscriber;
  }

  health(): BusHealth {
    const topics: Record<string, string | undefined> = {};
    for (const { topic, position } of this.#cursors.keys()) topics[topic] = position;
    const state = this.#isClosed ? 'closed' : 'live';
    return { state, kind: this.kind, since: this.#since, lastError: undefined, topics };
  }

  stats(): BusStats {
    return { ...this.#tally };
  }

  close(): Promise<void> {
    if (this.#isClosed) return Promise.resolve();
    this.#isClosed = true;
    this.#since = Date.now();
    for (const subscriber of this.#cursors.keys()) subscriber.close();
    this.#log.close();
    return Promise.resolve();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #append(
    topic: string,
    payload: Uint8Array | string,
    options: AppendOptions | undefined,
  ): Promise<string> {
    if (this.#isClosed) throw new errors.CLOSED();
    checkTopic(topic);
    const bytesOf = checkPayload(payload, this.#settings.maxMessageBytes);
    const id = checkAppend(options);
    const sequence = this.#log.append(topic, this.origin, bytesOf, id);
    this.#tally.appended++;
    return this.#log.positionOf(sequence);
  }

  // Delivers a slice; true: there is more.
  #advance(subscriber: Subscriber): boolean {
    const cursor = this.#cursors.get(subscriber);
    if (cursor === undefined) return false;
    for (let count = 0; count < SLICE && !subscriber.isClosed; count++) {
      const step = cursor.next();
      if (step === undefined) {
        subscriber.setLive(true);
        return false;
      }
      if ('reason' in step) {
        subscriber.tellGap(step.reason);
        subscriber.place(this.#log.positionOf(step.sequence));
      } else subscriber.deliver(step.message);
    }
    return !subscriber.isClosed;
  }

  #remove(subscriber: Subscriber): void {
    this.#cursors.get(subscriber)?.close();
    this.#cursors.delete(subscriber);
  }
}
