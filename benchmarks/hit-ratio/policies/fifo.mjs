// FIFO: the entry that came first goes first, whether it was read or not. The floor of the comparison.
// Source: Belady, "A study of replacement algorithms for a virtual-storage computer" (IBM Systems Journal, 1966).

export class Fifo {
  #keys = new Set();
  #ring;
  #at = 0;

  /** @param capacity entries */
  constructor(capacity) {
    this.#ring = Array.from({ length: capacity });
  }

  get size() {
    return this.#keys.size;
  }

  /** Asks for a key and stores it when it is missing. @returns whether it was there */
  access(key) {
    if (this.#keys.has(key)) return true;
    this.#keys.delete(this.#ring[this.#at]);
    this.#keys.add(key);
    this.#ring[this.#at] = key;
    this.#at = (this.#at + 1) % this.#ring.length;
    return false;
  }
}
