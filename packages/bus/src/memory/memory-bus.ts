// The bus within one process: a ring of messages per topic, and subscribers that walk along it.
// Invariant: a subscriber is behind by at most what the ring keeps; one that falls off its end is told a gap. Positions
// are `<origin>-<sequence>`, one sequence for all topics, so a position of another bus, or of a log that was dropped
// since, is known as such.
import { bytes, checkOptions, int } from '@catzilla/common';
import type { OptionSpecs } from '@catzilla/common';
import type { AppendOptions, Bus, Message, SubscribeOptions, Subscription } from '../bus.ts';
import { checkAppend, checkPayload, checkSubscribe, checkTopic } from '../check.ts';
import { errors } from '../errors.ts';
import type { BusHealth, BusStats } from '../health.ts';
import { newOrigin } from '../origin.ts';
import { handled } from '../handled.ts';
import { Subscriber } from '../subscriber.ts';
import { newTally } from '../tally.ts';
import { TopicLog } from './topic-log.ts';

/** Options of memoryBus. */
export interface MemoryBusOptions {
  /** Messages kept per topic: how far a subscriber may be behind. Default: 10000. */
  readonly maxLen?: number | undefined;
  /** Topics kept; the one unused for longest that has no subscriber goes. Default: 10000. */
  readonly maxTopics?: number | undefined;
  /** Longest payload. Default: 65536. */
  readonly maxMessageBytes?: number | undefined;
  /** Ids that a subscriber remembers, to deliver what is appended again once. Default: 10000. */
  readonly dedupe?: number | undefined;
}

type Settings = Readonly<Record<keyof MemoryBusOptions, number>>;

const specs: OptionSpecs<Settings> = {
  maxLen: int({ min: 1, max: 10_000_000, default: 10_000 }),
  maxTopics: int({ min: 1, max: 10_000_000, default: 10_000 }),
  maxMessageBytes: bytes({ min: 1, max: 2 ** 29, default: 65_536 }),
  dedupe: int({ min: 1, max: 10_000_000, default: 10_000 }),
};

/** Before everything: of a position that is not of this bus. */
const UNKNOWN = -1;
/** Messages a subscriber gets in one turn of the event loop. */
const SLICE = 256;

/** Makes a bus within this process.
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

/** One topic: its log, and where its subscribers are. */
interface Topic {
  readonly log: TopicLog;
  readonly readers: Map<Subscriber, number>;
}

class MemoryBus implements Bus {
  readonly kind = 'memory';
  readonly origin: string = newOrigin();
  readonly #settings: Settings;
  readonly #tally = newTally();
  readonly #topics = new Map<string, Topic>();
  /** Topics with something to deliver. */
  readonly #pending = new Set<Topic>();
  #since = Date.now();
  #sequence = 0;
  /** Sequence when a log was last dropped: a new log cannot know what lay before. */
  #dropped = 0;
  #turn: NodeJS.Immediate | undefined;
  #isClosed = false;

  constructor(settings: Settings) {
    this.#settings = settings;
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
    const entry = this.#topicOf(topic);
    const subscriber = new Subscriber({
      topic,
      handler,
      options: checked,
      tally: this.#tally,
      dedupe: this.#settings.dedupe,
      onClose: (closed) => entry.readers.delete(closed),
    });
    const { from } = subscriber;
    let sequence = entry.log.last;
    if (from === 'start') sequence = entry.log.floor;
    else if (from !== 'now') sequence = this.#sequenceOf(from) ?? UNKNOWN;
    entry.readers.set(subscriber, sequence);
    if (sequence !== UNKNOWN) subscriber.place(this.#positionOf(sequence));
    this.#schedule(entry);
    return subscriber;
  }

  health(): BusHealth {
    const topics: Record<string, string | undefined> = {};
    for (const { readers } of this.#topics.values()) {
      for (const { topic, position } of readers.keys()) topics[topic] = position;
    }
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
    if (this.#turn !== undefined) clearImmediate(this.#turn);
    for (const { readers } of this.#topics.values()) {
      for (const subscriber of readers.keys()) subscriber.close();
    }
    this.#topics.clear();
    this.#pending.clear();
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
    const entry = this.#topicOf(topic);
    const sequence = ++this.#sequence;
    const position = this.#positionOf(sequence);
    entry.log.push(sequence, { topic, position, origin: this.origin, payload: bytesOf, id });
    this.#tally.appended++;
    this.#schedule(entry);
    return position;
  }

  #positionOf(sequence: number): string {
    return `${this.origin}-${sequence}`;
  }

  // The sequence of a position of this bus; undefined for another's.
  #sequenceOf(position: string): number | undefined {
    const [, origin, digits] = /^(.*)-(\d{1,15})$/.exec(position) ?? [];
    const sequence = Number(digits);
    return origin === this.origin && sequence <= this.#sequence ? sequence : undefined;
  }

  #topicOf(topic: string): Topic {
    const known = this.#topics.get(topic);
    if (known !== undefined) {
      if (this.#topics.size < this.#settings.maxTopics) return known;
      // Only a full map needs to know which topic was used last.
      this.#topics.delete(topic);
      this.#topics.set(topic, known);
      return known;
    }
    if (this.#topics.size >= this.#settings.maxTopics) this.#dropOldest();
    const log = new TopicLog(this.#settings.maxLen, this.#dropped);
    const entry = { log, readers: new Map<Subscriber, number>() };
    this.#topics.set(topic, entry);
    return entry;
  }

  #dropOldest(): void {
    for (const [topic, { readers }] of this.#topics) {
      if (readers.size > 0) continue;
      this.#topics.delete(topic);
      this.#dropped = this.#sequence;
      return;
    }
  }

  #schedule(entry: Topic): void {
    this.#pending.add(entry);
    this.#turn ??= setImmediate(() => {
      this.#turn = undefined;
      const pending = [...this.#pending];
      this.#pending.clear();
      for (const one of pending) {
        for (const subscriber of one.readers.keys()) {
          if (this.#advance(subscriber, one)) this.#schedule(one);
        }
      }
    });
  }

  // Delivers a slice; true: there is more.
  #advance(subscriber: Subscriber, { log, readers }: Topic): boolean {
    for (let count = 0; count < SLICE && !subscriber.isClosed; count++) {
      this.#tellLoss(subscriber, log, readers);
      const next = log.next(readers.get(subscriber) ?? log.last);
      if (next === undefined) {
        subscriber.setLive(true);
        return false;
      }
      readers.set(subscriber, next.sequence);
      subscriber.deliver(next.message);
    }
    return !subscriber.isClosed;
  }

  #tellLoss(subscriber: Subscriber, log: TopicLog, readers: Topic['readers']): void {
    const sequence = readers.get(subscriber) ?? log.last;
    if (sequence >= log.floor) return;
    readers.set(subscriber, log.floor);
    if (sequence === UNKNOWN) subscriber.tellGap('replaced');
    else subscriber.tellGap(subscriber.isLive ? 'overflow' : 'trimmed');
    subscriber.place(this.#positionOf(log.floor));
  }
}
