// S3-FIFO of object granularity: a small queue (a tenth) that new entries must pass, a main queue, and a ghost of keys.
// An entry asked for often enough moves from small to main with its count cleared; others leave their key in the ghost,
// which holds as many keys as main has entries, and come to main at once if they are asked for again while it is there.
// Main gives what was asked for another round for each count, of at most 3.
// Source: Yang et al., "FIFO queues are all you need for cache eviction" (SOSP 2023). Its pseudocode wants two hits to
// move from small to main, its later descriptions also one, which is what our engine does: `promoteAt` is either.
import { Node, Queue } from './queue.mjs';

const MOST = 3;

export class S3Fifo {
  #nodes = new Map();
  #small = new Queue();
  #main = new Queue();
  #ghosts = new Map();
  #ghostQueue = new Queue();
  #capacity;
  #smallRoom;
  #promoteAt;

  /**
   * @param capacity entries
   * @param options.promoteAt hits in the small queue that take an entry to main; default 1
   */
  constructor(capacity, { promoteAt = 1 } = {}) {
    this.#capacity = capacity;
    this.#smallRoom = Math.max(1, Math.floor(capacity / 10));
    this.#promoteAt = promoteAt;
  }

  get size() {
    return this.#nodes.size;
  }

  /** Asks for a key and stores it when it is missing. @returns whether it was there */
  access(key) {
    const found = this.#nodes.get(key);
    if (found) {
      if (found.frequency < MOST) found.frequency++;
      return true;
    }
    while (this.#nodes.size >= this.#capacity) this.#makeRoom();
    const ghost = this.#ghosts.get(key);
    if (ghost) this.#forget(ghost);
    const node = new Node(key);
    this.#nodes.set(key, node);
    (ghost ? this.#main : this.#small).push(node);
    return false;
  }

  // One step; it evicts at most one entry.
  #makeRoom() {
    if (this.#small.size >= this.#smallRoom || this.#main.size === 0) {
      const node = this.#small.oldest;
      if (node.frequency >= this.#promoteAt) {
        node.frequency = 0;
        this.#main.push(node);
      } else {
        this.#evict(node);
        this.#remember(node);
      }
    } else if (this.#main.oldest.frequency > 0) {
      this.#main.oldest.frequency--;
      this.#main.push(this.#main.oldest);
    } else {
      this.#evict(this.#main.oldest);
    }
  }

  #evict(node) {
    node.queue.remove(node);
    this.#nodes.delete(node.key);
  }

  #remember(node) {
    this.#ghosts.set(node.key, node);
    this.#ghostQueue.push(node);
    if (this.#ghostQueue.size > this.#capacity - this.#smallRoom)
      this.#forget(this.#ghostQueue.oldest);
  }

  #forget(node) {
    this.#ghostQueue.remove(node);
    this.#ghosts.delete(node.key);
  }
}
