// Puts a finished response into the cache: under its primary key, or as a variant behind the index of that key.
// Invariant: a purge between the fill's start and the end of the write leaves nothing behind (purge-token.ts), neither the
// entry nor an index brought back. What may be stored was decided before; here only room and purges can refuse.
import { randomBytes } from 'node:crypto';
import { encodeEntry, encodeIndex } from './entry/encode.ts';
import type { EntryHead, VariantIndex } from './entry/entry.ts';
import { engineKey } from './key/primary-key.ts';
import { findIndex, variantFullKey } from './lookup.ts';
import type { TokenMark } from './purge-token.ts';
import { MAX_FILL_AGE } from './purge-token.ts';
import type { Fields } from './rfc/fields.ts';
import type { Scope } from './scope.ts';
import type { PluginReason } from './stats.ts';

const MAX_LISTS = 4;

/** A response ready to be stored. */
export interface StoreJob {
  /** The full primary key. */
  readonly key: string;
  readonly head: Omit<EntryHead, 'key'>;
  readonly body: Uint8Array;
  /** ms it stays fresh from now on. */
  readonly ttl: number;
  /** Names that select the variant. */
  readonly vary: readonly string[];
  /** Other routes may answer the same URL, so that the entry may not stand alone under its key. */
  readonly constrained: boolean;
  readonly headers: Fields;
  readonly maxVariants: number;
  /** When the handler started, ms, and the tokens read then. */
  readonly started: number;
  readonly mark: TokenMark;
}

/** What was written, to be taken back with `withdraw`. */
export interface StoredKeys {
  readonly entry: string;
  readonly index: string | undefined;
}

/** Stores a response. Never throws.
 * @returns the keys written, or why not */
export function storeResponse(scope: Scope, job: StoreJob, now: number): StoredKeys | PluginReason {
  const { cache, tokens } = scope;
  try {
    if (now - job.started > MAX_FILL_AGE || !tokens.isCurrent(job.mark)) return 'purged-meanwhile';
    const index = findIndex(scope.records, job.key);
    const standsAlone = job.vary.length === 0 && !job.constrained && index === undefined;
    const keys = standsAlone ? write(scope, job) : writeVariant(scope, job, index, now);
    if (keys === undefined) return 'backend';
    if (tokens.isCurrent(job.mark)) return keys;
    cache.delete(keys.entry);
    if (keys.index !== undefined) cache.delete(keys.index);
    return 'purged-meanwhile';
  } catch (error) {
    scope.fault('set', error);
    return 'backend';
  }
}

/** Takes a stored response back: its reply turned out to be an error after all. Never throws. */
export function withdraw(scope: Scope, keys: StoredKeys): void {
  try {
    scope.cache.delete(keys.entry);
  } catch (error) {
    scope.fault('delete', error);
  }
}

function write(scope: Scope, job: StoreJob): StoredKeys | undefined {
  const entry = engineKey(job.key);
  const bytes = encodeEntry({ ...job.head, key: job.key }, job.body);
  return scope.cache.set(entry, bytes, { ttl: job.ttl }) ? { entry, index: undefined } : undefined;
}

function writeVariant(
  scope: Scope,
  job: StoreJob,
  old: VariantIndex | undefined,
  now: number,
): StoredKeys | undefined {
  const { cache } = scope;
  const names = job.vary;
  const index = engineKey(job.key);
  const generation = old?.generation ?? randomBytes(9).toString('base64url');
  const full = variantFullKey(job.key, generation, job.head.route, names, job.headers);
  const entry = engineKey(full);
  if (!cache.set(entry, encodeEntry({ ...job.head, key: full }, job.body), { ttl: job.ttl })) {
    return undefined;
  }
  const variants = [...(old?.variants ?? []).filter((key) => key !== entry), entry];
  while (variants.length > job.maxVariants) cache.delete(variants.shift() as string);
  const until = Math.max(old?.until ?? 0, now + job.ttl);
  const lists = addList(old?.lists ?? [], names);
  const next: VariantIndex = { key: job.key, generation, lists, variants, until };
  if (cache.set(index, encodeIndex(next), { ttl: until - now })) return { entry, index };
  cache.delete(entry);
  return undefined;
}

// Newest first, the empty list (no Vary) always last.
function addList(
  lists: readonly (readonly string[])[],
  names: readonly string[],
): readonly (readonly string[])[] {
  const id = names.join(',');
  const others = lists.filter((list) => list.join(',') !== id);
  const next = names.length === 0 ? [...others, names] : [names, ...others];
  if (next.length <= MAX_LISTS) return next;
  const oldest = next.at(-1)?.length === 0 ? next.length - 2 : next.length - 1;
  return next.filter((_, i) => i !== oldest);
}
