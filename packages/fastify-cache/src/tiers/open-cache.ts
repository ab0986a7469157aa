// Opens what the option `cache` says, as a tiered cache in every case: a cache of @catzilla/cache-core is one of memory alone.
// Invariant: only what was opened here is closed here. A tier that is down is no error and no reason to wait long.
// Keys stand in the root of a cache, or in the namespace that was given: they begin with the plugin's own namespace, and a
// name in the root is the key itself, so that a lookup builds no string.
import { openCache } from '@catzilla/cache-core';
import type { Cache, CacheOptions, NearCacheOptions } from '@catzilla/cache-core';
import { createTieredCache } from '@catzilla/tiers';
import type { TieredCache, TieredOptions, TierName } from '@catzilla/tiers';
import type { CheckedCache, TieredCacheOptions } from '../options/cache-option.ts';

/** Name of the engine that scopes without an own cache share. */
const DEFAULT_ENGINE = 'catzilla-http';
/** Name of a tiered cache that was given none: part of its keys at Redis and on disk. */
const DEFAULT_NAME = 'http';
/** A near-cache for whole responses, bytes: the engine's own default leaves out every body of 64 KiB, which is then read
 * and decoded anew for each hit. */
const NEAR_CACHE: NearCacheOptions = { maxBytes: 16_777_216, maxEntryBytes: 1_048_576 };
/** Largest value of a tiered cache that says nothing else, bytes. */
const MAX_VALUE = 16_777_216;
/** How long the start waits for tiers that were opened here, ms: a disk that is ready answers the first requests. */
const START_WAIT = 1_000;

/** What is known of a tier's state without asking it: words of its health. */
export type TierStates = Record<TierName, string>;

/** A cache for responses. */
export interface OpenedCache {
  readonly tiered: TieredCache;
  /** Its L1: what is shared by threads alone (purge tokens) goes there past the tiers. */
  readonly memory: Cache;
  /** Tiers it has below memory, in the order in which they are asked. */
  readonly below: readonly TierName[];
  /** Other instances may store in it, and hear of purges. */
  readonly isShared: boolean;
  /** Largest value that all of its tiers take, bytes. */
  readonly maxValueBytes: number;
  readonly states: Readonly<TierStates>;
  /** Closes what was opened. Idempotent. */
  close(): Promise<void>;
}

/** Opens a cache.
 * @throws what openCache and createTieredCache throw */
export async function openResponseCache(given: CheckedCache): Promise<OpenedCache> {
  switch (given.kind) {
    case 'tiered':
      return describe(given.cache, MAX_VALUE, undefined);
    case 'engine':
      return overEngine(given.cache, undefined);
    case 'engine-options': {
      const engine = openCache(DEFAULT_ENGINE, withNear(given.options));
      return overEngine(engine, () => engine.close());
    }
    case 'tiered-options':
      return openTiers(given.options);
  }
}

// L1 alone: nothing of it is ever compressed, traced or told to others.
async function overEngine(engine: Cache, close: (() => void) | undefined): Promise<OpenedCache> {
  const { maxValueBytes } = engine.limits;
  const tiered = createTieredCache({
    name: DEFAULT_ENGINE,
    memory: engine,
    codec: 'bytes',
    compression: false,
    telemetry: false,
    maxValueBytes,
  });
  return describe(tiered, maxValueBytes, async () => {
    await tiered.close();
    close?.();
  });
}

async function openTiers(options: TieredCacheOptions): Promise<OpenedCache> {
  const { memory = {} } = options;
  const engineLimit = isEngine(memory) ? memory.limits.maxValueBytes : memory.maxValueBytes;
  const maxValueBytes = options.maxValueBytes ?? Math.max(MAX_VALUE, engineLimit ?? 0);
  const tiered = createTieredCache({
    name: DEFAULT_NAME,
    codec: 'bytes',
    ...options,
    memory: isEngine(memory) ? memory : withNear(memory),
    maxValueBytes,
  } satisfies TieredOptions);
  const opened = await describe(tiered, maxValueBytes, () => tiered.close());
  if (opened.below.length > 0) await tiered.ready({ timeout: START_WAIT });
  return opened;
}

/** @param limit  largest value the tiers take, bytes; what L1 takes may be less */
async function describe(
  tiered: TieredCache,
  limit: number,
  close: (() => Promise<void>) | undefined,
): Promise<OpenedCache> {
  const memory = tiered.memory as Cache;
  const states: TierStates = { memory: 'ok', remote: 'off', disk: 'off' };
  const unwatch = tiered.on('state', ({ tier, state }) => {
    states[tier] = state;
  });
  const health = await tiered.health();
  states.remote = health.remote.state;
  states.disk = health.disk.state;
  const below = (['remote', 'disk'] as const).filter((tier) => states[tier] !== 'off');
  return {
    tiered,
    memory,
    below,
    isShared: states.remote !== 'off' || health.bus !== undefined,
    maxValueBytes: Math.min(limit, memory.limits.maxValueBytes),
    states,
    close: async () => {
      unwatch();
      await close?.();
    },
  };
}

function withNear(options: CacheOptions): CacheOptions {
  return { ...options, nearCache: options.nearCache ?? NEAR_CACHE };
}

function isEngine(value: Cache | CacheOptions): value is Cache {
  return typeof (value as Partial<Cache>).getRecord === 'function';
}
