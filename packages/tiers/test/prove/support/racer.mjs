// One node in a race: loads keys all the time, and changes them when told. The truth lies outside the cache, as in a
// database: each change counts a key's version up first, and factories read it.
// Invariant under test: a read that begins after a change had resolved here, or its message had arrived here, never gives
// an older version; and a read never gives a version that does not exist.

export const KEYS = ['k0', 'k1', 'k2', 'k3'];
/** Each key has a tag of its own and one that all have. */
const tagsOf = (key) => ['all', `of ${key}`];

/** Marsaglia, "Xorshift RNGs", Journal of Statistical Software 8 (2003): the triple 13, 17, 5. */
export function randomOf(seed) {
  let x = Math.imul(seed, 0x9e3779b1) || 1;
  return () => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return (x >>> 0) / 2 ** 32;
  };
}

const pause = (ms) =>
  new Promise((resolve) => (ms < 1 ? setImmediate(resolve) : setTimeout(resolve, ms)));

/** Ways to change keys. `set` gives the new version itself; the others leave it to be loaded. */
export const CHANGES = ['delete', 'set', 'tag', 'all', 'clear'];

/** @param truth  `read(key)` and `raise(key)`, which give the version of a key as promises
 * @param told   its `heardBus`, if it has a bus */
export function makeRacer({ cache, truth, seed, told }) {
  const random = randomOf(seed);
  const floors = new Map(KEYS.map((key) => [key, 0]));
  const faults = [];
  const counts = { loads: 0, hits: 0, stored: 0 };
  const shared = cache.namespace('race');
  let isOver = false;

  async function compute(key) {
    const version = await truth.read(key);
    await pause(random() * 6);
    return version;
  }

  /** A value that was computed outside the cache, as a response of a server is. */
  async function byTicket(key) {
    const ticket = shared.ticket(key);
    const version = await compute(key);
    const { memory } = await shared.set(key, version, { ticket, tags: tagsOf(key) });
    if (memory === 'ok') counts.stored++;
    return shared.get(key);
  }

  const ways = [
    (key) => shared.get(key),
    (key) => shared.getMany([key]).then(([value]) => value),
    byTicket,
    (key) =>
      shared
        .getOrSetMany([key], async () => new Map([[key, await compute(key)]]), {
          tags: tagsOf(key),
        })
        .then(([value]) => value),
    (key) => shared.getOrSet(key, () => compute(key), { tags: tagsOf(key), lock: random() < 0.3 }),
    (key) => shared.getOrSet(key, () => compute(key), { tags: tagsOf(key) }),
  ];

  async function load() {
    while (!isOver) {
      const key = KEYS[Math.floor(random() * KEYS.length)];
      const way = Math.floor(random() * ways.length);
      const least = floors.get(key);
      const near = shared.getSync(key);
      if (near !== undefined && near < least) faults.push(`getSync of ${key}: ${near} < ${least}`);
      const value = await ways[way](key);
      counts.loads++;
      if (value !== undefined) {
        counts.hits++;
        if (value < least) faults.push(`way ${way} of ${key}: ${value} < ${least}`);
      }
      await pause(random() * 3);
    }
  }

  return {
    faults,
    counts,
    /** Loads until it is stopped. @returns a promise of the end */
    run: (loaders) => Promise.all(Array.from({ length: loaders }, load)),
    stop() {
      isOver = true;
    },
    /** The versions that are known here from now on. */
    learn(versions) {
      for (const [key, version] of Object.entries(versions)) {
        floors.set(key, Math.max(floors.get(key), version));
      }
    },
    /** Changes one key, or all.
     * @returns the versions that hold from then on, and where the message of it stands in the log */
    async change(how, key) {
      const concerned = how === 'all' || how === 'clear' ? KEYS : [key];
      const versions = {};
      for (const each of concerned) versions[each] = await truth.raise(each);
      const changing = {
        delete: () => shared.delete(key),
        set: () => shared.set(key, versions[key], { tags: tagsOf(key) }),
        tag: () => cache.invalidateTags(`of ${key}`),
        all: () => cache.invalidateTags('all'),
        clear: () => shared.clear(),
      }[how]();
      // Set at once in memory, which knows when.
      const created = how === 'set' ? shared.getEntrySync(key)?.created : undefined;
      const result = await changing;
      if (!result.ok) faults.push(`${how}: ${JSON.stringify(result)}`);
      this.learn(versions);
      // Written behind, it is told of once it is written; unless another tells of a later change before. What else is told
      // of here meanwhile says nothing of this key.
      const isLater = result.bus === 'queued';
      return { versions, position: isLater ? await told.news(key, created) : told?.last };
    },
  };
}
