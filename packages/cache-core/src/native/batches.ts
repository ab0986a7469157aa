// Batches: many keys in one crossing into native code.
// Invariant: entries are done in order; one that fails ends the batch with its error, and what stands before it is done.
import { isUint8Array } from 'node:util/types';
import { checkSetOptions, sinceOf, tagsOf, ttlOf } from '../call-options.ts';
import type { Key, SetOptions, Value } from '../cache.ts';
import { WORD_MORE, WORD_POSITION } from './addon.ts';
import type { NativeHandle } from './addon.ts';

/** How many entries go into one call: what is collected for it has to fit somewhere. */
const BATCH = 1024;

/** What a batch needs of its cache. */
export interface BatchTarget {
  /** Stores one entry. */
  set(key: Key, value: Value, options?: SetOptions): boolean;
  delete(key: Key): boolean;
  failure(result: number, key: unknown, value?: unknown): Error;
}

/** Stores entries in order.
 * @returns how many were stored */
export function setMany(
  entries: Iterable<readonly [Key, Value, SetOptions?]>,
  native: NativeHandle,
  words: Int32Array,
  target: BatchTarget,
): number {
  let stored = 0;
  if (!isAtRest(entries)) {
    for (const [key, value, options] of entries) if (target.set(key, value, options)) stored++;
    return stored;
  }
  let batch: [Key, Value, number][] = [];
  const flush = () => {
    const [done, times] = [batch, Float64Array.from(batch, ([, , ttl]) => ttl)];
    batch = [];
    const [keys, values] = [done.map(([key]) => key), done.map(([, value]) => storable(value))];
    stored += native.setMany(keys, values, times);
    const [failure, at] = [words[WORD_MORE]!, words[WORD_POSITION]!];
    if (failure !== 0) throw target.failure(failure, done[at]?.[0], done[at]?.[1]);
  };
  try {
    for (const [key, value, options] of entries) {
      if (options !== undefined && hasConditions(options)) {
        flush();
        if (target.set(key, value, options)) stored++;
        continue;
      }
      batch.push([key, value, options === undefined ? NaN : (ttlOf(options.ttl) ?? NaN)]);
      if (batch.length === BATCH) flush();
    }
  } catch (error) {
    flush(); // what came before is stored, unless something there failed first
    throw error;
  }
  flush();
  return stored;
}

/** Removes keys in order.
 * @returns how many had a value */
export function deleteMany(
  keys: Iterable<Key>,
  native: NativeHandle,
  words: Int32Array,
  target: BatchTarget,
): number {
  if (!isAtRest(keys)) {
    let count = 0;
    for (const key of keys) if (target.delete(key)) count++;
    return count;
  }
  const all = [...keys];
  const deleted = native.deleteMany(all);
  if (words[WORD_MORE] !== 0) throw target.failure(words[WORD_MORE]!, all[words[WORD_POSITION]!]);
  return deleted;
}

/** Whether nothing of the caller's runs between two elements. A generator may hand out one and the same buffer,
 * refilled, each time: its elements have to be used at once. */
export function isAtRest(elements: Iterable<unknown>): boolean {
  return Array.isArray(elements) || elements instanceof Map || elements instanceof Set;
}

function hasConditions(options: SetOptions): boolean {
  checkSetOptions(options);
  return tagsOf(options.tags) !== undefined || sinceOf(options.since) !== undefined;
}

// Native code takes a string, or what is surely a Uint8Array.
function storable(value: Value): Value | undefined {
  return typeof value === 'string' || isUint8Array(value) ? value : undefined;
}
