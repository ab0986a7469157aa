// Looks at a soak while it runs: prints how far it is, and notes a participant that makes no progress.
// Leaves to the soak: what happens next.
import { mebibytes } from './resident.mjs';

export const STALLED_AFTER = 30_000;
const PRINT_EVERY = 10_000;

/** The faults of a run, in words: those of participants as they come, at most so many. */
export class Faults {
  #list = [];
  #untold = 0;
  /** A participant stands still in native code: it cannot be ended, and who waits for it would stand still too. */
  isStalled = false;

  add(words) {
    if (this.#list.length < 30) this.#list.push(words);
    else this.#untold++;
  }

  get count() {
    return this.#list.length + this.#untold;
  }

  get words() {
    return this.#untold === 0 ? this.#list : [...this.#list, `and ${this.#untold} more`];
  }
}

/** Watches the participants of a board. Call `look` about once a second. */
export class Watch {
  #name;
  #board;
  #faults;
  #start = performance.now();
  #printed = this.#start;
  #seen = new Map();

  constructor(name, board, faults) {
    this.#name = name;
    this.#board = board;
    this.#faults = faults;
  }

  /** @param {number} rss  bytes, for the line of progress
   *  @returns {boolean} false: a participant stands still, and it is noted as a fault */
  look(rss) {
    const now = performance.now();
    this.#board.refresh();
    let isMoving = true;
    for (let slot = 0; slot < this.#board.slots; slot++) {
      const operations = this.#board.counter(slot, 'operations');
      const last = this.#seen.get(slot);
      if (last === undefined || last.operations !== operations) {
        this.#seen.set(slot, { operations, at: now });
      } else if (now - last.at > STALLED_AFTER) {
        isMoving = false;
        this.#faults.isStalled = true;
        this.#faults.add(`deadlock: participant ${slot} did nothing for ${STALLED_AFTER} ms`);
      }
    }
    this.print(rss);
    return isMoving;
  }

  /** Prints a line of progress when it is time for one. */
  print(rss) {
    const now = performance.now();
    if (now - this.#printed < PRINT_EVERY) return;
    this.#printed = now;
    console.log(this.line(rss));
  }

  /** Progress in one line. */
  line(rss) {
    const total = (name) => this.#board.total(name).toLocaleString('en');
    const seconds = ((performance.now() - this.#start) / 1000).toFixed(0);
    return [
      `${this.#name.padEnd(10)}${seconds.padStart(4)} s`,
      `${total('operations')} operations`,
      `${total('hits')} hits`,
      `${total('corrupt')} corrupt`,
      `${total('stale')} stale`,
      `${total('wrong')} wrong`,
      `RSS ${mebibytes(rss)}`,
    ].join(', ');
  }
}
