// SIEVE: one queue in order of arrival and a hand that moves from old to new. It takes the mark off entries that were
// asked for since it last passed, leaving them where they are, and evicts the first one without a mark.
// Source: Zhang et al., "SIEVE is simpler than LRU: an efficient turn-key eviction algorithm for web caches" (NSDI 2024).
import { Node, Queue } from './queue.mjs';

export class Sieve {
  #nodes = new Map();
  #queue = new Queue();
  #hand;
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
      found.frequency = 1;
      return true;
    }
    if (this.#queue.size === this.#capacity) this.#evict();
    const node = new Node(key);
    this.#nodes.set(key, node);
    this.#queue.push(node);
    return false;
  }

  #evict() {
    let node = this.#hand ?? this.#queue.oldest;
    while (node.frequency > 0) {
      node.frequency = 0;
      node = node.newer ?? this.#queue.oldest;
    }
    this.#hand = node.newer;
    this.#queue.remove(node);
    this.#nodes.delete(node.key);
  }
}
