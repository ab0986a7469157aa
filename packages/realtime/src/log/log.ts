// The one log of all channels: what is published goes to the bus and comes back, in one order for all instances, into the
// ring and from there to the hub.
// Invariant: each message is told once, in the order of the log; what may be missing is told as a gap before what follows it.
// While the bus is away, what is published here is told here at once, without an id, and appended later; when it comes back
// by the log it only enters the ring, with the turn at which it was told. Who gets what is left to the hub.
import { randomBytes } from 'node:crypto';
import type { Bus, Message, Subscription } from '@catzilla/bus';
import { Delivery } from '../delivery.ts';
import { errors } from '../errors.ts';
import { Pending } from './pending.ts';
import { Ring } from './ring.ts';
import type { LogEntry, RingBounds } from './ring.ts';
import { decodeWire, encodeWire } from './wire.ts';
import type { LogMessage } from './wire.ts';

/** What a log is made of. */
export interface LogOptions {
  readonly bus: Bus;
  readonly topic: string;
  readonly bounds: RingBounds;
  /** A message, which is in the ring already. Not called for what was in the log before it was reached. */
  readonly onEntry: (entry: LogEntry) => void;
  /** A message that the bus has not taken: for those who are here. */
  readonly onLocal: (delivery: Delivery) => void;
  /** Messages may be missing; the ring knows no place before this any longer. */
  readonly onGap: () => void;
  /** It has read what was there before. Called once. */
  readonly onReached: () => void;
  /** A message was given up: the bus was away for too long, or it is too long for it. */
  readonly onGivenUp: () => void;
}

/** What an entry takes besides its text, about. */
const ENTRY_BYTES = 300;
/** ms to wait for a place that another instance has told a client of, and which may be on its way here. */
const AHEAD = 250;
/** Longest id that is looked for. */
const MAX_ID = 128;

export class Log {
  readonly ring: Ring;
  readonly #options: LogOptions;
  readonly #pending: Pending;
  readonly #subscription: Subscription;
  /** Told here, on the way to the log: the turn of each. */
  readonly #told = new Map<string, number>();
  /** Appends under way, and the id of those that came back before they were answered. */
  readonly #underWay = new Map<string, string | undefined>();
  /** Those who wait for an id. */
  readonly #awaited = new Map<string, Set<() => void>>();
  readonly #prefix = `${randomBytes(9).toString('base64url')}.`;
  #count = 0;
  #turn = 0;
  #isReached = false;
  #isLive = false;
  #isClosed = false;

