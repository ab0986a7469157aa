// Backpressure of one connection: passes deliveries on to a sink, and applies the rule for slow clients.
// Invariant: what waits, here and in the sink, never exceeds `maxBufferedBytes`; whoever lost something without being ended
// gets a gap of that channel before anything newer of it. Bytes are shared with all who get the delivery; only references wait.
import { Delivery } from '../delivery.ts';
import type { Encoder } from '../delivery.ts';
import type { Tally } from '../stats.ts';

/** What happens to a client that reads too slowly. */
export type SlowRule = 'disconnect' | 'drop-oldest' | 'latest';

/** Where bytes go: a socket. */
export interface Sink {
  /** Takes bytes, whole, in order. Never throws. */
  write(bytes: Buffer): void;
  /** Bytes taken that the system has not taken yet. */
  readonly bufferedBytes: number;
  /** Calls back, once, when all that was taken is with the system, or soon after. Asked for one callback at a time. */
  onDrain(callback: () => void): void;
}

/** What an outbox is made of. */
export interface OutboxOptions {
  readonly sink: Sink;
  readonly encoder: Encoder;
  readonly slow: SlowRule;
  readonly maxBufferedBytes: number;
  readonly tally: Tally;
  /** Ends the connection as slow; called once, by the rule 'disconnect'. */
  readonly onSlow: () => void;
}

/** How much of the bound goes to the sink before deliveries wait here, where they can still be replaced. */
const SINK_SHARE = 1 / 4;

export class Outbox {
  readonly #options: OutboxOptions;
  readonly #sinkBytes: number;
  /** What waits here, oldest first, by what replaces it, or else by its number; only by the rules that drop. */
  readonly #queue = new Map<string | number, Delivery | Buffer>();
  #count = 0;
  #queuedBytes = 0;
  /** Channels of which something was dropped since their last gap. */
  readonly #lossy = new Set<string>();
  #isWaiting = false;
  #isClosed = false;

  constructor(options: OutboxOptions) {
    this.#options = options;
    this.#sinkBytes = Math.floor(options.maxBufferedBytes * SINK_SHARE);
  }

  /** Bytes that wait for the client, here and in the sink. */
  get bufferedBytes(): number {
    return this.#queuedBytes + this.#options.sink.bufferedBytes;
  }

  /** Whether something waits here, or a gap is still owed: the client is not where the last delivery was. */
  get isBehind(): boolean {
    return this.#queue.size > 0 || this.#lossy.size > 0;
  }

  /** Takes a delivery. Never throws. HOT: benchmarks/realtime */
  deliver(delivery: Delivery): void {
    if (this.#isClosed) return;
    const { sink, encoder, slow, maxBufferedBytes } = this.#options;
    const bytes = delivery.as(encoder);
    const waiting = sink.bufferedBytes;
    if (slow === 'disconnect') {
      if (waiting + bytes.length <= maxBufferedBytes) sink.write(bytes);
      else this.#endSlow();
      return;
    }
    if (!this.isBehind && waiting <= this.#sinkBytes) {
      sink.write(bytes);
      return;
    }
    const name = this.#nameOf(delivery);
    const replaced = this.#queue.get(name);
    // It comes where the newer one would: the order stays that of the log.
    if (replaced instanceof Delivery) this.#forget(name, replaced);
    this.#keep(name, delivery, bytes.length);
  }

  /** Takes an answer to the client: it comes after all that was delivered before it, and is never dropped. Never throws.
   * @returns whether there was room for it */
  say(answer: Buffer): boolean {
    if (this.#isClosed) return true;
    const { sink, maxBufferedBytes } = this.#options;
    if (this.isBehind) {
      this.#keep(this.#count++, answer, answer.length);
      return this.bufferedBytes <= maxBufferedBytes;
    }
    const hasRoom = sink.bufferedBytes + answer.length <= maxBufferedBytes;
    if (hasRoom) sink.write(answer);
    return hasRoom;
  }

  /** Nothing is taken or written from now on. Idempotent. */
  close(): void {
    this.#isClosed = true;
    this.#queue.clear();
    this.#queuedBytes = 0;
    this.#lossy.clear();
  }

  #endSlow(): void {
    this.close();
    this.#options.tally.slowClosed++;
    this.#options.onSlow();
  }

  #keep(name: string | number, one: Delivery | Buffer, length: number): void {
    this.#queue.set(name, one);
    this.#queuedBytes += length;
    for (const [oldest, dropped] of this.#queue) {
      if (this.bufferedBytes <= this.#options.maxBufferedBytes) break;
      if (!(dropped instanceof Delivery)) continue;
      this.#forget(oldest, dropped);
      this.#lossy.add(dropped.channel);
    }
    this.#wait();
  }

  // One with the same key says all that an older one did: nothing is lost by it.
  #nameOf({ kind, channel, key }: Delivery): string | number {
    const isReplaced = this.#options.slow === 'latest' && key !== undefined;
    return isReplaced ? `${kind} ${channel}\n${key}` : this.#count++;
  }

  #forget(name: string | number, delivery: Delivery): void {
    this.#queue.delete(name);
    this.#queuedBytes -= delivery.as(this.#options.encoder).length;
    this.#options.tally.dropped++;
  }

  #wait(): void {
    if (this.#isWaiting) return;
    this.#isWaiting = true;
    this.#options.sink.onDrain(() => {
      this.#isWaiting = false;
      this.#flush();
    });
  }

  #flush(): void {
    const { sink, encoder, tally } = this.#options;
    for (const channel of this.#lossy) {
      sink.write(gapOf(channel).as(encoder));
      tally.gaps++;
    }
    this.#lossy.clear();
    for (const [name, one] of this.#queue) {
      if (sink.bufferedBytes > this.#sinkBytes) break;
      const bytes = one instanceof Delivery ? one.as(encoder) : one;
      this.#queue.delete(name);
      this.#queuedBytes -= bytes.length;
      sink.write(bytes);
    }
    if (this.#queue.size > 0) this.#wait();
  }
}

/** What tells a client that messages of a channel may be missing. */
export function gapOf(channel: string): Delivery {
  return new Delivery({
    kind: 'gap',
    channel,
    id: undefined,
    event: undefined,
    data: 'null',
    key: undefined,
  });
}
