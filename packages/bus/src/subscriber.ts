// One subscriber as every bus drives it: hands out messages and gaps, keeps the position, tells whether it is live.
// Invariant: nothing is called after close(), and what its callbacks throw is counted, never thrown on.
// Where messages come from, and when, is left to the bus.
import type { GapReason, Message, SubscribeOptions, Subscription } from './bus.ts';
import { Window } from './window.ts';
import type { Tally } from './tally.ts';

/** What a message says of itself besides what is delivered: undefined, or an id under which it may come again. */
export interface Incoming extends Message {
  readonly id: string | undefined;
}

/** What a subscriber is made of. */
export interface SubscriberSpec {
  readonly topic: string;
  readonly handler: (message: Message) => void;
  readonly options: SubscribeOptions;
  readonly tally: Tally;
  /** How many ids it remembers. */
  readonly dedupe: number;
  readonly onClose: (subscriber: Subscriber) => void;
}

export class Subscriber implements Subscription {
  readonly topic: string;
  readonly from: string;
  readonly ready: Promise<void>;
  readonly #spec: SubscriberSpec;
  #resolveReady: () => void = () => undefined;
  #window: Window | undefined;
  #position: string | undefined;
  #isLive = false;
  #isClosed = false;

  constructor(spec: SubscriberSpec) {
    this.#spec = spec;
    this.topic = spec.topic;
    this.from = spec.options.from ?? 'now';
    this.ready = new Promise((resolve) => {
      this.#resolveReady = resolve;
    });
  }

  get position(): string | undefined {
    return this.#position;
  }

  get isLive(): boolean {
    return this.#isLive;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Sets where it reads from, and tells that it is ready. */
  place(position: string): void {
    this.#position = position;
    this.#resolveReady();
  }

  deliver({ topic, position, origin, payload, id }: Incoming): void {
    if (this.#isClosed) return;
    this.#position = position;
    if (id !== undefined) {
      this.#window ??= new Window(this.#spec.dedupe);
      if (!this.#window.add(`${origin} ${id}`)) {
        this.#spec.tally.duplicates++;
        return;
      }
    }
    this.#spec.tally.delivered++;
    this.#guarded(() => this.#spec.handler({ topic, position, origin, payload }));
  }

  tellGap(reason: GapReason): void {
    if (this.#isClosed) return;
    this.#spec.tally.gaps++;
    const gap = { topic: this.topic, reason, after: this.#position };
    this.#guarded(() => this.#spec.options.onGap?.(gap));
  }

  setLive(isLive: boolean): void {
    if (this.#isClosed || this.#isLive === isLive) return;
    this.#isLive = isLive;
    this.#guarded(() => this.#spec.options.onLive?.(isLive));
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#isLive = false;
    this.#spec.onClose(this);
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #guarded(call: () => unknown): void {
    try {
      const result = call();
      // An async callback is a mistake, but its rejection must not end the process.
      if (result instanceof Promise) result.catch(() => this.#spec.tally.handlerErrors++);
    } catch {
      this.#spec.tally.handlerErrors++;
    }
  }
}
