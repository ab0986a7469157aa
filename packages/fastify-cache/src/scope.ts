// One registration of the plugin: its settings, its cache, and what its hooks share. A scope lives from register to close.
// Invariant: nothing of it is reachable from another Fastify instance, but the named engine. A fault of the cache is
// counted here and never leaves: every read of it is then a miss, every write refused.
import { openCache } from '@catzilla/cache-core';
import type { Cache, CacheOptions, NearCacheOptions } from '@catzilla/cache-core';
import type { FastifyRequest } from 'fastify';
import { makeStyles } from './answer/style.ts';
import type { Styles } from './answer/style.ts';
import { Collapser } from './collapse.ts';
import { isHostAllowed, normalizeHost } from './key/host.ts';
import { primaryKey } from './key/primary-key.ts';
import type { KeyScope } from './key/primary-key.ts';
import type { PluginSettings, RoutePolicy } from './options/policy.ts';
import { PurgeTokens } from './purge-token.ts';
import { Records } from './records.ts';
import { Counters } from './stats.ts';

/** Name of the engine that scopes without an own cache share. */
const DEFAULT_CACHE = 'catzilla-http';
/** A near-cache for whole responses, bytes: the engine's own default leaves out every body of 64 KiB, which is then read
 * and decoded anew for each hit. */
const NEAR_CACHE: NearCacheOptions = { maxBytes: 16_777_216, maxEntryBytes: 1_048_576 };
/** Room of a record besides its body: fields, key, our own head. */
const HEAD_ROOM = 16_384;
const MAX_INFLIGHT = 67_108_864;

/** A fault of the cache, as health() shows it. */
export interface CacheFault {
  /** ISO 8601. */
  readonly at: string;
  readonly operation: string;
  readonly message: string;
  readonly code: string | undefined;
}

/** What the hooks of one registration share. */
export class Scope {
  readonly settings: PluginSettings;
  readonly cache: Cache;
  readonly records: Records;
  readonly counters: Counters = new Counters();
  readonly collapser: Collapser | undefined;
  readonly tokens: PurgeTokens;
  readonly styles: Styles;
  /** One key scope per query policy in use, to find every key of a URL; shared with enclosing scopes. */
  readonly keyScopes: Map<unknown, KeyScope>;
  /** Largest body the cache can hold with its head, bytes. */
  readonly maxBodyBytes: number;
  readonly maxInflightBytes: number;
  lastFault: CacheFault | undefined;
  readonly #owned: boolean;

  constructor(settings: PluginSettings, outer: Scope | undefined) {
    this.settings = settings;
    this.#owned = !isCache(settings.cache);
    this.cache = isCache(settings.cache)
      ? settings.cache
      : openCache(DEFAULT_CACHE, {
          ...settings.cache,
          nearCache: settings.cache?.nearCache ?? NEAR_CACHE,
        });
    const { capacity, backend } = this.cache.stats();
    this.records = new Records(
      this.cache,
      backend === 'js' ? Infinity : largestNear(settings.cache),
    );
    this.collapser = settings.collapse === false ? undefined : new Collapser(settings.collapse);
    this.tokens = new PurgeTokens(this.cache, settings.namespace);
    this.styles = makeStyles(settings);
    this.keyScopes = outer?.keyScopes ?? new Map<unknown, KeyScope>();
    this.maxBodyBytes = Math.max(0, maxValueBytes(settings.cache, capacity) - HEAD_ROOM);
    this.maxInflightBytes = settings.maxInflightBytes ?? Math.min(MAX_INFLIGHT, capacity / 4);
  }

  /** The normalised host of a request; undefined when it is malformed or not served from the cache. HOT */
  hostOf(request: FastifyRequest): string | undefined {
    const host = normalizeHost(request.host, request.protocol);
    return host !== undefined && isHostAllowed(this.settings.hosts, host) ? host : undefined;
  }

  /** The full primary key of a request; undefined = bypass. HOT */
  keyOf(policy: RoutePolicy, request: FastifyRequest, host: string): string | undefined {
    return primaryKey(policy.key, request.protocol, host, request.raw.url ?? '');
  }

  /** Remembers how a route writes its keys, so that a purge finds them. */
  addKeyScope(key: KeyScope): void {
    if (!this.keyScopes.has(key.query)) this.keyScopes.set(key.query, key);
  }

  /** Counts and keeps a fault of the cache. */
  fault(operation: string, error: unknown): void {
    this.counters.faults++;
    this.lastFault = {
      at: new Date().toISOString(),
      operation,
      message: error instanceof Error ? error.message : String(error),
      code: (error as { code?: string } | undefined)?.code,
    };
  }

  /** Frees waiters and closes the cache, if this scope opened it. */
  close(): void {
    this.collapser?.close();
    if (this.#owned) this.cache.close();
  }
}

function isCache(value: Cache | CacheOptions | undefined): value is Cache {
  return typeof (value as Partial<Cache> | undefined)?.getRecord === 'function';
}

// The largest record that its near-cache takes, bytes; Infinity where only reads will show.
function largestNear(given: Cache | CacheOptions | undefined): number {
  if (isCache(given)) return Infinity;
  const near = given?.nearCache ?? NEAR_CACHE;
  return near === false ? 0 : (near.maxEntryBytes ?? Infinity);
}

// A cache does not tell its largest value: for one that is given, what its bound allows at most; set() has the last word.
function maxValueBytes(given: Cache | CacheOptions | undefined, capacity: number): number {
  if (isCache(given)) return Math.floor(capacity / 4);
  return given?.maxValueBytes ?? Math.min(Math.floor(capacity / 8), 16_777_216);
}
