// One participant of a soak: random calls of the whole API on a cache that others use too, each result checked.
// Invariant: a key is written by its owner alone, with rising versions; every value read is whole, of its key, and not
// older than what the board said before the read began. What `clear` and `invalidateTag` remove is checked the same
// way: what was published before the call may not be seen after it.
import { makeRandom } from './random.mjs';
import {
  keyOf,
  keysOfTag,
  LARGEST,
  makeValue,
  nameOf,
  someSize,
  someTag,
  tagsOf,
  versionOf,
} from './values.mjs';
import { COUNTERS } from './board.mjs';

/** How often each call comes, of 10,000. */
const MIX = {
  get: 3000,
  getRecord: 900,
  getInto: 700,
  peek: 500,
  getMany: 300,
  lease: 700,
  release: 700,
  set: 2000,
  setMany: 200,
  delete: 300,
  deleteMany: 50,
  touch: 300,
  timeLeft: 250,
  since: 50,
  invalidate: 20,
  list: 10,
  look: 16,
  resize: 2,
  clear: 2,
};
const TURNS = Object.entries(MIX).flatMap(([name, times]) => Array(times).fill(name));
const MOST_LEASES = 8;
/** Calls between two looks at the board's file; its bounds are then at most so old. */
const REFRESH_EVERY = 8;

export class Player {
  #cache;
  #board;
  #slot;
  #random;
  #sizes;
  #say;
  #versions;
  #own;
  #target = Buffer.allocUnsafeSlow(LARGEST);
  #scratch = Buffer.allocUnsafeSlow(LARGEST);
  #leases = [];
  #counters;

  /** @param options.sizes  bounds in bytes to resize between; undefined: never
   *  @param options.say    is told each fault in words */
  constructor({ cache, board, slot, seed, sizes, say }) {
    this.#cache = cache;
    this.#board = board;
    this.#slot = slot;
    this.#random = makeRandom(seed);
    this.#sizes = sizes;
    this.#say = say;
    const keys = Array.from({ length: board.keys }, (_, key) => key);
    this.#own = keys.filter((key) => board.ownerOf(key) === slot);
    // A predecessor may have died with one write begun and not published.
    this.#versions = keys.map((key) => board.published(key) + 1);
    this.#counters = Object.fromEntries(COUNTERS.map((name) => [name, board.counter(slot, name)]));
  }

