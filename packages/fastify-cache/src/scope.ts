// One registration of the plugin: its settings, its cache, and what its hooks share. A scope lives from register to close.
// Invariant: nothing of it is reachable from another Fastify instance, but the named engine. A fault of the cache is
// counted here and never leaves: every read of it is then a miss, every write refused.
import type { Cache } from '@catzilla/cache-core';
import type { TieredCache, TierName } from '@catzilla/tiers';
import type { FastifyRequest } from 'fastify';
import { makeStyles } from './answer/style.ts';
import type { Styles } from './answer/style.ts';
import { Collapser } from './collapse.ts';
import { show } from '@catzilla/common';
import { letGo } from './entry/entry.ts';
import { errors } from './errors.ts';
import { Refreshes } from './hooks/refresh.ts';
import { isHostAllowed, normalizeHost } from './key/host.ts';
import { pathOf, primaryKey } from './key/primary-key.ts';
import type { KeyScope } from './key/primary-key.ts';
import type { PluginSettings, RoutePlan, RoutePolicy } from './options/policy.ts';
import { PurgeListeners } from './purge/listeners.ts';
import { PurgeTokens } from './purge-token.ts';
import { Records } from './records.ts';
import { Counters } from './stats.ts';
import type { RouteCacheStats, RouteCounts } from './stats.ts';
import type { OpenedCache, TierStates } from './tiers/open-cache.ts';
import { Below } from './tiers/read-below.ts';

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

/** What the counts of a route need to know of it. */
interface CountedRoute {
  readonly counts: RouteCounts;
  readonly scope: Scope;
  readonly plan: Pick<RoutePlan, 'kind'>;
}

/** What the hooks of one registration share. */
export class Scope {
  readonly settings: PluginSettings;
  readonly tiered: TieredCache;
  /** L1 of it, as a cache without tiers. */
  readonly memory: Cache;
  /** What is in memory. */
  readonly records: Records;
  /** What is below memory; undefined: no such tier. */
  readonly below: Below | undefined;
  /** Other instances may fill and purge what this one has. */
  readonly isShared: boolean;
  readonly states: Readonly<TierStates>;
  readonly counters: Counters = new Counters();
  readonly collapser: Collapser | undefined;
  readonly refreshes: Refreshes;
  readonly tokens: PurgeTokens;
  /** Who hears of purges. */
  readonly purges: PurgeListeners;
  readonly styles: Styles;
  /** One key scope per query policy in use, to find every key of a URL; shared with enclosing scopes. */
  readonly keyScopes: Map<unknown, KeyScope>;
  /** Counts of the routes it covers, in the order of their declaration. */
  readonly routes: {
    readonly method: string;
    readonly url: string;
    readonly route: CountedRoute;
  }[] = [];
  /** Largest body the cache can hold with its head, bytes. */
  readonly maxBodyBytes: number;
  readonly maxInflightBytes: number;
  lastFault: CacheFault | undefined;
  /** Times at which messages of other instances may have been missed. */
  gaps = 0;
  readonly #opened: OpenedCache;
  readonly #unwatch: () => void;

