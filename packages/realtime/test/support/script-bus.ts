// A server and buses on it whose faults a test decides: cut off, an answer that is lost, a log that is wiped or trimmed.
// Invariant: as every bus: one order for all, each message with an id once for a subscriber, a gap before what follows a loss.
import { errors } from '@catzilla/bus';
import type { Bus, GapReason, Message, SubscribeOptions, Subscription } from '@catzilla/bus';

interface Kept extends Message {
  readonly id: string | undefined;
  readonly sequence: number;
}

/** What the buses share. */
export class ScriptServer {
  kept: Kept[] = [];
  /** All that there ever was. */
  readonly all: Kept[] = [];
  readonly buses = new Set<ScriptBus>();
  sequence = 0;
  /** Of the newest message that is gone. */
  floor = 0;

  bus(): ScriptBus {
    const bus = new ScriptBus(this, `origin${this.buses.size}`);
    this.buses.add(bus);
    return bus;
  }

  take(topic: string, payload: string, origin: string, id: string | undefined): string {
    const sequence = ++this.sequence;
    const position = `p${sequence}`;
    const entry = { topic, position, origin, payload: Buffer.from(payload), id, sequence };
    this.kept.push(entry);
    this.all.push(entry);
    for (const bus of this.buses) bus.pump();
    return position;
  }

  /** Forgets all but the newest so many. */
  trim(count: number): void {
    const gone = this.kept.splice(0, Math.max(0, this.kept.length - count));
    this.floor = gone.at(-1)?.sequence ?? this.floor;
  }
}

class Reader implements Subscription {
  readonly ready = Promise.resolve();
  position: string | undefined;
  isLive = false;
  cursor: number;
  readonly seen = new Set<string>();
  readonly topic: string;
  readonly handler: (message: Message) => void;
  readonly options: SubscribeOptions;
  readonly #bus: ScriptBus;

  constructor(
    bus: ScriptBus,
    topic: string,
    handler: (message: Message) => void,
    options: SubscribeOptions,
    cursor: number,
  ) {
    this.#bus = bus;
    this.topic = topic;
    this.handler = handler;
    this.options = options;
    this.cursor = cursor;
  }

  setLive(isLive: boolean): void {
    if (this.isLive === isLive) return;
    this.isLive = isLive;
    this.options.onLive?.(isLive);
  }

  gap(reason: GapReason): void {
    this.options.onGap?.({ topic: this.topic, reason, after: this.position });
  }

  close(): void {
    this.#bus.readers.delete(this);
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

export class ScriptBus implements Bus {
  readonly kind = 'redis';
  readonly origin: string;
  readonly readers = new Set<Reader>();
  readonly #server: ScriptServer;
  isConnected = true;
  /** Appends are taken, and their answers lost. */
  losesAnswers = false;
  /** What appends are refused with. */
  refusal: Error | undefined;
  appends = 0;
  #isPumping = false;
  #isClosed = false;

  constructor(server: ScriptServer, origin: string) {
    this.#server = server;
    this.origin = origin;
  }

  async append(
    topic: string,
    payload: Uint8Array | string,
    options: { readonly id?: string | undefined } = {},
  ): Promise<string> {
    this.appends++;
    if (this.refusal !== undefined) throw this.refusal;
    if (!this.isConnected) throw new errors.UNAVAILABLE(topic, 'it is cut off');
    const text = typeof payload === 'string' ? payload : Buffer.from(payload).toString();
    const position = this.#server.take(topic, text, this.origin, options.id);
    if (!this.losesAnswers) return position;
    // The message may come back before the answer is given up.
    await new Promise((resolve) => setImmediate(resolve));
    throw new errors.UNAVAILABLE(topic, 'the answer was lost');
  }

  subscribe(
    topic: string,
    handler: (message: Message) => void,
    options: SubscribeOptions = {},
  ): Subscription {
    const cursor = options.from === 'start' ? 0 : this.#server.sequence;
    const reader = new Reader(this, topic, handler, options, cursor);
    this.readers.add(reader);
    this.pump();
    return reader;
  }

  /** Neither hears nor is heard. */
  cut(): void {
    this.isConnected = false;
    for (const reader of this.readers) reader.setLive(false);
  }

  restore(): void {
    this.isConnected = true;
    this.pump();
  }

  /** Lets all subscribers hear a gap, and nothing of what was on its way to them. */
  gap(reason: GapReason = 'replaced'): void {
    for (const reader of this.readers) {
      reader.cursor = this.#server.sequence;
      reader.gap(reason);
    }
  }

  pump(): void {
    if (this.#isPumping) return;
    this.#isPumping = true;
    setImmediate(() => {
      this.#isPumping = false;
      if (!this.isConnected || this.#isClosed) return;
      for (const reader of this.readers) this.#deliver(reader);
    });
  }

  #deliver(reader: Reader): void {
    if (reader.cursor < this.#server.floor) {
      if (reader.cursor > 0) reader.gap('trimmed');
      reader.cursor = this.#server.floor;
    }
    for (const message of this.#server.kept) {
      if (message.sequence <= reader.cursor) continue;
      reader.cursor = message.sequence;
      if (message.topic !== reader.topic) continue;
      const name = `${message.origin} ${message.id}`;
      if (message.id !== undefined && reader.seen.has(name)) continue;
      reader.seen.add(name);
      reader.position = message.position;
      reader.handler(message);
    }
    reader.setLive(true);
  }

  health(): ReturnType<Bus['health']> {
    const state = this.isConnected ? 'live' : 'down';
    const lastError = this.isConnected ? undefined : 'it is cut off';
    return { state, kind: this.kind, since: 0, lastError, topics: {} };
  }

  stats(): ReturnType<Bus['stats']> {
    const none = { delivered: 0, duplicates: 0, gaps: 0, reconnects: 0, failures: 0 };
    return { appended: this.appends, ...none, handlerErrors: 0 };
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.readers.clear();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** Lets everything happen that is due: appends, deliveries, what they lead to. */
export async function settle(turns = 6): Promise<void> {
  for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve));
}
