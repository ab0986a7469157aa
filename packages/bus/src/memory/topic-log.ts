// The messages of one topic that are kept: the newest ones within the bounds, in order.
// Invariant: `floor` < every sequence kept <= `last`; nothing above `floor` was ever dropped.
import type { Incoming } from '../subscriber.ts';

/** How much of a topic is kept. */
export interface TopicBounds {
  readonly maxLen: number;
  /** Of payloads; one message may always be kept. */
  readonly maxBytes: number;
}

/** A message, and its place. */
export interface Entry {
  readonly sequence: number;
  readonly message: Incoming;
}

export class TopicLog {
  readonly #bounds: TopicBounds;
  /** Up to #head they are dropped. */
  #entries: (Entry | undefined)[] = [];
  #head = 0;
  #bytes = 0;
  #floor: number;
  #last: number;

  /** @param bounds  read with each message: they may change
   * @param floor  what a message that was in an earlier log of this topic can have had at most */
  constructor(bounds: TopicBounds, floor: number) {
    this.#bounds = bounds;
    this.#floor = floor;
    this.#last = floor;
  }

  /** Sequence of the newest message that was dropped. */
  get floor(): number {
    return this.#floor;
  }

  get last(): number {
    return this.#last;
  }

  get size(): number {
    return this.#entries.length - this.#head;
  }

  get bytes(): number {
    return this.#bytes;
  }

  push(sequence: number, message: Incoming): void {
    this.#last = sequence;
    this.#entries.push({ sequence, message });
    this.#bytes += message.payload.length;
    const { maxLen, maxBytes } = this.#bounds;
    while (this.size > maxLen || (this.#bytes > maxBytes && this.size > 1)) this.#drop();
    // Amortised: each entry is moved at most once for each time the list has doubled.
    if (this.#head > 64 && this.#head * 2 > this.#entries.length) {
      this.#entries = this.#entries.slice(this.#head);
      this.#head = 0;
    }
  }

  /** The oldest message after a sequence; undefined: there is none. */
  next(after: number): Entry | undefined {
    if (after >= this.#last) return undefined;
    let low = this.#head;
    let high = this.#entries.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#entries[middle]!.sequence > after) high = middle;
      else low = middle + 1;
    }
    return this.#entries[low];
  }

  #drop(): void {
    const { sequence, message } = this.#entries[this.#head]!;
    this.#entries[this.#head] = undefined;
    this.#head++;
    this.#bytes -= message.payload.length;
    this.#floor = sequence;
  }
}