  /** Makes some calls. */
  play(calls) {
    for (let i = 0; i < calls; i++) {
      if (i % REFRESH_EVERY === 0) this.#board.refresh();
      const turn = TURNS[this.#random(TURNS.length)];
      this.#counters.operations++;
      this.#turns[turn]();
    }
    this.#report();
  }

  /** Releases what is held. */
  end() {
    while (this.#leases.length > 0) this.#release(0);
    this.#report();
  }

  #turns = {
    get: () => {
      const key = this.#some();
      const copy = this.#random(8) === 0 ? { copy: true } : undefined;
      this.#check('get', key, this.#board.lowest(key), this.#cache.get(this.#named(key), copy));
    },
    getRecord: () => {
      const key = this.#some();
      const lowest = this.#board.lowest(key);
      const record = this.#cache.getRecord(nameOf(key));
      const version = this.#check('getRecord', key, lowest, record?.bytes);
      if (version === undefined) return;
      if (record.aux !== undefined && record.aux !== version) this.#fault('wrong', `aux of ${key}`);
      record.aux = version;
    },
    getInto: () => {
      const key = this.#some();
      const lowest = this.#board.lowest(key);
      const size = this.#cache.getInto(this.#named(key), this.#target);
      const bytes = size < 0 ? undefined : this.#target.subarray(0, size);
      this.#check('getInto', key, lowest, bytes);
    },
    peek: () => {
      const key = this.#some();
      this.#check('peek', key, this.#board.lowest(key), this.#cache.peek(nameOf(key)));
    },
    getMany: () => {
      const keys = Array.from({ length: 1 + this.#random(12) }, () => this.#some());
      const lowest = keys.map((key) => this.#board.lowest(key));
      const values = this.#cache.getMany(keys.map((key) => this.#named(key)));
      keys.forEach((key, i) => this.#check('getMany', key, lowest[i], values[i]));
    },
    lease: () => {
      if (this.#leases.length === MOST_LEASES) this.#release(this.#random(MOST_LEASES));
      const key = this.#some();
      const lowest = this.#board.lowest(key);
      const lease = this.#cache.lease(nameOf(key));
      const version = this.#check('lease', key, lowest, lease?.bytes);
      if (lease !== undefined) this.#leases.push({ key, version, lease });
    },
    release: () => {
      if (this.#leases.length > 0) this.#release(this.#random(this.#leases.length));
    },
    set: () => this.#set(this.#someOwn(), undefined),
    setMany: () => {
      const keys = this.#someOwnKeys();
      const entries = keys.map((key) => {
        const value = makeValue(key, ++this.#versions[key], someSize(key, this.#random));
        return [this.#named(key), value, this.#setOptions(key)];
      });
      this.#cache.setMany(entries);
      for (const key of keys) this.#board.publish(key, this.#versions[key]);
    },
    delete: () => {
      const key = this.#someOwn();
      this.#versions[key]++;
      this.#cache.delete(this.#named(key));
      this.#board.publish(key, this.#versions[key]);
      if (this.#cache.has(nameOf(key))) this.#fault('stale', `has after delete of ${key}`);
    },
    deleteMany: () => {
      const keys = this.#someOwnKeys();
      for (const key of keys) this.#versions[key]++;
      this.#cache.deleteMany(keys.map(nameOf));
      for (const key of keys) this.#board.publish(key, this.#versions[key]);
    },
    touch: () => {
      this.#cache.touch(this.#named(this.#some()), { ttl: 1 + this.#random(100_000) });
    },
    timeLeft: () => {
      const left = this.#cache.ttl(nameOf(this.#some()));
      if (left !== undefined && !(left > 0)) this.#fault('wrong', `ttl ${left}`);
    },
    since: () => {
      const key = this.#someOwn();
      const since = this.#cache.epoch();
      const tags = tagsOf(key);
      if (tags === undefined || this.#random(2) === 0) return void this.#set(key, since);
      this.#invalidate(Number(tags[0].slice(4)));
      if (this.#set(key, since)) this.#fault('stale', `set of ${key} older than its tag`);
    },
    invalidate: () => this.#invalidate(someTag(this.#random)),
    clear: () => {
      const keys = Array.from({ length: this.#board.keys }, (_, key) => key);
      this.#remove(keys, () => this.#cache.clear());
    },
    list: () => {
      for (const name of this.#cache.keys({ limit: 1 + this.#random(300) })) {
        const key = typeof name === 'string' ? keyOf(name) : -1;
        if (key < 0 || key >= this.#board.keys) this.#fault('corrupt', `key ${String(name)}`);
      }
    },
    look: () => this.#look(),
    resize: () => {
      if (this.#sizes === undefined) return;
      const [least, most] = this.#sizes;
      this.#cache.resize(least + this.#random(most - least + 1));
    },
  };

  #look() {
    const { bytes, recoveries } = this.#cache.stats();
    // Where others resize, the two numbers may be of different moments.
    const max = this.#sizes === undefined ? bytes.max : this.#sizes[1];
    if (bytes.used > max) this.#fault('wrong', `${bytes.used} bytes used of ${max}`);
    if (bytes.live < 0 || bytes.live > max) this.#fault('wrong', `${bytes.live} bytes live`);
    this.#counters.recoveries = recoveries;
    this.#counters.rssKiB = Math.round(process.memoryUsage.rss() / 1024);
  }

  #set(key, since) {
    const version = ++this.#versions[key];
    const value = makeValue(key, version, someSize(key, this.#random), this.#scratch);
    const options = this.#setOptions(key, since);
    const isStored = this.#cache.set(this.#named(key), value, options);
    this.#board.publish(key, version);
    return isStored;
  }

  #setOptions(key, since) {
    const ttl = this.#random(6) === 0 ? 1 + this.#random(200) : undefined;
    return { tags: tagsOf(key), ttl, since };
  }

  #invalidate(tag) {
    this.#remove(keysOfTag(tag, this.#board.keys), () => this.#cache.invalidateTag(`tag:${tag}`));
  }

  // Sets that are under way in other threads may come before or after: only what was published is surely removed.
  #remove(keys, call) {
    const next = new Map(keys.map((key) => [key, this.#board.published(key) + 1]));
    call();
    // The next write of an own key has that version, and may not be outdated by it.
    this.#board.raise(this.#slot, next);
  }

  #release(place) {
    const [{ key, version, lease }] = this.#leases.splice(place, 1);
    if (versionOf(key, lease.bytes) !== version) this.#fault('corrupt', `held lease of ${key}`);
    lease.release();
  }

  #check(how, key, lowest, bytes) {
    if (bytes === undefined) return undefined;
    this.#counters.hits++;
    const version = versionOf(key, bytes);
    if (version < 0) this.#fault('corrupt', `${how} of ${key}: ${bytes.length} bytes`);
    else if (version < lowest) {
      this.#fault('stale', `${how} of ${key}: version ${version}, at least ${lowest} expected`);
    }
    return version;
  }

  #fault(kind, words) {
    this.#counters[kind]++;
    this.#report();
    this.#say(`${kind}: ${words}`);
  }

  #report() {
    this.#board.report(this.#slot, this.#counters);
  }

  /** Half of all calls go to 32 hot keys, for the sake of near-caches. */
  #some() {
    return this.#random(this.#random(2) === 0 ? 32 : this.#board.keys);
  }

  #someOwn() {
    return this.#own[this.#random(this.#random(3) === 0 ? 8 : this.#own.length)];
  }

  #someOwnKeys() {
    return [...new Set(Array.from({ length: 1 + this.#random(10) }, () => this.#someOwn()))];
  }

  #named(key) {
    return this.#random(10) === 0 ? Buffer.from(nameOf(key)) : nameOf(key);
  }
}
