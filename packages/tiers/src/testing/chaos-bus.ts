// Any bus, made to fail, wait, hang and lose on purpose, or to be cut off and to come back with or without what it missed.
// Invariant: what is delivered comes in order; as the contract of a bus has it, what is missing is told as a gap, unless
// `drop` was asked for, which no real bus does. What a handler throws is caught and counted.
import { errors } from '@catzilla/bus';
import type {
  AppendOptions,
  Bus,
  BusHealth,
  BusStats,
  Gap,
  GapReason,
  Message,
  SubscribeOptions,
  Subscription,
} from '@catzilla/bus';
import { Chaos, later } from './chaos.ts';
import type { ChaosOptions, ChaosStart } from './chaos.ts';

/** A bus on which things go wrong. */
export interface ChaosBus extends Bus {
  /** Changes what goes wrong, from the next message on; what is not named stays. Methods: append, deliver. A
   * delivery that fails is lost, as one that is dropped; none hangs, which is what `cut` is for.
   * @throws CATZ_TIERS_OPTION */
  set(options: ChaosOptions): void;
  /** Loses the connection: nothing is appended, nothing is delivered, subscribers are told that they are not live. */
  cut(): void;
  /** Gets it back, and delivers what was appended meanwhile.
   * @param lose  why that is lost instead: subscribers are told this gap */
  mend(lose?: GapReason): void;
}

/** Wraps a bus; closing it closes the bus.
 * @throws CATZ_TIERS_OPTION */
export function chaosBus(bus: Bus, options?: ChaosStart): ChaosBus {
  return new WrappedBus(bus, new Chaos(options));
}

type Told = { readonly message: Message } | { readonly gap: Gap } | { readonly isLive: boolean };

/** What subscriptions share with their bus. */
interface Line {
  readonly chaos: Chaos;
  isCut: boolean;
  handlerErrors: number;
}

class WrappedBus implements ChaosBus {
  readonly kind: Bus['kind'];
  readonly origin: string;
  readonly #bus: Bus;
  readonly #line: Line;
  readonly #subscriptions = new Set<WrappedSubscription>();
  #lost = 0;

  constructor(bus: Bus, chaos: Chaos) {
    this.#bus = bus;
    this.#line = { chaos, isCut: false, handlerErrors: 0 };
    this.kind = bus.kind;
    this.origin = bus.origin;
  }

  set(options: ChaosOptions): void {
    this.#line.chaos.set(options);
  }

