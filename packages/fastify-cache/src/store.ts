// Puts a finished response into the cache: under its primary key, or as a variant behind the index of that key.
// Invariant: a purge between the fill's start and the end of the write leaves nothing that can be found, here or in another
// instance (tiers/fill-start.ts), neither the entry nor an index brought back. What may be stored was decided before; here
// only room and purges can refuse.
//
// Indexes under several instances: each stores the index it has, with one more variant, and the last one to reach a tier
// wins. What is lost of another's list can at most be missed: variants are found by generation and names of fields alone.
// Nothing that was purged comes back by it: a purge removes the index everywhere; one that follows has a new generation,
// unless it was made of an older one, and then it carries a stamp that lies before the purge, so that every tier refuses it.
import { randomBytes } from 'node:crypto';
import type { TierName, WriteResult } from '@catzilla/tiers';
import type { Fields } from '@catzilla/http';
import { encodeEntry, encodeIndex } from './entry/encode.ts';
import type { EntryHead, VariantIndex } from './entry/entry.ts';
import { engineKey } from './key/primary-key.ts';
import { variantFullKey } from './lookup.ts';
import { MAX_FILL_AGE } from './purge-token.ts';
import type { FoundIndex } from './records.ts';
import type { Normalizers } from './rfc/normalize.ts';
import type { Scope } from './scope.ts';
import type { PluginReason } from './stats.ts';
import { isCurrent, ticketOf } from './tiers/fill-start.ts';
import type { FillStart } from './tiers/fill-start.ts';
import { everyTag } from './tiers/own-tags.ts';
import { forgetKeys } from './tiers/remove.ts';

const MAX_LISTS = 4;

/** A response ready to be stored. */
export interface StoreJob {
  /** The full primary key. */
  readonly key: string;
  readonly head: Omit<EntryHead, 'key'>;
  readonly body: Uint8Array;
  /** ms it stays fresh from now on; 0 or less: stale from the start. */
  readonly freshFor: number;
  /** ms it is of any use from now on; above 0. */
  readonly usefulFor: number;
  /** Names that select the variant. */
  readonly vary: readonly string[];
  /** Other routes may answer the same URL, so that the entry may not stand alone under its key. */
  readonly constrained: boolean;
  readonly headers: Fields;
  readonly normalize: Normalizers;
  readonly maxVariants: number;
  /** When the handler started, ms, and what was noted then. */
  readonly started: number;
  readonly start: FillStart;
  /** The index that was found below memory before the handler ran, for when memory has none. */
  readonly below: FoundIndex | undefined;
  readonly tags: readonly string[];
  /** undefined: all. */
  readonly tiers: readonly TierName[] | undefined;
}

/** What was written, to be taken back with `withdraw`. */
export interface StoredKeys {
  readonly entry: string;
  readonly index: string | undefined;
}

interface Write {
  readonly key: string;
  readonly bytes: Buffer;
  readonly ttl: number;
  /** ms it stays past its ttl. */
  readonly grace: number;
  readonly created: number;
  readonly tags: readonly string[];
}

/** A response that is stored, as far as can be told now. */
export interface Storing {
  readonly keys: StoredKeys;
  /** Resolves to why it is not stored after all: tiers refused what came too late, or failed. Never rejects. */
  readonly refusal: Promise<PluginReason | undefined>;
}

/** Stores a response: in memory before the call returns, in the tiers below soon after. Never throws.
 * @returns the keys written, or why not */
export function storeResponse(scope: Scope, job: StoreJob, now: number): Storing | PluginReason {
  const { start, tags } = job;
  try {
    if (now - job.started > MAX_FILL_AGE || !isCurrent(scope, start, tags)) {
      return 'purged-meanwhile';
    }
    const writes = writesOf(scope, job, now);
    const keys = writes.map(({ key }) => key);
    const [entry, index] = keys as [string, string | undefined];
    // A slow handler's reply, overtaken by one that was asked for later: of two the newer is kept (RFC 9111 4).
    const there = scope.tiered.getEntrySync(entry);
    if (there !== undefined && there.created > start.created) return 'superseded';
    // Each has written to memory when its call returns, so that no other fill sees an index without its variant.
    const results = writes.map((write) => put(scope, job, write));
    const refusal = refusalOf(scope, results, entry);
    if (!isCurrent(scope, start, tags)) {
      forgetKeys(scope, keys);
      return 'purged-meanwhile';
    }
    if (mustBeInMemory(scope, job) && !keys.every((key) => scope.isInMemory(key))) {
      forgetKeys(scope, keys);
      return 'backend';
    }
    return { keys: { entry, index }, refusal };
  } catch (error) {
    scope.fault('set', error);
    return 'backend';
  }
}

