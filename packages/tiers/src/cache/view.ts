// One namespace of a tiered cache: the public interface, over what all namespaces share. Checks what users give, asks memory,
// and leaves the rest to the verbs beside it. Invariant: a hit in memory makes no promise of its own, builds no string and
// checks no key: what is there was checked when it was stored.
import { isDeepStrictEqual } from 'node:util';
import type { Cache } from '@catzilla/cache-core';
import { show } from '@catzilla/common';
import type { Entry, TierName } from '../entry.ts';
import { errors } from '../errors.ts';
import type { CacheEvents } from '../events.ts';
import type { Health } from '../health.ts';
import { Loader } from '../load/get-or-set.ts';
import type { Factory, LoadManyOptions, LoadOptions, ManyFactory } from '../load/options.ts';
import type { ResolvedLoadDefaults } from '../load/plan.ts';
import { valueOf } from '../memory/item.ts';
import type { Item } from '../memory/item.ts';
import { namespaceChain, NameCache } from '../memory/names.ts';
import type { Stats } from '../stats.ts';
import { namespaceEpochName } from '../tags/epochs.ts';
import type {
  CacheLock,
  EntryOptions,
  Inspection,
  LeasedEntry,
  ReadOptions,
  SetOptions,
  Ticket,
  TieredCache,
  WriteResult,
} from '../tiered-cache.ts';
import { checkKey, checkNamespace, checkTags, MAX_KEY_BYTES } from './check.ts';
import { closeCore } from './close.ts';
import type { Core } from './core.ts';
import { entryOf } from './entry-of.ts';
import { checkNames, ENTRY_NAMES, resolveLifetime } from './entry-options.ts';
import type { Lifetime } from './entry-options.ts';
import { clearNamespace, invalidateTags } from './invalidate.ts';
import { isInvalid, judgeMemory } from './judge.ts';
import { listKeys } from './keys.ts';
import { loadHostOf } from './load-host.ts';
import { findEntry, findMany, inspectKey } from './find.ts';
import { deleteAll, expireNow, renew } from './remove.ts';
import { NOTHING, setEntries, setOne } from './set.ts';
import { leaseEntry } from './lease.ts';
import { checkLockTtl, takeLock } from './lock.ts';
import { makeTicket } from './ticket.ts';
import { healthOf, readyWithin, resetStats, statsOf } from './report.ts';

/** UTF-16 units of a key that is short enough in every namespace. */
const SURELY_SHORT = 2000;

/** A namespace; '' is the root. */
export class View implements TieredCache {
  readonly ns: string;
  readonly names: NameCache;
  /** Names of the epochs of the namespaces it is in. */
  readonly epochNames: readonly string[];
  readonly loader: Loader;
  /** What holds for entries whose own options do not say. */
  readonly lifetime: Lifetime;
  readonly #core: Core;
  readonly #mostKeyBytes: number;
  readonly #loadDefaults: ResolvedLoadDefaults;

  constructor(core: Core, ns: string, lifetime: Lifetime, loadDefaults: ResolvedLoadDefaults) {
    this.#core = core;
    this.ns = ns;
    // Two bytes more set namespace and key apart.
    this.#mostKeyBytes = MAX_KEY_BYTES - (ns === '' ? 0 : Buffer.byteLength(ns) + 2);
    this.lifetime = lifetime;
    this.#loadDefaults = loadDefaults;
    this.names = new NameCache(ns);
    this.epochNames = namespaceChain(ns).map(namespaceEpochName);
    this.loader = new Loader(loadHostOf(core, this, lifetime), loadDefaults);
  }

  get name(): string {
    return this.#core.name;
  }

  get namespaceName(): string {
    return this.ns;
  }

  get memory(): Cache | undefined {
    return this.#core.memory.cache;
  }

