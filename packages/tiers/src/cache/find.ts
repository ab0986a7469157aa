// Finding entries for users: memory first, then what lies below it, counted once for each key.
import type { Entry, TierName } from '../entry.ts';
import type { Inspection, ReadOptions } from '../tiered-cache.ts';
import type { Core } from './core.ts';
import { entryOf } from './entry-of.ts';
import { checkNames, checkTiers } from './entry-options.ts';
import { inspectTier, readBelow, readManyBelow } from './read.ts';
import type { Found } from './answer.ts';
import type { View } from './view.ts';

const READ_NAMES = ['signal', 'tiers'];

/** Finds one entry.
 * @param takesStale  false: what is past its ttl counts as a miss
 * @throws (rejects) CATZ_TIERS_OPTION, and the reason of an aborted signal */
export async function findEntry(
  core: Core,
  view: View,
  key: string,
  options: ReadOptions | undefined,
  takesStale: boolean,
): Promise<Entry | undefined> {
  const { signal, tiers } = readOptions(options);
  signal?.throwIfAborted();
  const near = readsMemory(tiers) ? view.peekEntry(key) : undefined;
  if (near?.stale === false) {
    view.countHit(key, 'memory', false);
    return near;
  }
  if (readsMemory(tiers)) core.counters.memory.misses++;
  const reading = readBelow(core, view, key, tiers);
  const found = reading instanceof Promise ? await abortable(reading, signal) : reading;
  const entry = better(core, near, found);
  if (entry === undefined || (entry.stale && !takesStale)) {
    view.countMiss(key);
    return undefined;
  }
  view.countHit(key, entry.tier, entry.stale);
  return entry;
}

/** Finds the fresh values of keys, those that are not in memory in one round trip.
 * @throws (rejects) CATZ_TIERS_OPTION, and the reason of an aborted signal */
export async function findMany(
  core: Core,
  view: View,
  keys: readonly string[],
  options: ReadOptions | undefined,
): Promise<unknown[]> {
  const { signal, tiers } = readOptions(options);
  signal?.throwIfAborted();
  const entries = keys.map((key) => (readsMemory(tiers) ? view.peekEntry(key) : undefined));
  const missing = keys.flatMap((_, i) => (entries[i]?.stale === false ? [] : [i]));
  if (missing.length > 0) {
    if (readsMemory(tiers)) core.counters.memory.misses += missing.length;
    const asked = missing.map((i) => keys[i] as string);
    const found = await abortable(readManyBelow(core, view, asked, tiers), signal);
    for (const [place, i] of missing.entries()) entries[i] = seen(core, found[place]);
  }
  return keys.map((key, i) => {
    const entry = entries[i];
    if (entry === undefined || entry.stale) {
      view.countMiss(key);
      return undefined;
    }
    view.countHit(key, entry.tier, false);
    return entry.value;
  });
}

/** Looks at a key in each tier; neither promotes nor counts. */
export async function inspectKey(core: Core, view: View, key: string): Promise<Inspection> {
  return {
    key,
    memory: view.peekEntry(key),
    remote: core.remote && seen(core, await inspectTier(core, view, key, 'remote')),
    disk: core.disk && seen(core, await inspectTier(core, view, key, 'disk')),
  };
}

function seen(core: Core, found: Found | undefined): Entry | undefined {
  return found && entryOf(core, found.item, found.tier, found.isStale);
}

// A stale one below may be older than the stale one in memory: its removal there has failed.
function better(core: Core, near: Entry | undefined, found: Found | undefined): Entry | undefined {
  if (found === undefined) return near;
  const isOlder = near !== undefined && near.created > found.item.envelope.created;
  return isOlder && found.isStale ? near : seen(core, found);
}

function readOptions(options: ReadOptions | undefined): ReadOptions {
  if (options === undefined) return {};
  checkNames(options, READ_NAMES);
  if (options.tiers !== undefined) checkTiers(options.tiers, 'options.tiers');
  return options;
}

function readsMemory(tiers: readonly TierName[] | undefined): boolean {
  return tiers === undefined || tiers.includes('memory');
}

// The caller's wait ends; the read goes on, and fills memory.
function abortable<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason as Error);
    signal.addEventListener('abort', onAbort, { once: true });
    const end = (): void => signal.removeEventListener('abort', onAbort);
    work.then(
      (value) => {
        end();
        resolve(value);
      },
      (error: unknown) => {
        end();
        reject(error as Error);
      },
    );
  });
}
