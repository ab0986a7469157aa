// Batches: many keys in one crossing into native code.
// Invariant: entries are done in order; one that fails ends the batch with its error, and what stands before it is done.
import type { Buffer } from 'node:buffer';
import { isUint8Array } from 'node:util/types';
import { checkSetOptions, sinceOf, tagsOf, ttlOf, versionOf } from '../call-options.ts';
import type { Key, SetOptions, Value } from '../cache.ts';
import { MISS, WORD_MORE, WORD_POSITION } from './addon.ts';
import type { NativeHandle } from './addon.ts';

/** How many entries go into one call: what is collected for it has to fit somewhere. */
const BATCH = 1024;

/** What a batch needs of its cache. */
export interface BatchTarget {
  get(key: Key): Buffer | undefined;
  /** What the near-cache has, counted as a hit. */
  near(key: string): Buffer | undefined;
  /** Makes sure of the read chunk, before native code writes to it. */
  prepare(): void;
  /** The value that native code has put to the read chunk's next place. */
  take(size: number): Buffer;
  /** Stores one entry. */
  set(key: Key, value: Value, options?: SetOptions): boolean;
  delete(key: Key): boolean;
  failure(result: number, key: unknown, value?: unknown): Error;
}

/** Reads keys in order: what the near-cache has not, in one native call for each read chunk that it fills. */
export function getMany(
  keys: readonly Key[],
  native: NativeHandle,
  target: BatchTarget,
): (Buffer | undefined)[] {
  const values: (Buffer | undefined)[] = [];
  const [rest, places]: [Key[], number[]] = [[], []];
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i]!;
    const bytes = typeof key === 'string' ? target.near(key) : undefined;
    values.push(bytes);
    if (bytes !== undefined) continue;
    rest.push(key);
    places.push(i);
  }
  const results = new Int32Array(rest.length);
  for (let done = 0; done < rest.length;) {
    target.prepare();
    const end = native.getMany(rest, done, results);
    for (; done < end; done++) {
      if (results[done] !== MISS) values[places[done]!] = target.take(results[done]!);
    }
    if (done === rest.length) break;
    // What found no room in the read chunk, or is no key.
    values[places[done]!] = target.get(rest[done]!);
    done++;
  }
  return values;
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
  const ttls = new Float64Array(BATCH);
  let keys: Key[] = [];
  let values: Value[] = [];
  const flush = () => {
    const [batch, contents] = [keys, values];
    [keys, values] = [[], []];
    stored += native.setMany(batch, contents, ttls);
    const [failure, at] = [words[WORD_MORE]!, words[WORD_POSITION]!];
    if (failure !== 0) throw target.failure(failure, batch[at], contents[at]);
  };
  try {
    for (const [key, value, options] of entries) {
      if (!isStorable(value) || (options !== undefined && hasConditions(options))) {
        flush();
        if (target.set(key, value, options)) stored++;
        continue;
      }
      ttls[keys.length] = options === undefined ? NaN : (ttlOf(options.ttl) ?? NaN);
      keys.push(key);
      values.push(value);
      if (keys.length === BATCH) flush();
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
  return (
    tagsOf(options.tags) !== undefined ||
    sinceOf(options.since) !== undefined ||
    versionOf(options.version) !== undefined
  );
}

// Native code is not asked to tell what is neither.
function isStorable(value: unknown): boolean {
  return typeof value === 'string' || isUint8Array(value);
}