  constructor(settings: PluginSettings, opened: OpenedCache, outer: Scope | undefined) {
    this.settings = settings;
    const { tiered, memory, below } = opened;
    this.tiered = tiered;
    this.memory = memory;
    this.isShared = opened.isShared;
    this.states = opened.states;
    this.#opened = opened;
    this.#unwatch = tiered.on('gap', () => {
      this.gaps++;
    });
    this.records = new Records(tiered, memory.limits.maxNearBytes);
    this.below =
      below.length === 0
        ? undefined
        : new Below(tiered, below, (error) => this.fault('get', error));
    this.collapser = settings.collapse === false ? undefined : new Collapser(settings.collapse);
    this.refreshes = new Refreshes(settings.refresh.concurrency);
    this.tokens = new PurgeTokens(memory, settings.namespace);
    this.purges = new PurgeListeners(outer?.purges, tiered, (error) =>
      this.fault('onPurge', error),
    );
    this.styles = makeStyles(settings, (error) => this.fault('cacheStatus', error));
    this.keyScopes = outer?.keyScopes ?? new Map<unknown, KeyScope>();
    this.maxBodyBytes = Math.max(0, opened.maxValueBytes - HEAD_ROOM);
    this.maxInflightBytes =
      settings.maxInflightBytes ?? Math.min(MAX_INFLIGHT, memory.stats().capacity / 4);
  }

  /** The normalised host of a request; undefined when it is malformed or not served from the cache. HOT */
  hostOf(request: FastifyRequest): string | undefined {
    const host = normalizeHost(request.host, request.protocol);
    return host !== undefined && isHostAllowed(this.settings.hosts, host) ? host : undefined;
  }

  /** The full primary key of a request; undefined = bypass. HOT */
  keyOf(policy: RoutePolicy, request: FastifyRequest, host: string): string | undefined {
    const key = primaryKey(policy.key, request.protocol, host, request.raw.url ?? '');
    return policy.keyOf === undefined || key === undefined
      ? key
      : this.#ownKey(policy.key.prefix, policy.keyOf, request, host);
  }

  // A line feed would begin a variant, a zero character a hashed key.
  #ownKey(
    prefix: string,
    keyOf: NonNullable<RoutePolicy['keyOf']>,
    request: FastifyRequest,
    host: string,
  ): string | undefined {
    const scheme = request.protocol;
    const target = request.raw.url ?? '';
    const path = pathOf(target);
    const mark = target.indexOf('?');
    const query = mark === -1 ? '' : target.slice(mark + 1);
    try {
      const own: unknown = keyOf(request, { scheme, host, path, query });
      if (own === null) return undefined;
      if (typeof own === 'string' && !/[\0\n]/.test(own))
        return `${prefix}${scheme}|${host}|${own}`;
      throw new errors.OPTION(
        `expected the option key to return a string without line feeds and zero characters, or null, got ${show(own)}`,
      );
    } catch (error) {
      this.fault('key', error);
      return undefined;
    }
  }

  /** Takes a route into the counts of this scope; one that a scope further in has taken over counts there alone. */
  cover(methods: readonly string[], url: string, route: CountedRoute): void {
    this.routes.push({ method: methods.join(','), url, route });
  }

  /** Counts by route, those of other scopes and of routes that are not cached left out. */
  routeStats(): readonly RouteCacheStats[] {
    const stats: RouteCacheStats[] = [];
    for (const { method, url, route } of this.routes) {
      if (route.scope !== this || route.plan.kind === 'off') continue;
      // Named, not spread: a dashboard asks each second, of ten thousand routes.
      const { hits, misses, stored, notStored } = route.counts;
      stats.push({ method, url, hits, misses, stored, notStored });
    }
    return stats;
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

  /** Whether a key that was just stored is in memory; no counting, no recency. True where that cannot be seen. */
  isInMemory(key: string): boolean {
    // In a namespace the name in the engine is not the key.
    return this.tiered.namespaceName !== '' || this.memory.has(key);
  }

  /** The full key of what is stored under a hashed key of the engine, in whatever tier. Never rejects. */
  async fullKeyOf(key: string): Promise<string | undefined> {
    const stored = this.records.read(key);
    letGo(stored);
    return (stored ?? (await this.below?.peek(key)))?.key;
  }

  /** Tiers that a policy may be answered from without memory; undefined: none. */
  belowFor(policy: RoutePolicy): readonly TierName[] | undefined {
    return this.below?.tiersFor(policy.tiers);
  }

  /** Frees waiters and closes the cache, if it was opened for this scope. */
  async close(): Promise<void> {
    this.collapser?.close();
    this.refreshes.close();
    this.#unwatch();
    await this.#opened.close();
  }
}