/** Takes a stored response back: its reply turned out to be an error after all. Never throws. */
export function withdraw(scope: Scope, keys: StoredKeys): void {
  forgetKeys(scope, [keys.entry]);
}

function writesOf(scope: Scope, job: StoreJob, now: number): readonly Write[] {
  const at = engineKey(job.key);
  const old = scope.records.readIndex(at) ?? job.below;
  const standsAlone = job.vary.length === 0 && !job.constrained && old === undefined;
  const { tags, start } = job;
  if (!standsAlone) return variantWrites(scope, job, at, old, now);
  const bytes = encodeEntry({ ...job.head, key: job.key }, job.body);
  return [{ key: at, bytes, ...lifeOf(job), created: start.created, tags }];
}

// A ttl of 0 would mean not to store it.
function lifeOf({ freshFor, usefulFor }: StoreJob): Pick<Write, 'ttl' | 'grace'> {
  const ttl = Math.max(1, freshFor);
  return { ttl, grace: Math.max(0, usefulFor - ttl) };
}

function variantWrites(
  scope: Scope,
  job: StoreJob,
  at: string,
  found: FoundIndex | undefined,
  now: number,
): readonly Write[] {
  const { vary: names, tags } = job;
  const old = found?.index;
  const generation = old?.generation ?? randomBytes(9).toString('base64url');
  const full = variantFullKey(
    job.key,
    generation,
    job.head.route,
    names,
    job.headers,
    job.normalize,
  );
  const entry = engineKey(full);
  const variants = [...(old?.variants ?? []).filter((key) => key !== entry), entry];
  const overflow = variants.splice(0, Math.max(0, variants.length - job.maxVariants));
  if (overflow.length > 0) forgetKeys(scope, overflow);
  const until = Math.max(old?.until ?? 0, now + job.usefulFor);
  const lists = addList(old?.lists ?? [], names);
  const next: VariantIndex = { key: job.key, generation, lists, variants, until };
  const { created } = job.start;
  // Newer than the one it was made of, or tiers would keep that; but not newer than a purge of that one.
  const stamp = found === undefined ? created : Math.max(created, found.created + 1);
  return [
    {
      key: entry,
      bytes: encodeEntry({ ...job.head, key: full }, job.body),
      ...lifeOf(job),
      created,
      tags,
    },
    {
      key: at,
      bytes: encodeIndex(next),
      ttl: Math.max(1, until - now),
      grace: 0,
      created: stamp,
      tags: [],
    },
  ];
}

function put(
  scope: Scope,
  { start, tiers }: StoreJob,
  { key, bytes, ttl, grace, created, tags }: Write,
): Promise<WriteResult> {
  // Also of an index: a purge of everything ends it.
  const all = scope.isShared ? [...tags, everyTag(scope.settings.namespace)] : tags;
  const ticket = ticketOf(scope, start, key, created, tags);
  const options = { ttl, grace, tags: all, ticket };
  return scope.tiered.set(key, bytes, tiers === undefined ? options : { ...options, tiers });
}

async function refusalOf(
  scope: Scope,
  results: readonly Promise<WriteResult>[],
  entry: string,
): Promise<PluginReason | undefined> {
  try {
    const written = await Promise.all(results);
    if (!written.some(isLate)) return undefined;
    forgetKeys(scope, [entry]);
    return 'purged-meanwhile';
  } catch (error) {
    scope.fault('set', error);
    return 'backend';
  }
}

// Refused by the ticket: there is no other way that every place skips it.
function isLate({ memory, remote, disk }: WriteResult): boolean {
  return memory === 'skipped' && remote === 'skipped' && disk === 'skipped';
}

// An engine that has no room refuses silently; a tier below may then have it all the same.
function mustBeInMemory(scope: Scope, { tiers }: StoreJob): boolean {
  const goesThere = tiers === undefined || tiers.includes('memory');
  return goesThere && scope.below?.tiersFor(tiers) === undefined;
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