  cut(): void {
    if (this.#line.isCut) return;
    this.#line.isCut = true;
    this.#line.chaos.release();
    for (const each of this.#subscriptions) each.cut();
  }

  mend(lose?: GapReason): void {
    if (!this.#line.isCut) return;
    this.#line.isCut = false;
    for (const each of this.#subscriptions) each.mend(lose);
  }

  append(topic: string, payload: Uint8Array | string, options?: AppendOptions): Promise<string> {
    const appended = this.#append(topic, payload, options);
    // As with other buses, nobody has to wait for it.
    appended.catch(() => undefined);
    return appended;
  }

  async #append(
    topic: string,
    payload: Uint8Array | string,
    options: AppendOptions | undefined,
  ): Promise<string> {
    const { chaos } = this.#line;
    let isAsked = false;
    const append = (): Promise<string> => {
      if (this.#line.isCut) throw new Error('cut by chaos');
      isAsked = true;
      return this.#bus.append(topic, payload, options);
    };
    try {
      if (this.#line.isCut) throw new Error('cut by chaos');
      return await chaos.run('append', append, () => `lost-${(this.#lost += 1)}`);
    } catch (error) {
      // What the bus itself says stays as it is.
      if (isAsked) throw error;
      throw new errors.UNAVAILABLE(topic, error instanceof Error ? error.message : 'chaos');
    }
  }

  subscribe(
    topic: string,
    handler: (message: Message) => void,
    options: SubscribeOptions = {},
  ): Subscription {
    if (typeof handler !== 'function' || typeof options !== 'object' || options === null) {
      return this.#bus.subscribe(topic, handler, options); // for the bus to refuse it
    }
    const ended = (each: WrappedSubscription): boolean => this.#subscriptions.delete(each);
    const subscription = new WrappedSubscription(this.#line, topic, handler, options, ended);
    subscription.open(this.#bus);
    this.#subscriptions.add(subscription);
    return subscription;
  }

  health(): BusHealth {
    const health = this.#bus.health();
    if (!this.#line.isCut || health.state === 'closed') return health;
    return { ...health, state: 'down', lastError: 'cut by chaos' };
  }

  stats(): BusStats {
    const stats = this.#bus.stats();
    return { ...stats, handlerErrors: stats.handlerErrors + this.#line.handlerErrors };
  }

  async close(): Promise<void> {
    for (const each of this.#subscriptions) each.close();
    this.#line.chaos.release();
    await this.#bus.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

class WrappedSubscription implements Subscription {
  readonly #line: Line;
  readonly #topic: string;
  readonly #handler: (message: Message) => void;
  readonly #options: SubscribeOptions;
  readonly #ended: (self: WrappedSubscription) => void;
  /** Set by `open`, which is apart because a bus may throw. */
  #inner!: Subscription;
  readonly #held: Told[] = [];
  #isPumping = false;
  #isLive = false;
  #isClosed = false;
  #position: string | undefined;

  constructor(
    line: Line,
    topic: string,
    handler: (message: Message) => void,
    options: SubscribeOptions,
    ended: (self: WrappedSubscription) => void,
  ) {
    this.#line = line;
    this.#topic = topic;
    this.#handler = handler;
    this.#options = options;
    this.#ended = ended;
  }

  /** @throws what the bus throws */
  open(bus: Bus): void {
    const { onGap, onLive } = this.#options;
    const isFit = (value: unknown): boolean => value === undefined || typeof value === 'function';
    this.#inner = bus.subscribe(this.#topic, (message) => this.#take({ message }), {
      ...this.#options,
      // What does not fit goes through, for the bus to refuse it.
      onGap: isFit(onGap) ? (gap) => this.#take({ gap }) : onGap,
      onLive: isFit(onLive) ? (isLive) => this.#take({ isLive }) : onLive,
    });
  }

  get ready(): Promise<void> {
    return this.#inner.ready;
  }

  get position(): string | undefined {
    return this.#position ?? this.#inner.position;
  }

  get isLive(): boolean {
    return this.#inner.isLive && !this.#line.isCut;
  }

  cut(): void {
    // Until the first message it is where it began.
    this.#position ??= this.#inner.position;
    if (this.#isLive) this.#give({ isLive: false });
  }

  mend(lose: GapReason | undefined): void {
    if (lose !== undefined) {
      const kept = this.#held.splice(0).filter((told) => !('message' in told));
      const gap = { topic: this.#topic, reason: lose, after: this.position };
      this.#held.push({ gap }, ...kept);
    }
    if (this.#inner.isLive) this.#held.push({ isLive: true });
    void this.#pump();
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#held.length = 0;
    this.#inner.close();
    this.#ended(this);
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #take(told: Told): void {
    this.#held.push(told);
    void this.#pump();
  }

  /** Gives what is held, in order, as long as the line is not cut. */
  async #pump(): Promise<void> {
    if (this.#isPumping) return;
    this.#isPumping = true;
    const { chaos } = this.#line;
    while (this.#held.length > 0 && !this.#line.isCut) {
      const told = this.#held[0]!;
      const isMessage = 'message' in told;
      const delay = isMessage ? chaos.delayOf('deliver') : 0;
      if (delay > 0) {
        await later(delay);
        // Cut, or lost, while it waited.
        if (this.#line.isCut || this.#held[0] !== told) continue;
      }
      this.#held.shift();
      if (!isMessage || !chaos.loses('deliver')) this.#give(told);
    }
    this.#isPumping = false;
  }

  #give(told: Told): void {
    if (this.#isClosed) return;
    try {
      const result: unknown = this.#call(told);
      // Async functions are taken as handlers too.
      if (result instanceof Promise) result.catch(() => this.#failed());
    } catch {
      this.#failed();
    }
  }

  #call(told: Told): unknown {
    if ('message' in told) {
      this.#position = told.message.position;
      return this.#handler(told.message);
    }
    if ('gap' in told) return this.#options.onGap?.(told.gap);
    if (this.#isLive === told.isLive) return undefined;
    this.#isLive = told.isLive;
    return this.#options.onLive?.(told.isLive);
  }

  #failed(): void {
    this.#line.handlerErrors += 1;
  }
}