  // HOT: benchmarks/tiers
  async get<T = unknown>(key: string, options?: ReadOptions): Promise<T | undefined> {
    if (options === undefined) {
      const item = this.#fresh(key);
      if (item !== undefined) {
        this.countHit(key, 'memory', false);
        return valueOf(item, this.#core.format) as T;
      }
    }
    this.checkOpen();
    this.checkKey(key);
    const entry = await findEntry(this.#core, this, key, options, false);
    return entry?.value as T | undefined;
  }

  // HOT: benchmarks/tiers
  getSync<T = unknown>(key: string): T | undefined {
    const item = this.#fresh(key);
    if (item === undefined) {
      this.#missed(key);
      return undefined;
    }
    this.countHit(key, 'memory', false);
    return valueOf(item, this.#core.format) as T;
  }

  async getEntry<T = unknown>(key: string, options?: ReadOptions): Promise<Entry<T> | undefined> {
    this.checkOpen();
    this.checkKey(key);
    return (await findEntry(this.#core, this, key, options, true)) as Entry<T> | undefined;
  }

  getEntrySync<T = unknown>(key: string, now?: number): Entry<T> | undefined {
    const entry = this.peekEntry(key, now);
    if (entry === undefined) this.#missed(key);
    else this.countHit(key, 'memory', entry.stale);
    return entry as Entry<T> | undefined;
  }

  async getMany<T = unknown>(
    keys: readonly string[],
    options?: ReadOptions,
  ): Promise<(T | undefined)[]> {
    this.checkOpen();
    for (const key of keys) this.checkKey(key);
    return (await findMany(this.#core, this, keys, options)) as (T | undefined)[];
  }

  async has(key: string): Promise<boolean> {
    this.checkOpen();
    this.checkKey(key);
    return (await findEntry(this.#core, this, key, undefined, false)) !== undefined;
  }

  async set(key: string, value: unknown, options?: SetOptions): Promise<WriteResult> {
    this.checkOpen();
    return setOne(this.#core, this, key, value, options);
  }

  ticket(key: string, guards?: readonly string[]): Ticket {
    this.checkOpen();
    this.checkKey(key);
    const tags = guards === undefined ? [] : checkTags(guards, 'guards');
    return makeTicket(this.#core, this, key, tags);
  }

  lease(key: string): LeasedEntry | undefined {
    this.checkOpen();
    this.checkKey(key);
    const entry = leaseEntry(this.#core, this, key);
    if (entry === undefined) this.#missed(key);
    else this.countHit(key, 'memory', entry.stale);
    return entry;
  }

  async lock(
    key: string,
    options?: { readonly ttl?: number | undefined },
  ): Promise<CacheLock | 'unavailable' | undefined> {
    this.checkOpen();
    this.checkKey(key);
    checkNames(options, ['ttl']);
    return takeLock(this.#core, this, key, checkLockTtl(options?.ttl));
  }

  async setMany(
    entries: Iterable<readonly [key: string, value: unknown, options?: EntryOptions]>,
    options?: EntryOptions,
  ): Promise<WriteResult> {
    this.checkOpen();
    return setEntries(this.#core, this, entries, options);
  }

  async touch(key: string, options?: Pick<EntryOptions, 'ttl' | 'grace'>): Promise<boolean> {
    this.checkOpen();
    this.checkKey(key);
    checkNames(options, ['ttl', 'grace']);
    const lifetime = resolveLifetime(options, this.lifetime);
    if (lifetime.ttl === 0) {
      const had = await this.has(key);
      await this.delete(key);
      return had;
    }
    return (await renew(this.#core, this, key, lifetime)) !== undefined;
  }

  async delete(keys: string | readonly string[]): Promise<WriteResult> {
    this.checkOpen();
    const list = typeof keys === 'string' ? [keys] : [...keys];
    for (const key of list) this.checkKey(key);
    if (list.length === 0) return NOTHING;
    return deleteAll(this.#core, this, list);
  }

  async expire(key: string): Promise<WriteResult> {
    this.checkOpen();
    this.checkKey(key);
    return expireNow(this.#core, this, key);
  }

  getOrSet<T>(key: string, factory: Factory<T>, options?: LoadOptions<T>): Promise<T> {
    return this.loader.getOrSet(key, factory, options);
  }

  getOrSetMany<T>(
    keys: readonly string[],
    factory: ManyFactory<T>,
    options?: LoadManyOptions,
  ): Promise<(T | undefined)[]> {
    return this.loader.getOrSetMany(keys, factory, options);
  }

  async invalidateTags(
    tags: string | readonly string[],
    options?: { readonly soft?: boolean | undefined },
  ): Promise<WriteResult> {
    this.checkOpen();
    checkNames(options, ['soft']);
    const list = checkTags(tags, 'tags', Infinity);
    if (list.length === 0) return NOTHING;
    return invalidateTags(this.#core, list, options?.soft === true);
  }

  async clear(options?: { readonly wait?: boolean | undefined }): Promise<WriteResult> {
    this.checkOpen();
    checkNames(options, ['wait']);
    return clearNamespace(this.#core, this, options?.wait === true);
  }

  namespace(name: string, options?: EntryOptions): TieredCache {
    this.checkOpen();
    const ns = checkNamespace(this.ns, name);
    const known = this.#core.views.get(ns);
    checkNames(options, ENTRY_NAMES);
    const lifetime = resolveLifetime(options, known?.lifetime ?? this.lifetime);
    if (known === undefined) {
      const view = new View(this.#core, ns, lifetime, this.#loadDefaults);
      this.#core.views.set(ns, view);
      return view;
    }
    // One view for each namespace, for its loads are collapsed and forgotten in one place.
    if (isDeepStrictEqual(lifetime, known.lifetime)) return known;
    throw new errors.NAMESPACE('asked for with the options it was first given', show(name));
  }

  keys(options?: {
    readonly prefix?: string | undefined;
    readonly tier?: TierName | undefined;
  }): AsyncIterable<string> {
    this.checkOpen();
    checkNames(options, ['prefix', 'tier']);
    return listKeys(this.#core, this, options?.prefix ?? '', options?.tier);
  }

  async inspect(key: string): Promise<Inspection> {
    this.checkOpen();
    this.checkKey(key);
    return inspectKey(this.#core, this, key);
  }

  stats(): Stats {
    return statsOf(this.#core);
  }

  resetStats(): void {
    resetStats(this.#core);
  }

  async health(options?: { readonly probe?: boolean | undefined }): Promise<Health> {
    checkNames(options, ['probe']);
    return healthOf(this.#core, options?.probe === true);
  }

  on<K extends keyof CacheEvents>(event: K, listener: (event: CacheEvents[K]) => void): () => void {
    return this.#core.events.on(event, listener);
  }

  async ready(options?: { readonly timeout?: number | undefined }): Promise<Health> {
    this.checkOpen();
    checkNames(options, ['timeout']);
    return readyWithin(this.#core, options?.timeout ?? 1000);
  }

  async close(): Promise<void> {
    if (this.ns === '') await closeCore(this.#core);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** @throws CATZ_TIERS_KEY */
  checkKey(key: unknown): asserts key is string {
    checkKey(key, this.#mostKeyBytes);
  }

  /** @throws CATZ_TIERS_CLOSED */
  checkOpen(): void {
    if (this.#core.isClosed) throw new errors.CLOSED(this.#core.name);
  }

  /** The entry in memory, stale ones within grace included; counts nothing. HOT */
  peekEntry(key: string, at?: number): Entry | undefined {
    const item = this.#find(key);
    if (item === undefined) return undefined;
    const core = this.#core;
    // Each look at the machine's clock makes an object.
    const now = at === undefined ? core.clock.now() : core.clock.corrected(at);
    if (item.entry !== undefined && now < item.envelope.expiresAt && !core.epochs.hasSoft) {
      return item.entry;
    }
    const verdict = judgeMemory(item.envelope, core.epochs, now);
    return verdict === 'dead' ? undefined : entryOf(core, item, 'memory', verdict === 'stale');
  }

  /** Whether something computed at this stamp, with these tags, is invalid by now. */
  isInvalid(created: number, tags: readonly string[]): boolean {
    return isInvalid(created, tags, this.epochNames, this.#core.epochs);
  }

  /** A key that was asked for was found. HOT */
  countHit(key: string, tier: TierName, isStale: boolean): void {
    const { counters, events } = this.#core;
    counters.hits++;
    if (isStale) counters.stale++;
    if (tier === 'memory') counters.memory.hits++;
    if (events.has('hit')) {
      events.emit('hit', { key, namespace: this.ns, tier, stale: isStale });
    }
  }

  /** A key that was asked for was not found. */
  countMiss(key: string): void {
    const { counters, events } = this.#core;
    counters.misses++;
    if (events.has('miss')) events.emit('miss', { key, namespace: this.ns });
  }

  // HOT: a value that may be given without asking any other tier.
  #fresh(key: string): Item | undefined {
    const item = this.#find(key);
    if (item === undefined) return undefined;
    const { epochs, clock } = this.#core;
    return judgeMemory(item.envelope, epochs, clock.now()) === 'fresh' ? item : undefined;
  }

  #find(key: string): Item | undefined {
    // Longer ones may be too long for the engine, which would say it in words of its own.
    if (typeof key !== 'string' || key.length > SURELY_SHORT || this.#core.isClosed) {
      this.checkKey(key);
      this.checkOpen();
    }
    const name = this.names.of(key);
    const { lookUps, memory } = this.#core;
    return lookUps.isDue() ? this.#findTimed(name) : memory.find(name);
  }

  // By itself, so that what V8 puts in place of a call of #find stays small.
  #findTimed(name: string): Item | undefined {
    const { lookUps, memory } = this.#core;
    const began = performance.now();
    const item = memory.find(name);
    lookUps.record(began);
    return item;
  }

  #missed(key: string): void {
    this.checkKey(key);
    this.#core.counters.memory.misses++;
    this.countMiss(key);
  }
}
