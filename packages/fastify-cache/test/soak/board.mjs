// What origins, purgers and the client tell each other beside the cache, in shared memory: the version of each item, and
// by instance the lowest version that a request which is sent from now on may be answered with.
// Invariant: both only rise. Who changes an item does so before it purges; a floor is raised after the purge has returned,
// and read before a request is sent: a floor that is a little old may miss a fault, but never invents one.

export class Board {
  #cells;
  #items;
  #instances;

  /** @returns {SharedArrayBuffer} the memory of a new board */
  static place(items, instances) {
    return new SharedArrayBuffer(items * (1 + instances) * 4);
  }

  constructor(place, items, instances) {
    this.#cells = new Int32Array(place);
    this.#items = items;
    this.#instances = instances;
  }

  get instances() {
    return this.#instances;
  }

  version(item) {
    return Atomics.load(this.#cells, item);
  }

  /** @returns the new version */
  change(item) {
    return Atomics.add(this.#cells, item, 1) + 1;
  }

  floor(instance, item) {
    return Atomics.load(this.#cells, this.#floorAt(instance, item));
  }

  raise(instance, item, version) {
    const at = this.#floorAt(instance, item);
    for (;;) {
      const known = Atomics.load(this.#cells, at);
      if (known >= version) return;
      if (Atomics.compareExchange(this.#cells, at, known, version) === known) return;
    }
  }

  #floorAt(instance, item) {
    return this.#items * (1 + instance) + item;
  }
}
