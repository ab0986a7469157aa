// The messages of one topic that are kept: the last `maxLen`, in order, in a ring.
// Invariant: `floor` < every sequence kept <= `last`; nothing above `floor` was ever dropped.
import type { Incoming } from '../subscriber.ts';

export class TopicLog {
  readonly #maxLen: number;
  readonly #ring: Incoming[] = [];
  readonly #sequences: number[] = [];
  /** Index of the oldest one once the ring is full. */
  #head = 0;
  #floor: number;
  #last: number;

  /** @param floor  what a message that was in an earlier log of this topic can have had at most */
  constructor(maxLen: number, floor: number) {
    this.#maxLen = maxLen;
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

  push(sequence: number, message: Incoming): void {
    this.#last = sequence;
    if (this.#ring.length < this.#maxLen) {
      this.#ring.push(message);
      this.#sequences.push(sequence);
      return;
    }
    this.#floor = this.#sequences[this.#head]!;
    this.#ring[this.#head] = message;
    this.#sequences[this.#head] = sequence;
    this.#head = (this.#head + 1) % this.#maxLen;
  }

  /** The oldest message after a sequence; undefined: there is none. */
  next(after: number): { readonly sequence: number; readonly message: Incoming } | undefined {
    if (after >= this.#last) return undefined;
    let low = 0;
    let high = this.#ring.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#sequences[this.#at(middle)]! > after) high = middle;
      else low = middle + 1;
    }
    const at = this.#at(low);
    return { sequence: this.#sequences[at]!, message: this.#ring[at]! };
  }

  #at(index: number): number {
    return (this.#head + index) % this.#ring.length;
  }
}
