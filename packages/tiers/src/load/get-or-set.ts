// getOrSet and getOrSetMany of one namespace: finds a value, or has it computed once however many ask.
// Invariant: a call that memory can answer makes one promise and waits for nothing; every other gets its answer through a
// Waiter, whether or not a load is needed, so that all are counted and ended alike.
// Which load may be joined is flights.ts; what a load does, run-one.ts and many.ts; what a caller gets, waiter.ts.
import { show } from '@catzilla/common';
import type { Entry } from '../entry.ts';
import { errors } from '../errors.ts';
import { watchAbort } from './abort-watch.ts';
import { Cancel } from './cancel.ts';
import { checkLoadOptions, checkManyOptions } from './check-options.ts';
import { isDue } from './early.ts';
import { Holds } from './fail-safe.ts';
import { Flights } from './flights.ts';
import type { LoadHost } from './host.ts';
import { runMany } from './many.ts';
import { KeptErrors } from './negative.ts';
import type { Factory, LoadManyOptions, LoadOptions, ManyFactory } from './options.ts';
import { planOf, readsMemory, resolveLoadDefaults } from './plan.ts';
import type { Plan, ResolvedLoadDefaults } from './plan.ts';
import { runOne } from './run-one.ts';
import type { LoadScope } from './run-one.ts';
import { Waiter } from './waiter.ts';

/** A waiter that found no load to join, and what memory has for it. */
interface Passenger {
  readonly waiter: Waiter;
  readonly stale: Entry | undefined;
}

type Begin = (waiter: Waiter, stale: Entry | undefined) => void;

/** The loads of one namespace. */
export class Loader {
  readonly #host: LoadHost;
  readonly #base: ResolvedLoadDefaults;
  readonly #scope: LoadScope;
  readonly #flights: Flights;
  readonly #unwatch: (() => void) | undefined;
  #isClosed = false;

  /** @param base  defaults of the namespace. Default: the built-in ones */
  constructor(host: LoadHost, base: ResolvedLoadDefaults = resolveLoadDefaults()) {
    this.#host = host;
    this.#base = base;
    this.#flights = new Flights(host);
    this.#scope = { host, holds: new Holds(host), keptErrors: new KeptErrors(host) };
    if (host.closing.aborted) this.#end();
    else this.#unwatch = watchAbort(host.closing, () => this.#end());
  }

