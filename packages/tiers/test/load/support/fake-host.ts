// One process's cache core, in memory, over what it shares with others.
import type { Entry } from '../../../src/entry.ts';
import { errors } from '../../../src/errors.ts';
import type { Computed, FillTicket, LoadCounters, LoadHost } from '../../../src/load/host.ts';
import type { EntryOptions } from '../../../src/tiered-cache.ts';
import { FakeWorld } from './fake-world.ts';
import type { Stored } from './fake-world.ts';

type StoreResult = ReturnType<LoadHost['store']>;

export class FakeHost implements LoadHost {
  readonly namespaceName = 'test';
  readonly world: FakeWorld;
  readonly lock: LoadHost['lock'];
  readonly controller = new AbortController();
  readonly closing: AbortSignal = this.controller.signal;
  readonly hits: Entry[] = [];
  readonly events: string[] = [];
  readonly tracked = new Set<Promise<unknown>>();
  defaults: EntryOptions = { ttl: 60_000 };
  misses = 0;
  stored = 0;
  belowReads = 0;
  /** Awaited by each read below, after the bytes were read. */
  gate: Promise<void> | undefined;
  readonly #memory = new Map<string, { stored: Stored; entry: Entry }>();
  readonly #versions = new Map<string, number>();
  readonly counters: LoadCounters = {
    factoryCalls: 0,
    factoryErrors: 0,
    coalesced: 0,
    lockWaits: 0,
    earlyRefreshes: 0,
    backgroundRefreshes: 0,
    failSafe: 0,
    softTimeouts: 0,
    hardTimeouts: 0,
  };
  readonly emit: LoadHost['emit'] = {
    refresh: (key, early) => void this.events.push(`refresh ${key}${early ? ' early' : ''}`),
    failsafe: (key, error) => void this.events.push(`failsafe ${key} ${String(error)}`),
  };

  /** @param remote  whether there is a remote tier. Default: true */
  constructor(world: FakeWorld = new FakeWorld(), { remote = true } = {}) {
    this.world = world;
    if (!remote) return;
    this.lock = {
      acquire: async (key, token, ttl) => world.acquire(key, token, ttl),
      extend: async (key, token, ttl) => world.extend(key, token, ttl),
      release: async (key, token) => world.release(key, token),
    };
  }

  mono(): number {
    return this.world.mono();
  }

  now(): number {
    return this.world.now();
  }

  stamp(): number {
    return this.world.stamp();
  }

  check(key: string): void {
    if (typeof key !== 'string' || key === '') throw new errors.KEY(typeof key);
    if (this.closing.aborted) throw this.closing.reason;
  }

  ticket(key: string): FillTicket {
    return { version: this.#versions.get(key) ?? 0, epoch: 0 };
  }

  peek(key: string): Entry | undefined {
    const found = this.#memory.get(key);
    if (found === undefined) return undefined;
    const entry = this.world.read(found.stored, 'memory');
    // decoded once, shared by all readers
    return entry && { ...entry, value: found.entry.value };
  }

  async readBelow(key: string): Promise<Entry | undefined> {
    if (this.lock === undefined) return undefined;
    this.belowReads++;
    const { version } = this.ticket(key);
    const stored = this.world.remote.get(key);
    await (this.gate ?? Promise.resolve());
    const entry = this.world.read(stored, 'remote');
    const near = this.#memory.get(key)?.stored.created ?? 0;
    if (entry !== undefined && this.ticket(key).version === version && near < entry.created) {
      this.#memory.set(key, { stored: stored!, entry });
    }
    return entry;
  }

  readManyBelow(keys: readonly string[]): Promise<(Entry | undefined)[]> {
    return Promise.all(keys.map((key) => this.readBelow(key)));
  }

  store(key: string, computed: Computed): StoreResult {
    const text = encode(computed.value);
    if (text === undefined && computed.value !== undefined) return refused();
    return this.#fill(key, { ...computed, text });
  }

  renew(key: string, previous: Entry, computed: Omit<Computed, 'value' | 'negative'>): StoreResult {
    const { negative, value } = previous;
    return this.#fill(key, { ...computed, negative, text: encode(value) });
  }

  shape(value: unknown): unknown {
    const text = encode(value);
    return text === undefined ? value : JSON.parse(text);
  }

  isInvalid(created: number, tags: readonly string[]): boolean {
    return this.world.isInvalid(created, tags);
  }

  countHit(_key: string, entry: Entry): void {
    this.hits.push(entry);
  }

  countMiss(): void {
    this.misses++;
  }

  track(work: Promise<unknown>): void {
    this.tracked.add(work);
    void work.then(() => this.tracked.delete(work));
  }

  /** What a tiered cache does on `delete`, but for telling the loader. */
  delete(key: string): void {
    this.#versions.set(key, (this.#versions.get(key) ?? 0) + 1);
    this.#memory.delete(key);
    this.world.remote.set(key, tombstone(this.stamp()));
  }

  /** Memory alone forgets, as by eviction. */
  evict(key: string): void {
    this.#memory.delete(key);
  }

  /** Stores as another process would, at once in its memory and below. */
  put(key: string, value: unknown, options: EntryOptions = {}, cost: number = Number.NaN): void {
    const ticket = this.ticket(key);
    const created = this.stamp();
    this.store(key, { value, created, cost, negative: false, ticket, token: undefined, options });
  }

  #fill(
    key: string,
    computed: Omit<Computed, 'value'> & { readonly text: string | undefined },
  ): StoreResult {
    const { created, cost, negative, options, ticket, token, text } = computed;
    const tags = options.tags ?? this.defaults.tags ?? [];
    const ttl = options.ttl ?? this.defaults.ttl;
    if (typeof ttl !== 'number') throw new Error('this fake takes numbers for ttl');
    if (ttl === 0) this.#memory.delete(key);
    const isLate = ticket.version !== this.ticket(key).version || this.isInvalid(created, tags);
    const near = this.#memory.get(key)?.stored.created ?? 0;
    if (ttl === 0 || isLate || near > created) return refused();
    const expiresAt = this.now() + ttl;
    const graceUntil = expiresAt + (options.grace ?? this.defaults.grace ?? 0);
    const meta = options.meta ?? {};
    const stored = { text, created, expiresAt, graceUntil, tags, meta, cost, negative };
    const entry = this.world.read(stored, 'memory')!;
    this.#memory.set(key, { stored, entry });
    this.stored++;
    const below = this.lock !== undefined && this.world.fill(key, stored, token);
    return { entry, settled: Promise.resolve(below) };
  }
}

function refused(): StoreResult {
  return { entry: undefined, settled: Promise.resolve(false) };
}

function tombstone(created: number): Stored {
  const none = { text: undefined, tags: [], meta: {}, cost: Number.NaN, negative: false };
  return { ...none, created, expiresAt: Infinity, graceUntil: Infinity, tombstone: true };
}

function encode(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}
