// Keys, tags and namespaces as users give them: checked at the call, with what came in the message, cut.
// HOT: a key that was found in memory was checked when it was stored, so reads of memory check nothing.
import { show } from '@catzilla/common';
import { errors } from '../errors.ts';
import { NESTING } from '../memory/names.ts';

/** Most tags of an entry: the engine's 64, less one for each namespace around it. */
const MAX_TAGS = 56;
/** Most namespaces within each other. */
const MAX_DEPTH = 7;
/** Most bytes of a key, its namespace's name counted in. */
export const MAX_KEY_BYTES = 8192;
const MAX_TAG_BYTES = 256;
const MAX_NAMESPACE = 128;
const MAX_META_BYTES = 1024;
/** With the flag u it matches a surrogate only where it stands alone. */
const LONE_SURROGATE = /\p{Surrogate}/u;

/** @param most  bytes it may have: less within a namespace
 * @throws CATZ_TIERS_KEY */
export function checkKey(key: unknown, most: number = MAX_KEY_BYTES): asserts key is string {
  if (typeof key !== 'string') throw new errors.KEY(most, show(key));
  if (key.length === 0) throw new errors.KEY(most, 'an empty string');
  // Three bytes a UTF-16 unit at most: short keys, which is nearly all, need no counting.
  if (key.length * 3 > most) {
    const bytes = Buffer.byteLength(key);
    if (bytes > most) throw new errors.KEY(most, `one of ${bytes} bytes`);
  }
  if (LONE_SURROGATE.test(key)) throw new errors.KEY(most, 'one with a lone surrogate');
}

/** One tag or several, each checked, each once.
 * @throws CATZ_TIERS_TAG */
export function checkTags(tags: unknown, what: string, most: number = MAX_TAGS): readonly string[] {
  if (typeof tags !== 'string' && !Array.isArray(tags)) {
    throw new errors.TAG(what, 'a string or an array of strings', show(tags));
  }
  const list: unknown[] = typeof tags === 'string' ? [tags] : [...new Set<unknown>(tags)];
  if (list.length > most) throw new errors.TAG(what, `at most ${most} tags`, `${list.length}`);
  for (const tag of list) {
    if (typeof tag !== 'string' || tag.length === 0) {
      throw new errors.TAG(what, 'strings that are not empty', show(tag));
    }
    if (tag.length * 3 > MAX_TAG_BYTES && Buffer.byteLength(tag) > MAX_TAG_BYTES) {
      throw new errors.TAG(
        what,
        `at most ${MAX_TAG_BYTES} bytes each`,
        `one of ${tag.length} characters`,
      );
    }
    // NUL opens the names of our own in the engine.
    if (tag.startsWith('\0') || LONE_SURROGATE.test(tag)) {
      throw new errors.TAG(what, 'well-formed strings that do not begin with NUL', show(tag));
    }
  }
  return list as string[];
}

/** @throws CATZ_TIERS_NAMESPACE */
export function checkNamespace(outer: string, name: unknown): string {
  if (typeof name !== 'string' || name.length === 0 || name.length > MAX_NAMESPACE) {
    throw new errors.NAMESPACE(`a string of 1 to ${MAX_NAMESPACE} characters`, show(name));
  }
  if (/[/\0]/.test(name) || LONE_SURROGATE.test(name)) {
    throw new errors.NAMESPACE('well-formed, without "/" and NUL', show(name));
  }
  const full = outer === '' ? name : `${outer}${NESTING}${name}`;
  if (full.split(NESTING).length > MAX_DEPTH) {
    throw new errors.NAMESPACE(`at most ${MAX_DEPTH} deep`, show(full));
  }
  return full;
}

/** Pairs beside a value.
 * @throws CATZ_TIERS_OPTION */
export function checkMeta(meta: unknown): Readonly<Record<string, string>> {
  const isRecord =
    typeof meta === 'object' &&
    meta !== null &&
    !Array.isArray(meta) &&
    Object.values(meta).every((value) => typeof value === 'string');
  if (!isRecord) {
    throw new errors.OPTION(`expected options.meta to be an object of strings, got ${show(meta)}`);
  }
  const pairs = meta as Record<string, string>;
  let bytes = 0;
  for (const [name, value] of Object.entries(pairs)) {
    bytes += Buffer.byteLength(name) + Buffer.byteLength(value);
  }
  if (bytes > MAX_META_BYTES) {
    throw new errors.OPTION(
      `expected options.meta to have at most ${MAX_META_BYTES} bytes, got ${bytes}`,
    );
  }
  return pairs;
}
