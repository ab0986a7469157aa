// LRU: the entry that was not asked for the longest goes first; exact order. What most caches claim to be.
// Source: Mattson et al., "Evaluation techniques for storage hierarchies" (IBM Systems Journal, 1970).
import { Node, Queue } from './queue.mjs';

export class Lru {
  #nodes = new Map();
  #queue = new Queue();
  #capacity;

  /** @param capacity entries */
  constructor(capacity) {
    this.#capacity = capacity;
  }

  get size() {
    return this.#nodes.size;
  }

  /** Asks for a key and stores it when it is missing. @returns whether it was there */
  access(key) {
    const found = this.#nodes.get(key);
    if (found) {
      this.#queue.push(found);
      return true;
    }
    if (this.#queue.size === this.#capacity) this.#nodes.delete(this.#queue.shift().key);
    const node = new Node(key);
    this.#nodes.set(key, node);
    this.#queue.push(node);
    return false;
  }
}