  constructor(options: LogOptions) {
    this.#options = options;
    const { bus, topic, bounds, onGivenUp } = options;
    this.ring = new Ring(bounds);
    this.#pending = new Pending(
      ({ name, payload }) => bus.append(topic, payload, { id: name }),
      bounds,
      // Still told here: the bus may have taken it, and nobody has heard the answer.
      onGivenUp,
    );
    this.#subscription = bus.subscribe(topic, (message) => this.#take(message), {
      from: 'start',
      onGap: () => this.#skip(),
      onLive: (isLive) => this.#setLive(isLive),
    });
  }

  /** How many messages were told here without an id: what a subscription has been told is what came after its own turn. */
  get turn(): number {
    return this.#turn;
  }

  /** Whether what was in the log before has been read. */
  get isReached(): boolean {
    return this.#isReached;
  }

  /** Messages that the bus has not taken yet. */
  get pending(): number {
    return this.#pending.size;
  }

  /** Publishes.
   * @returns its id; undefined: the bus is away, it was told here and goes to the log later
   * @throws (rejects) CATZ_REALTIME_CLOSED, CATZ_REALTIME_SIZE where the bus takes less than this plugin */
  async publish(message: LogMessage): Promise<string | undefined> {
    if (this.#isClosed) throw new errors.CLOSED();
    const name = this.#prefix + (this.#count++).toString(36);
    const payload = encodeWire({ ...message, name, time: Date.now() });
    // Behind those that wait, or its order would be another one.
    if (this.#pending.size > 0) return this.#tell(message, name, payload);
    this.#underWay.set(name, undefined);
    try {
      return await this.#options.bus.append(this.#options.topic, payload, { id: name });
    } catch (cause) {
      const { code } = cause as { code?: unknown };
      if (code === 'CATZ_BUS_SIZE') {
        throw new errors.SIZE('what the bus takes in', payload.length, { cause });
      }
      const id = this.#underWay.get(name);
      // It was taken, though the answer was not heard.
      if (id !== undefined) return id;
      if (this.#isClosed) throw new errors.CLOSED({ cause });
      return this.#tell(message, name, payload);
    } finally {
      this.#underWay.delete(name);
    }
  }

  /** Waits a little for an id that may be on its way.
   * @returns whether the ring knows it now */
  async hasSoon(id: string): Promise<boolean> {
    if (this.ring.sequenceOf(id) !== undefined) return true;
    if (id === '' || id.length > MAX_ID || this.#isClosed) return false;
    const waiters = this.#awaited.get(id) ?? new Set();
    this.#awaited.set(id, waiters);
    await new Promise<void>((resolve) => {
      const timer = setTimeout(done, AHEAD).unref();
      function done(): void {
        clearTimeout(timer);
        resolve();
        waiters.delete(done);
      }
      waiters.add(done);
    });
    if (waiters.size === 0 && this.#awaited.get(id) === waiters) this.#awaited.delete(id);
    return this.ring.sequenceOf(id) !== undefined;
  }

  /** Ends it; what waits is appended if the bus takes it now. Idempotent. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#subscription.close();
    for (const waiters of this.#awaited.values()) for (const done of waiters) done();
    await this.#pending.close();
  }

  #tell(message: LogMessage, name: string, payload: string): undefined {
    this.#turn++;
    this.#told.set(name, this.#turn);
    this.#options.onLocal(deliveryOf(message, undefined));
    this.#pending.add({ name, payload });
    // What was given up, or taken and swallowed by a gap, never comes back: it must not be remembered for ever.
    if (this.#told.size > 2 * this.#options.bounds.max) {
      for (const oldest of this.#told.keys()) {
        this.#told.delete(oldest);
        break;
      }
    }
    return undefined;
  }

  #take({ position, payload }: Message): void {
    const message = decodeWire(payload);
    if (message === undefined) {
      this.#skip();
      return;
    }
    const { name } = message;
    if (this.#underWay.has(name)) this.#underWay.set(name, position);
    const turn = this.#told.get(name);
    if (turn !== undefined) {
      this.#told.delete(name);
      this.#pending.delete(name);
    }
    const entry: LogEntry = {
      sequence: this.ring.last + 1,
      id: position,
      channel: message.channel,
      delivery: deliveryOf(message, position),
      // As text, and once for each of two transports.
      size: 3 * payload.length + ENTRY_BYTES,
      turn,
    };
    this.ring.push(entry);
    if (this.#isLive) this.#reach();
    if (this.#isReached) this.#options.onEntry(entry);
    const waiters = this.#awaited.get(position);
    if (waiters !== undefined) for (const done of waiters) done();
  }

  #skip(): void {
    this.ring.clear();
    if (this.#isReached) this.#options.onGap();
    if (this.#isLive) this.#mark();
  }

  #setLive(isLive: boolean): void {
    this.#isLive = isLive;
    if (!isLive) return;
    this.#pending.wake();
    // Of a log without a message there is no place to name: it is reached with the first one.
    if (this.ring.lastId === undefined) this.#mark();
    else this.#reach();
  }

  #reach(): void {
    if (this.#isReached) return;
    this.#isReached = true;
    this.#options.onReached();
  }

  // A message for nobody, so that there is a place to name: of an empty log a bus tells none that is sure.
  #mark(): void {
    const name = this.#prefix + (this.#count++).toString(36);
    const mark = { channel: '', data: 'null', event: undefined, key: undefined };
    const payload = encodeWire({ ...mark, name, time: Date.now() });
    // If it fails, the next message is the place.
    this.#options.bus.append(this.#options.topic, payload, { id: name }).catch(() => undefined);
  }
}

function deliveryOf({ channel, data, event, key }: LogMessage, id: string | undefined): Delivery {
  return new Delivery({ kind: 'message', channel, id, event, data, key });
}
