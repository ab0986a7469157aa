// The cache's end of the bus: tells others what changed here, in batches of one turn of the event loop, and hands on what
// others tell. Invariant: `flush` follows the write it speaks of, so whoever hears of a change finds it done at the remote
// tier; what the bus did not take is kept, in order, and told again; beyond the bound everybody must forget everything.
import { randomUUID } from 'node:crypto';
import type { Bus, Gap, Subscription } from '@catzilla/bus';
import type { WriteStatus } from '../tiered-cache.ts';
import { decodeInvalidation, encodeInvalidation } from './message.ts';
import type { Invalidation } from './message.ts';

/** Messages kept for a bus that is down. */
const MAX_BACKLOG = 10_000;
const RETRY_EVERY = 500;

/** Topic of a cache's invalidations. */
export function topicOf(name: string): string {
  return `tiers:${name}`;
}

/** Who hears of changes elsewhere. */
export interface AnnouncerHost {
  /** A change at another process. `position` is to be remembered for the next start. */
  onChange(change: Invalidation, position: string): void;
  /** What was told here has come back: a place to be remembered as well. */
  onOwn(position: string): void;
  /** Changes may have been missed. */
  onGap(reason: string): void;
  /** Delivery lags (false), or has caught up (true). */
  onLive(isLive: boolean): void;
  /** Takes a stamp seen elsewhere into account; makes one for what must be told by us. */
  witness(stamp: number): void;
  stamp(): number;
}

/** A message, and the id by which a log that was late to say that it has it gets it once. */
interface Telling {
  readonly id: string;
  readonly text: string;
}

/** Tells and hears of changes. */
export class Announcer {
  readonly bus: Bus;
  readonly #topic: string;
  readonly #host: AnnouncerHost;
  readonly #subscription: Subscription;
  /** Keys that changed, by namespace, and the newest stamp of each. */
  #keys = new Map<string, Map<string, number>>();
  #turn: Promise<boolean> | undefined;
  /** Calls that wait for the log. */
  #telling = 0;
  #backlog: Telling[] = [];
  /** Two announcers may share a bus. */
  readonly #origin = randomUUID().slice(0, 8);
  #told = 0;
  #hasOverflown = false;
  #retry: NodeJS.Timeout | undefined;
  #isClosed = false;

