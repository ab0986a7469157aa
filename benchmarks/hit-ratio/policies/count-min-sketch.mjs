// Count-min sketch: how often a key was seen of late, in a fixed room. Four rows of counters up to 15; a key's count is
// the least of its four, so it is never too low but for aging: after `sample` additions all counters are halved.
// Source: Cormode and Muthukrishnan, "An improved data stream summary" (J. Algorithms, 2005); small counters and aging
// as in Einziger et al., "TinyLFU: a highly efficient cache admission policy" (TOS 2017).

const ROWS = 4;
const MOST = 15;
const ROW_SEEDS = [0x9e3779b1, 0x3c6ef362, 0xdaa66d13, 0x78dde6c4];

export class CountMinSketch {
  #counters;
  #shift;
  #width;
  #sample;
  #additions = 0;

  /**
   * @param width  counters of a row, rounded up to a power of two of at least 16
   * @param sample additions between two halvings
   */
  constructor(width, sample) {
    const bits = Math.max(4, Math.ceil(Math.log2(width)));
    this.#width = 2 ** bits;
    this.#shift = 32 - bits;
    this.#sample = sample;
    this.#counters = new Uint8Array(ROWS * this.#width);
  }

  /** @param key an integer of 32 bits */
  add(key) {
    for (let row = 0; row < ROWS; row++) {
      const at = this.#at(key, row);
      if (this.#counters[at] < MOST) this.#counters[at]++;
    }
    if (++this.#additions === this.#sample) this.#age();
  }

  /** @returns 0 to 15 */
  count(key) {
    let least = MOST;
    for (let row = 0; row < ROWS; row++) {
      least = Math.min(least, this.#counters[this.#at(key, row)]);
    }
    return least;
  }

  #at(key, row) {
    // The finalizer of MurmurHash3 (Austin Appleby, public domain), begun differently in each row.
    let hash = key ^ ROW_SEEDS[row];
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
    hash ^= hash >>> 16;
    return row * this.#width + (hash >>> this.#shift);
  }

  #age() {
    for (let at = 0; at < this.#counters.length; at++) this.#counters[at] >>>= 1;
    this.#additions >>>= 1;
  }
}
