// W-TinyLFU: new entries live in a small LRU window (1 %); what leaves it comes into the main part only if a sketch of
// recent frequencies has seen it more often than the entry that would have to go. Main is a segmented LRU: probation,
// and a protected part of four fifths for what was asked for there.
// Source: Einziger, Friedman and Manes, "TinyLFU: a highly efficient cache admission policy" (TOS 2017). The sketch has
// four counters per entry and row, and ages after ten requests per entry; no doorkeeper, and a window of fixed size.
import { CountMinSketch } from './count-min-sketch.mjs';
import { Node, Queue } from './queue.mjs';

export class WTinyLfu {
  #nodes = new Map();
  #window = new Queue();
  #probation = new Queue();
  #protected = new Queue();
  #windowRoom;
  #mainRoom;
  #protectedRoom;
  #sketch;

  /** @param capacity entries, at least 2 */
  constructor(capacity) {
    this.#windowRoom = Math.max(1, Math.round(capacity / 100));
    this.#mainRoom = capacity - this.#windowRoom;
    this.#protectedRoom = Math.floor(this.#mainRoom * 0.8);
    this.#sketch = new CountMinSketch(4 * capacity, 10 * capacity);
  }

  get size() {
    return this.#nodes.size;
  }

  /** Asks for a key and stores it when it is missing. @returns whether it was there */
  access(key) {
    this.#sketch.add(key);
    const found = this.#nodes.get(key);
    if (found) {
      this.#touch(found);
      return true;
    }
    const node = new Node(key);
    this.#nodes.set(key, node);
    this.#window.push(node);
    if (this.#window.size > this.#windowRoom) this.#admit(this.#window.oldest);
    return false;
  }

  #touch(node) {
    if (node.queue !== this.#probation) {
      node.queue.push(node);
      return;
    }
    this.#protected.push(node);
    if (this.#protected.size > this.#protectedRoom) this.#probation.push(this.#protected.oldest);
  }

  #admit(candidate) {
    if (this.#probation.size + this.#protected.size === this.#mainRoom) {
      const victim = this.#probation.oldest ?? this.#protected.oldest;
      const isBetter = this.#sketch.count(candidate.key) > this.#sketch.count(victim.key);
      this.#evict(isBetter ? victim : candidate);
      if (!isBetter) return;
    }
    this.#probation.push(candidate);
  }

  #evict(node) {
    node.queue.remove(node);
    this.#nodes.delete(node.key);
  }
}
