// What participants tell each other beside the cache: which version of each key every later read must at least see,
// and how far they are. Independent of the engine under test: for threads shared memory, for processes a file, by
// pread and pwrite, of which a read that starts after a write has returned sees that write.
//
// Soundness: a writer publishes after its call returned; a reader takes its bound before its call begins. A bound that
// is a little old is a lower one, which may miss a fault but never invents one. Each cell has one writer, and cells of
// versions only rise. In the file a cell stands with its complement: one torn by a read in the middle of a write is
// left as it was last seen. A killed process leaves its row whole, and its successor goes on with it.
import { closeSync, openSync, readSync, writeFileSync, writeSync } from 'node:fs';

/** Cells that each participant counts in. */
export const COUNTERS = ['operations', 'hits', 'corrupt', 'stale', 'wrong', 'rssKiB', 'recoveries'];
const COUNTER_CELLS = 8;

export class Board {
  #slots;
  #keys;
  #rowCells;
  #cells;
  #file;
  #pairs;

  /** The place of a new board for threads. */
  static inMemory({ slots, keys }) {
    return new SharedArrayBuffer(slots * (COUNTER_CELLS + 2 * keys) * 4);
  }

  /** The same for processes: makes the file. */
  static inFile(path, { slots, keys }) {
    writeFileSync(path, Buffer.alloc(slots * (COUNTER_CELLS + 2 * keys) * 8));
    return path;
  }

  constructor({ slots, keys }, place) {
    this.#slots = slots;
    this.#keys = keys;
    this.#rowCells = COUNTER_CELLS + 2 * keys;
    if (typeof place !== 'string') {
      this.#cells = new Int32Array(place);
      return;
    }
    this.#file = openSync(place, 'r+');
    this.#cells = new Int32Array(slots * this.#rowCells);
    this.#pairs = new Int32Array(this.#cells.length * 2);
    this.refresh();
  }

  get slots() {
    return this.#slots;
  }

  get keys() {
    return this.#keys;
  }

  /** The participant that alone writes a key. */
  ownerOf(key) {
    return key % this.#slots;
  }

  /** Brings what the others have published up to date. Shared memory is so anyway. */
  refresh() {
    if (this.#file === undefined) return;
    const pairs = this.#pairs;
    readSync(this.#file, pairs, 0, pairs.byteLength, 0);
    for (let i = 0; i < this.#cells.length; i++) {
      if (pairs[2 * i + 1] === ~pairs[2 * i]) this.#cells[i] = pairs[2 * i];
    }
  }

  /** The last version that the key's owner has published. */
  published(key) {
    return Atomics.load(this.#cells, this.#publishedAt(key));
  }

  /** The lowest version that a read may give which begins now. */
  lowest(key) {
    let lowest = this.published(key);
    for (let slot = 0; slot < this.#slots; slot++) {
      lowest = Math.max(lowest, Atomics.load(this.#cells, this.#floorAt(slot, key)));
    }
    return lowest;
  }

  /** Says that no read from now on may give the key's versions before this one. By the key's owner. */
  publish(key, version) {
    this.#write(this.#publishedAt(key), [version]);
  }

  /** Says the same for keys that a participant does not own.
   * @param {Map<number, number>} versions  by key */
  raise(slot, versions) {
    const floors = Array.from({ length: this.#keys }, (_, key) =>
      Math.max(versions.get(key) ?? 0, Atomics.load(this.#cells, this.#floorAt(slot, key))),
    );
    this.#write(this.#floorAt(slot, 0), floors);
  }

  counter(slot, name) {
    return Atomics.load(this.#cells, slot * this.#rowCells + COUNTERS.indexOf(name));
  }

  /** Sum over all participants. */
  total(name) {
    let total = 0;
    for (let slot = 0; slot < this.#slots; slot++) total += this.counter(slot, name);
    return total;
  }

  /** The highest of any participant. */
  highest(name) {
    let highest = 0;
    for (let slot = 0; slot < this.#slots; slot++) {
      highest = Math.max(highest, this.counter(slot, name));
    }
    return highest;
  }

  /** Writes a participant's own counters.
   * @param {Partial<Record<string, number>>} counters  those left out are 0 */
  report(slot, counters) {
    this.#write(
      slot * this.#rowCells,
      COUNTERS.map((name) => counters[name] ?? 0),
    );
  }

  close() {
    if (this.#file !== undefined) closeSync(this.#file);
  }

  #publishedAt(key) {
    return this.ownerOf(key) * this.#rowCells + COUNTER_CELLS + key;
  }

  #floorAt(slot, key) {
    return slot * this.#rowCells + COUNTER_CELLS + this.#keys + key;
  }

  #write(at, values) {
    values.forEach((value, i) => Atomics.store(this.#cells, at + i, value));
    if (this.#file === undefined) return;
    const pairs = new Int32Array(values.flatMap((value) => [value, ~value]));
    writeSync(this.#file, pairs, 0, pairs.byteLength, at * 8);
  }
}
