// How each library is opened: with its own defaults, but for room, ttl and where Redis is. Loaded one per process. All
// answer { get, set, getOrSet, getMany?, getSync?, close }; `getOrSet` computes by the `factory(key)` of the spec.
// `isCopy`: each read makes an object of its own, by parsing or cloning; where it is not said, readers share one.
const TTL = 3_600_000;

const openers = {
  catzilla: (spec) => openOurs(spec, {}),
  /** Room for all decoded values, as the others have it where they keep them. */
  'catzilla-wide': (spec) => openOurs(spec, { memory: { nearCache: { maxBytes: 64 * 2 ** 20 } } }),
  'catzilla-lock': (spec) => openOurs(spec, { load: { lock: true } }),

  /** lru-cache with ttl, references: the floor of what a cache of objects costs in JavaScript. */
  async lru({ count }) {
    const { LRUCache } = await import('lru-cache');
    const cache = new LRUCache({ max: count + 64, ttl: TTL });
    return {
      get: async (key) => cache.get(key),
      getSync: (key) => cache.get(key),
      set: async (key, value) => cache.set(key, value),
      close() {},
    };
  },

  bentocache: (spec) => openBento(spec, { isCopy: true }),
  /** Its faster mode, which hands out the stored object. */
  'bentocache-references': (spec) => openBento(spec, { serialize: false, isCopy: false }),

  async cacheable({ count, port, memory, factory }) {
    const { Cacheable, CacheableMemory, Keyv } = await import('cacheable');
    const redis = port && (await keyvRedis(port));
    const stores =
      memory === false
        ? { primary: redis }
        : {
            primary: new Keyv({ store: new CacheableMemory({ lruSize: count + 64 }) }),
            ...(redis && { secondary: redis }),
          };
    const cache = new Cacheable({ ...stores, ttl: TTL });
    return {
      // By default its memory clones on write and on read.
      isCopy: true,
      get: (key) => cache.get(key),
      getMany: (keys) => cache.getMany(keys),
      set: (key, value) => cache.set(key, value),
      getOrSet: (key) => cache.getOrSet(key, () => factory(key)),
      close: () => redis && cache.disconnect(),
    };
  },

  async 'cache-manager'({ port, memory, factory }) {
    const { createCache } = await import('cache-manager');
    const { Keyv } = await import('keyv');
    const stores = memory === false ? [] : [new Keyv()];
    if (port) stores.push(await keyvRedis(port));
    const cache = createCache({ stores, ttl: TTL });
    return {
      // Keyv serializes to JSON, also what it keeps in a Map.
      isCopy: true,
      get: (key) => cache.get(key),
      getMany: (keys) => cache.mget(keys),
      set: (key, value) => cache.set(key, value),
      getOrSet: (key) => cache.wrap(key, () => factory(key)),
      close: () => cache.disconnect(),
    };
  },

  /** Has one storage: memory or Redis. It is a cache of functions: a value is set by the function it wraps. */
  async 'async-cache-dedupe'({ count, port, factory }) {
    const { createCache } = (await import('async-cache-dedupe')).default;
    const client = port && (await openClient(port));
    const storage = client
      ? { type: 'redis', options: { client } }
      : { type: 'memory', options: { size: count + 64 } };
    const cache = createCache({ ttl: TTL / 1000, storage });
    cache.define('value', factory);
    return {
      isCopy: client !== undefined,
      get: (key) => cache.get('value', `value~${key}`),
      set: (key, value) => cache.set('value', `value~${key}`, value, TTL / 1000),
      getOrSet: (key) => cache.value(key),
      close: () => client?.disconnect(),
    };
  },

  /** The driver alone: GET of the value's JSON, and JSON.parse. */
  async ioredis({ port }) {
    const client = await openClient(port);
    return {
      isCopy: true,
      get: async (key) => JSON.parse(await client.get(key)),
      getMany: async (keys) => (await client.mget(keys)).map((text) => JSON.parse(text)),
      set: (key, value) => client.set(key, JSON.stringify(value), 'PX', TTL),
      close: () => client.disconnect(),
    };
  },

  /** The same without JSON.parse: the answer is text. */
  async 'ioredis-text'({ port }) {
    const client = await openClient(port);
    return {
      isCopy: true,
      isText: true,
      get: (key) => client.get(key),
      set: (key, value) => client.set(key, JSON.stringify(value), 'PX', TTL),
      close: () => client.disconnect(),
    };
  },
};

/**
 * @param {object} spec library; count (entries it must have room for); port (of Redis, none: memory alone);
 *   memory (false: Redis alone); factory; deadline (of ours for Redis, ms, where not the default)
 */
export async function openLibrary(spec) {
  const opener = openers[spec.library];
  if (!opener) throw new Error(`unknown library ${spec.library}`);
  return opener({ factory: mustNotRun, count: 1000, ...spec });
}

/** The factory of a getOrSet that must hit. */
function mustNotRun() {
  throw new Error('the factory of a hit ran');
}

async function openOurs({ port, memory, factory, deadline }, more) {
  const { createTieredCache } = await import('@catzilla/tiers');
  const cache = createTieredCache({
    name: 'bench',
    ...(memory === false && { memory: false }),
    ...(port && { remote: { url: `redis://127.0.0.1:${port}` } }),
    ...(deadline && { deadline: { remote: deadline } }),
    ...more,
  });
  const { status, memory: first } = await cache.ready({ timeout: 5000 });
  if (status !== 'ok') throw new Error(`expected the cache to be ok, got ${status}`);
  if (memory !== false && first.backend !== 'native') {
    throw new Error(`expected the native backend, got ${first.backend}`);
  }
  return {
    isCopy: memory === false,
    cache,
    get: (key) => cache.get(key),
    getSync: (key) => cache.getSync(key),
    getMany: (keys) => cache.getMany(keys),
    set: (key, value) => cache.set(key, value),
    getOrSet: (key) => cache.getOrSet(key, () => factory(key)),
    close: () => cache.close(),
  };
}

async function openBento({ count, port, memory, factory }, { serialize, isCopy }) {
  const { BentoCache, bentostore } = await import('bentocache');
  const { memoryDriver } = await import('bentocache/drivers/memory');
  const { redisBusDriver, redisDriver } = await import('bentocache/drivers/redis');
  let store = bentostore({ ttl: TTL });
  if (memory !== false) {
    const options = { maxItems: count + 64, ...(serialize === false && { serialize }) };
    store = store.useL1Layer(memoryDriver(options));
  }
  if (port) {
    const connection = { host: '127.0.0.1', port };
    store = store.useL2Layer(redisDriver({ connection: await openClient(port) }));
    if (memory !== false) store = store.useBus(redisBusDriver({ connection }));
  }
  const bento = new BentoCache({ default: 'main', stores: { main: store } });
  return {
    isCopy,
    get: (key) => bento.get({ key }),
    set: (key, value) => bento.set({ key, value }),
    getOrSet: (key) => bento.getOrSet({ key, factory: () => factory(key) }),
    close: () => bento.disconnectAll(),
  };
}

async function keyvRedis(port) {
  const { createKeyv } = await import('@keyv/redis');
  return createKeyv(`redis://127.0.0.1:${port}`);
}

async function openClient(port) {
  const { Redis } = await import('ioredis');
  return new Redis(port, '127.0.0.1');
}
