// Options and tags of single calls. Checked by hand, since they stand on hot paths: no copies, no specs.
// Invariant: what passes is what the engines take: whole ms, tags each once and within their sizes.
import { Buffer } from 'node:buffer';
import { bytes, checkOptions, nearest, oneOf, show, string } from '@catzilla/common';
import type { CloseOptions, GetOptions, KeysOptions, SetOptions, TouchOptions } from './cache.ts';
import { errors } from './errors.ts';

/** Largest finite time to live in ms. */
export const MAX_TTL: number = 2 ** 46;

/** Most tags of a value, and most bytes of a tag. */
const MAX_TAGS = 64;
const MAX_TAG_BYTES = 256;

const GET_NAMES = ['copy'];
const SET_NAMES = ['ttl', 'tags', 'since', 'version'];
const TOUCH_NAMES = ['ttl'];
const CLOSE_NAMES = ['unlink'];

/** Options of keys, complete. */
export interface Listing {
  readonly prefix: string;
  readonly limit: number;
  readonly as: 'string' | 'buffer';
}

/** The ttl option of touch in whole ms; undefined when absent.
 * @throws CATZ_CACHE_TTL, CATZ_CACHE_OPTION */
export function ttlOption(options: TouchOptions): number | undefined {
  checkNames(options, TOUCH_NAMES);
  return ttlOf(options.ttl);
}

/** Checks that options of set are an object with known names. Their values: ttlOf, tagsOf, sinceOf, versionOf.
 * @throws CATZ_CACHE_OPTION */
export function checkSetOptions(options: SetOptions): void {
  checkNames(options, SET_NAMES);
}

/** A ttl in whole ms; undefined when absent.
 * @throws CATZ_CACHE_TTL */
export function ttlOf(ttl: number | undefined): number | undefined {
  if (ttl === undefined) return undefined;
  if (typeof ttl === 'number' && ttl > 0 && (ttl <= MAX_TTL || ttl === Infinity)) {
    return Math.ceil(ttl);
  }
  throw new errors.TTL(show(ttl));
}

/** The tags of a value, each once, in an array of our own; undefined when there are none.
 * @throws CATZ_CACHE_TAG */
export function tagsOf(tags: readonly string[] | undefined): readonly string[] | undefined {
  if (tags === undefined) return undefined;
  if (!Array.isArray(tags) || tags.length > MAX_TAGS) {
    throw new errors.TAG('options.tags', `an array of at most ${MAX_TAGS} tags`, show(tags));
  }
  if (tags.length === 0) return undefined;
  // Array.from visits holes, which must not pass unchecked.
  return [...new Set(Array.from(tags, (tag, i) => checkTag(tag, `options.tags[${i}]`)))];
}

/** The argument of invalidateTag as an array, each tag once.
 * @throws CATZ_CACHE_TAG */
export function tagArguments(tag: string | readonly string[]): readonly string[] {
  if (!Array.isArray(tag)) return [checkTag(tag, 'tag')];
  return [...new Set(Array.from(tag, (one, i) => checkTag(one, `tag[${i}]`)))];
}

/** The epoch before which nothing may have been invalidated; undefined when absent.
 * @throws CATZ_CACHE_OPTION */
export function sinceOf(since: number | undefined): number | undefined {
  if (since === undefined || (Number.isSafeInteger(since) && since >= 0)) return since;
  throw new errors.OPTION(
    `expected options.since to be an integer of at least 0, got ${show(since)}`,
  );
}

/** The version that the key must still have; undefined when absent.
 * @throws CATZ_CACHE_OPTION */
export function versionOf(version: number | undefined): number | undefined {
  if (version === undefined || (Number.isSafeInteger(version) && version >= 0)) return version;
  throw new errors.OPTION(
    `expected options.version to be what version() gave, got ${show(version)}`,
  );
}

/** The argument of drainEvicted, with its default.
 * @param keepsEvicted  whether the cache has the option evictionRing
 * @throws CATZ_CACHE_OPTION */
export function drainBytes(keepsEvicted: boolean, maxBytes: number = 1024 * 1024): number {
  if (!keepsEvicted) {
    throw new errors.OPTION('expected options.evictionRing for drainEvicted, got false');
  }
  if (Number.isSafeInteger(maxBytes) && maxBytes >= 1) return maxBytes;
  throw new errors.OPTION(
    `expected maxBytes of drainEvicted to be an integer of at least 1, got ${show(maxBytes)}`,
  );
}

/** Whether close is to remove the file as well.
 * @throws CATZ_CACHE_OPTION */
export function unlinkOption(
  options: CloseOptions | undefined,
  scope: 'process' | 'machine',
): boolean {
  if (options === undefined) return false;
  checkNames(options, CLOSE_NAMES);
  const { unlink = false } = options;
  if (typeof unlink !== 'boolean') {
    throw new errors.OPTION(`expected options.unlink to be true or false, got ${show(unlink)}`);
  }
  if (unlink && scope !== 'machine') {
    throw new errors.OPTION("expected options.unlink only with scope 'machine', got 'process'");
  }
  return unlink;
}

/** The copy option; undefined when absent.
 * @throws CATZ_CACHE_OPTION */
export function copyOption(options: GetOptions): boolean | undefined {
  checkNames(options, GET_NAMES);
  const { copy } = options;
  if (copy === undefined || typeof copy === 'boolean') return copy;
  throw new errors.OPTION(`expected options.copy to be true or false, got ${show(copy)}`);
}

/** The options of keys, with defaults.
 * @throws CATZ_CACHE_OPTION */
export function listingOptions(options: KeysOptions | undefined): Listing {
  return checkOptions<Listing>(
    options,
    {
      prefix: string({ minLength: 0, default: '' }),
      limit: bytes({ default: Infinity, allowInfinity: true }),
      as: oneOf(['string', 'buffer'], 'string'),
    },
    { path: 'options', error: (message) => new errors.OPTION(message) },
  );
}

function checkTag(tag: unknown, site: string): string {
  // At most three bytes a unit: only long tags are measured.
  const fits =
    typeof tag === 'string' &&
    tag.length > 0 &&
    tag.length <= MAX_TAG_BYTES &&
    (tag.length * 3 <= MAX_TAG_BYTES || Buffer.byteLength(tag) <= MAX_TAG_BYTES);
  if (fits) return tag;
  throw new errors.TAG(site, `a string of 1 to ${MAX_TAG_BYTES} bytes of UTF-8`, show(tag));
}

// Whatever else is there was misspelt or belongs to another call.
function checkNames(options: object, known: readonly string[]): void {
  if (typeof options !== 'object' || options === null) {
    throw new errors.OPTION(`expected options to be an object, got ${show(options)}`);
  }
  for (const name in options) {
    if (known.includes(name)) continue;
    const guess = nearest(name, known);
    const all = known.length === 1 ? `known is ${known[0]}` : `known are ${known.join(', ')}`;
    const hint = guess === undefined ? all : `did you mean ${guess}?`;
    throw new errors.OPTION(`unknown option options.${name.slice(0, 64)}, ${hint}`);
  }
}