  /** @param from  position to begin from, if one is remembered */
  constructor(bus: Bus, name: string, host: AnnouncerHost, from: string | undefined) {
    this.bus = bus;
    this.#topic = topicOf(name);
    this.#host = host;
    this.#subscription = bus.subscribe(
      this.#topic,
      (message) => {
        if (message.origin === bus.origin) host.onOwn(message.position);
        else this.#receive(message.payload, message.position);
      },
      {
        from: from ?? 'now',
        onGap: (gap: Gap) => host.onGap(gap.reason),
        onLive: (isLive) => host.onLive(isLive),
      },
    );
  }

  /** Whether what is told now anywhere will be heard here without a reconnect. */
  get isLive(): boolean {
    return this.#subscription.isLive;
  }

  /** Resolves when it first hears; never rejects. */
  get ready(): Promise<void> {
    return this.#subscription.ready;
  }

  /** Place in the log, for the next start. */
  get position(): string | undefined {
    return this.#subscription.position;
  }

  /** Messages to be told again. */
  get backlog(): number {
    return this.#backlog.length;
  }

  /** Tells that keys changed. One message for all keys of one turn. */
  async keys(ns: string, keys: readonly string[], stamp: number): Promise<WriteStatus> {
    if (this.#isClosed) return 'failed';
    let waiting = this.#keys.get(ns);
    if (waiting === undefined) this.#keys.set(ns, (waiting = new Map()));
    for (const key of keys) waiting.set(key, Math.max(waiting.get(key) ?? 0, stamp));
    this.#turn ??= this.#nextTurn().then(() => this.#flush());
    return (await this.#turn) ? 'ok' : 'failed';
  }

  /** Tells that tags were invalidated. */
  async tags(tags: readonly string[], isSoft: boolean, stamp: number): Promise<WriteStatus> {
    return this.#tell(encodeInvalidation({ kind: 'tags', tags, isSoft, stamp }));
  }

  /** Tells that a namespace was emptied. */
  async clear(ns: string, stamp: number): Promise<WriteStatus> {
    return this.#tell(encodeInvalidation({ kind: 'clear', ns, stamp }));
  }

  /** Stops hearing and telling. What is still waiting is told first. */
  async close(): Promise<void> {
    await this.#turn;
    this.#isClosed = true;
    clearTimeout(this.#retry);
    this.#subscription.close();
  }

  // While the log is idle, what is told within this very turn makes one message; while it is busy, all that comes until the
  // loop has turned.
  #nextTurn(): Promise<void> {
    if (this.#telling === 0) return Promise.resolve();
    return new Promise((resolve) => setImmediate(resolve));
  }

  async #flush(): Promise<boolean> {
    const waiting = this.#keys;
    this.#keys = new Map();
    this.#turn = undefined;
    const messages: string[] = [];
    for (const [ns, changes] of waiting)
      messages.push(...encodeInvalidation(messageOf(ns, changes)));
    return (await this.#tell(messages)) === 'ok';
  }

  async #tell(messages: readonly string[]): Promise<WriteStatus> {
    this.#telling++;
    try {
      return (await this.#append(this.#name(messages))) ? 'ok' : 'failed';
    } finally {
      this.#telling--;
    }
  }

  #name(messages: readonly string[]): Telling[] {
    return messages.map((text) => ({ id: `${this.#origin}-${this.#told++}`, text }));
  }

  async #append(tellings: readonly Telling[]): Promise<boolean> {
    if (this.#isClosed) return false;
    const failed: Telling[] = [];
    await Promise.all(
      tellings.map((telling) =>
        this.bus
          .append(this.#topic, telling.text, { id: telling.id })
          .catch(() => failed.push(telling)),
      ),
    );
    if (failed.length > 0) this.#keep(failed);
    return failed.length === 0;
  }

  #keep(tellings: readonly Telling[]): void {
    this.#backlog.push(...tellings);
    if (this.#backlog.length > MAX_BACKLOG) {
      this.#backlog = [];
      this.#hasOverflown = true;
    }
    this.#retryLater();
  }

  #retryLater(): void {
    if (this.#isClosed) return;
    this.#retry ??= setTimeout(() => {
      this.#retry = undefined;
      void this.#tellAgain();
    }, RETRY_EVERY).unref();
  }

  // One finds out, another each time: a log that takes messages and is late to say so would else get all of them again and
  // again.
  async #tellAgain(): Promise<void> {
    if (this.#hasOverflown) {
      this.#hasOverflown = false;
      const stamp = this.#host.stamp();
      this.#backlog.unshift(...this.#name(encodeInvalidation({ kind: 'clear', ns: '', stamp })));
    }
    const first = this.#backlog.shift();
    if (first !== undefined && (await this.#append([first]))) {
      await this.#append(this.#backlog.splice(0));
    }
  }

  #receive(payload: Buffer, position: string): void {
    const change = decodeInvalidation(payload);
    if (change === undefined) return this.#host.onGap('unknown message');
    this.#host.witness(change.stamp);
    this.#host.onChange(change, position);
  }
}

// A stamp for each key only where they differ: most messages are of one change.
function messageOf(ns: string, changes: ReadonlyMap<string, number>): Invalidation {
  const stamps = [...changes.values()];
  const stamp = stamps.reduce((newest, each) => Math.max(newest, each), 0);
  const message: Invalidation = { kind: 'keys', ns, keys: [...changes.keys()], stamp };
  return stamps.every((each) => each === stamp) ? message : { ...message, stamps };
}
