// What an entry's own options must be: of getOrSet, of a factory's context, of `set`.
import { bool, duration, number, oneOf, show } from '@catzilla/common';
import type { OptionSpec } from '@catzilla/common';
import { errors } from '../errors.ts';
import type { EntryOptions } from '../tiered-cache.ts';
import { error, nested } from './check-each.ts';

/** Tags of one entry. */
const MAX_TAGS = 56;
const MAX_TAG_BYTES = 256;
/** UTF-8 of all names and values. */
const MAX_META_BYTES = 1024;
const META_WORDS = `an object of strings, at most ${MAX_META_BYTES} bytes of UTF-8`;

/** A duration that may be none or without end. */
export const ttlMs: OptionSpec<number> = duration({ allowZero: true, allowInfinity: true });

const ttlRule = nested(
  'options.ttl',
  { memory: ttlMs, remote: ttlMs, disk: ttlMs },
  'a duration in ms',
);
const ttl: OptionSpec<unknown> = {
  check: (value, site) => (typeof value === 'number' ? ttlMs : ttlRule).check(value, site),
};

const tags: OptionSpec<unknown> = {
  check(value, site) {
    if (!Array.isArray(value)) throw new errors.TAG(site.path, 'an array', show(value));
    if (value.length > MAX_TAGS) {
      throw new errors.TAG(site.path, `at most ${MAX_TAGS} tags`, `${value.length}`);
    }
    for (let i = 0; i < value.length; i++) {
      if (!isTag(value[i])) throw badTag(`${site.path}[${i}]`, value[i]);
    }
    return value;
  },
};

const meta: OptionSpec<unknown> = {
  check(value, site) {
    if (isMeta(value)) return value;
    throw site.error(`expected ${site.path} to be ${META_WORDS}, got ${show(value)}`);
  },
};

const tierName = oneOf(['memory', 'remote', 'disk']);
const tiers: OptionSpec<unknown> = {
  check(value, site) {
    if (!Array.isArray(value)) {
      throw site.error(`expected ${site.path} to be an array, got ${show(value)}`);
    }
    for (const tier of value) tierName.check(tier, site);
    return value;
  },
};

/** One spec for each option of an entry. */
export const entrySpecs: Readonly<Record<keyof EntryOptions, OptionSpec<unknown>>> = {
  ttl,
  grace: ttlMs,
  jitter: number({ min: 0, max: 0.5 }),
  tags,
  meta,
  compress: bool(),
  tiers,
};

/** Checks one option of an entry that came by another way: from a factory's context.
 * @throws CATZ_TIERS_OPTION, CATZ_TIERS_TAG */
export function checkOne(name: keyof EntryOptions, value: unknown, path: string): void {
  entrySpecs[name].check(value, { path, error });
}

/** @throws CATZ_TIERS_TAG */
export function checkTag(tag: unknown): void {
  if (!isTag(tag)) throw badTag('a tag', tag);
}

function isTag(tag: unknown): boolean {
  if (typeof tag !== 'string' || tag === '') return false;
  // a UTF-16 unit is at most 3 bytes of UTF-8
  return tag.length * 3 <= MAX_TAG_BYTES || Buffer.byteLength(tag) <= MAX_TAG_BYTES;
}

function badTag(path: string, tag: unknown): Error {
  return new errors.TAG(path, `a string of 1 to ${MAX_TAG_BYTES} bytes of UTF-8`, show(tag));
}

function isMeta(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  let bytes = 0;
  for (const [name, text] of Object.entries(value)) {
    if (typeof text !== 'string') return false;
    bytes += Buffer.byteLength(name) + Buffer.byteLength(text);
  }
  return bytes <= MAX_META_BYTES;
}
