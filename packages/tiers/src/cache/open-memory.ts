// Opens L1: the engine of the cache's name, one that was given, or none.
import { openCache } from '@catzilla/cache-core';
import type { Cache, CacheOptions } from '@catzilla/cache-core';
import type { ValueFormat } from '../codecs/format.ts';
import { EngineMemory } from '../memory/engine-memory.ts';
import type { Memory } from '../memory/memory.ts';
import { NoMemory } from '../memory/no-memory.ts';
import type { Counters } from '../observe/counters.ts';
import type { Settings } from '../options.ts';

/** Room for evicted entries on their way down. */
const EVICTION_RING_BYTES = 4 * 1024 * 1024;

/** @throws what opening a cache throws; CATZ_CACHE_OPTION where entries are to be demoted from a given cache that was opened
 *   without `evictionRing` */
export function openMemory(settings: Settings, format: ValueFormat, counters: Counters): Memory {
  const { memory, name, onRead } = settings;
  if (memory === false) return new NoMemory();
  const isOwned = !isCache(memory);
  const cache = isCache(memory) ? memory : openCache(`tiers.${name}`, withRing(memory, settings));
  // One that was given without a ring says so now, not when the first entry is evicted.
  if (isDemoting(settings)) cache.drainEvicted();
  const onCorrupt = (): void => {
    counters.memory.corrupt++;
  };
  return new EngineMemory({ cache, isOwned, name, format, onRead, onCorrupt });
}

function withRing(options: CacheOptions, settings: Settings): CacheOptions {
  const { minFrequency } = settings;
  if (!isDemoting(settings)) return options;
  return { evictionRing: { maxBytes: EVICTION_RING_BYTES, minFrequency }, ...options };
}

/** Whether a tier is written with what memory evicts. */
export function isDemoting({ write, remote, disk }: Settings): boolean {
  const isRemote = remote !== undefined && write.remote === 'victim';
  return isRemote || (disk !== undefined && write.disk === 'victim');
}

function isCache(value: Cache | CacheOptions): value is Cache {
  return typeof (value as Partial<Cache>).getRecord === 'function';
}