  /** Finds a value, or has it computed. A hit in memory makes one promise and nothing else. HOT
   * @throws (rejects) CATZ_TIERS_KEY, CATZ_TIERS_OPTION, CATZ_TIERS_TAG, CATZ_TIERS_FACTORY, CATZ_TIERS_CLOSED,
   *   CATZ_TIERS_TIMEOUT; the reason of the signal (CATZ_TIERS_ABORTED without one); what the factory threw */
  getOrSet<T>(key: string, factory: Factory<T>, options?: LoadOptions<T>): Promise<T> {
    try {
      if (typeof factory !== 'function') throw notFunction(factory);
      if (options !== undefined) checkLoadOptions(options);
      if (this.#isClosed || typeof key !== 'string') this.#check(key);
      const inMemory = readsMemory(options?.tiers) ? this.#host.peek(key) : undefined;
      if (inMemory === undefined || inMemory.stale || options?.fresh === true) {
        return this.#load(key, anyFactory(factory), options as LoadOptions, inMemory) as Promise<T>;
      }
      const early = options?.early ?? this.#base.early;
      if (early !== false && isDue(early, inMemory, this.#host.now())) {
        this.#refresh(key, anyFactory(factory), options as LoadOptions, inMemory);
      }
      this.#host.countHit(key, inMemory);
      return Promise.resolve(inMemory.value as T);
    } catch (misuse) {
      return Promise.reject(misuse);
    }
  }

  /** Finds values, and has those computed in one call that are neither there nor being loaded.
   * @returns in order of the keys; undefined for those that the factory's Map lacks
   * @throws (rejects) as getOrSet */
  async getOrSetMany<T>(
    keys: readonly string[],
    factory: ManyFactory<T>,
    options?: LoadManyOptions,
  ): Promise<(T | undefined)[]> {
    if (typeof factory !== 'function') throw notFunction(factory);
    if (!Array.isArray(keys))
      throw new errors.OPTION(`expected keys to be an array, got ${show(keys)}`);
    if (options !== undefined) checkManyOptions(options);
    for (const key of keys) this.#check(key);
    const plan = planOf({ ...options, softTimeout: Infinity, lock: false }, this.#base);
    const values = new Map<string, unknown>();
    const waiters: Waiter[] = [];
    const missing: Passenger[] = [];
    let begin: Begin = (waiter, stale) => void missing.push({ waiter, stale });
    const board = (waiter: Waiter): void => this.#board(waiter, (who, stale) => begin(who, stale));
    for (const key of keys) {
      if (values.has(key)) continue;
      values.set(key, undefined);
      const inMemory = this.#peek(key, plan);
      if (inMemory !== undefined && !inMemory.stale && !plan.fresh) {
        this.#host.countHit(key, inMemory);
        values.set(key, inMemory.value);
      } else {
        const waiter = new Waiter(this.#host, key, plan, board);
        waiters.push(waiter);
        board(waiter);
      }
    }
    this.#beginMany(missing, plan, factory as ManyFactory<unknown>);
    // Who has to ask again, since an invalidation overtook the load it joined, goes alone.
    begin = (waiter, stale) =>
      this.#beginMany([{ waiter, stale }], plan, factory as ManyFactory<unknown>);
    await Promise.all(waiters.map(async ({ key, promise }) => values.set(key, await promise)));
    return keys.map((key) => values.get(key) as T | undefined);
  }

  /** Keys were deleted: who comes later joins no load begun before. */
  forget(keys: readonly string[]): void {
    for (const key of keys) {
      this.#flights.detach(key);
      this.#scope.holds.end(key);
      this.#scope.keptErrors.forget(key);
    }
  }

  /** All keys were deleted. */
  forgetAll(): void {
    this.#flights.detachAll();
    this.#scope.holds.endAll();
    this.#scope.keptErrors.forgetAll();
  }

  /** Ends all waits with CATZ_TIERS_CLOSED and tells the factories to stop; what they still give is not stored. Does not
   * wait for them: the host tracks them. Idempotent; `closing` of the host does the same. */
  close(): Promise<void> {
    this.#end();
    return Promise.resolve();
  }

  #load(
    key: string,
    factory: Factory<unknown>,
    options: LoadOptions | undefined,
    inMemory: Entry | undefined,
  ): Promise<unknown> {
    this.#check(key);
    const plan = planOf(options, this.#base);
    const begin: Begin = (waiter, stale) => {
      const cancel = new Cancel();
      const flight = this.#flights.begin({ key, plan, cancel, previous: stale, early: false });
      waiter.board(flight, stale, true);
      this.#host.track(runOne(this.#scope, flight, factory));
    };
    const waiter = new Waiter(this.#host, key, plan, (again) => this.#board(again, begin));
    this.#board(waiter, begin, inMemory);
    return waiter.promise;
  }

  // Gives a waiter what needs no load, or a load to wait for.
  #board(waiter: Waiter, begin: Begin, inMemory?: Entry): void {
    const { key, plan } = waiter;
    if (plan.signal?.aborted === true) return waiter.onAbort();
    if (this.#isClosed) return waiter.fail(this.#closedError());
    const entry = inMemory ?? this.#peek(key, plan);
    if (plan.fresh) return begin(waiter, entry);
    if (entry !== undefined) {
      if (!entry.stale) return waiter.find(entry);
      if (this.#scope.holds.find(key) !== undefined) return waiter.hold(entry);
    } else {
      const kept = this.#scope.keptErrors.find(key, plan);
      if (kept !== undefined) return waiter.fail(kept.error);
    }
    const flight = this.#flights.find(key);
    if (flight === undefined) begin(waiter, entry);
    else waiter.board(flight, entry, false);
  }

  #beginMany(passengers: readonly Passenger[], plan: Plan, factory: ManyFactory<unknown>): void {
    if (passengers.length === 0) return;
    const cancel = new Cancel();
    const flights = passengers.map(({ waiter, stale }) => {
      const { key } = waiter;
      const flight = this.#flights.begin({ key, plan, cancel, previous: stale, early: false });
      waiter.board(flight, stale, true);
      return flight;
    });
    this.#host.track(runMany(this.#scope, { flights, plan, cancel }, factory));
  }

  // In the background, unless one is under way or has just failed.
  #refresh(
    key: string,
    factory: Factory<unknown>,
    options: LoadOptions | undefined,
    entry: Entry,
  ): void {
    if (this.#flights.find(key) !== undefined || this.#scope.holds.find(key) !== undefined) return;
    const plan = planOf(options, this.#base);
    const cancel = new Cancel();
    const flight = this.#flights.begin({ key, plan, cancel, previous: entry, early: true });
    this.#host.track(runOne(this.#scope, flight, factory));
  }

  #peek(key: string, plan: Plan): Entry | undefined {
    return readsMemory(plan.entry.tiers) ? this.#host.peek(key) : undefined;
  }

  #check(key: string): void {
    this.#host.check(key);
    if (this.#isClosed) throw this.#closedError();
  }

  #closedError(): Error {
    const reason: unknown = this.#host.closing.reason;
    return reason instanceof errors.CLOSED ? reason : new errors.CLOSED(this.#host.namespaceName);
  }

  #end(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#unwatch?.();
    this.#flights.close(this.#closedError());
    this.forgetAll();
  }
}

function notFunction(factory: unknown): Error {
  return new errors.FACTORY('factory', 'a function', show(factory));
}

// Values pass through untouched: what T is concerns the caller alone.
function anyFactory<T>(factory: Factory<T>): Factory<unknown> {
  return factory as unknown as Factory<unknown>;
}
