// The optimum: it knows the trace and lets go what is needed latest, or never. No cache can do better, and none that
// must decide at once can do as well: a bound, not a competitor.
// Source: Belady, "A study of replacement algorithms for a virtual-storage computer" (IBM Systems Journal, 1966).

export class Optimum {
  #capacity;
  #nextUse;
  #keys = new Set();
  #trace;
  #heap = [];
  #at = 0;

  /**
   * @param capacity entries
   * @param trace every key that `access` will be asked for, in this order
   */
  constructor(capacity, trace) {
    this.#capacity = capacity;
    this.#trace = trace;
    this.#nextUse = new Float64Array(trace.length);
    const seen = new Map();
    for (let at = trace.length - 1; at >= 0; at--) {
      // Never again is later than all, and still tells the place in the trace and by it the key.
      this.#nextUse[at] = seen.get(trace[at]) ?? trace.length + at;
      seen.set(trace[at], at);
    }
  }

  get size() {
    return this.#keys.size;
  }

  /** Asks for the trace's next key and stores it when it is missing. @returns whether it was there */
  access(key) {
    const isHit = this.#keys.has(key);
    if (!isHit && this.#keys.size === this.#capacity) this.#keys.delete(this.#keyOf(this.#pop()));
    this.#keys.add(key);
    // The entry's former use is now in the past: below all that lives, it is never taken from the heap.
    this.#push(this.#nextUse[this.#at++]);
    return isHit;
  }

  #keyOf(use) {
    return this.#trace[use % this.#trace.length];
  }

  // A binary heap, latest use first.
  #push(use) {
    const heap = this.#heap;
    let at = heap.length;
    for (; at > 0; at = (at - 1) >>> 1) {
      const above = (at - 1) >>> 1;
      if (heap[above] >= use) break;
      heap[at] = heap[above];
    }
    heap[at] = use;
  }

  #pop() {
    const heap = this.#heap;
    const latest = heap[0];
    const moved = heap.pop();
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      if (below >= heap.length) break;
      if (below + 1 < heap.length && heap[below + 1] > heap[below]) below++;
      if (heap[below] <= moved) break;
      heap[at] = heap[below];
      at = below;
    }
    if (heap.length > 0) heap[at] = moved;
    return latest;
  }
}
