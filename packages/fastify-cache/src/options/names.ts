// Specs of the names that options hold: fields, cookies, parameters, media types, languages, hosts, paths, tags.
// Invariant: names that are compared without case leave here in lower case, all others as they came.
import { custom, list, string } from '@catzilla/common';
import type { OptionSpec } from '@catzilla/common';
import { isToken } from '@catzilla/http';
import { normalizeHost } from '../key/host.ts';
import { patternFault } from '../match/pattern.ts';
import type { Pattern } from '../match/pattern.ts';
import { expected, notEmpty } from './spec-parts.ts';
import { MAX_TAGS, showTag, tagFault } from './tag.ts';

const TARGET_END = '-cache-control';

/** The name of a request field. */
export const fieldName: OptionSpec<string> = {
  check(value, site) {
    if (typeof value === 'string' && isToken(value) && value !== '*') return value.toLowerCase();
    throw expected('the name of a request field', value, site);
  },
};

/** The name of a targeted field (RFC 9213 2). */
export const targetName: OptionSpec<string> = {
  check(value, site) {
    const name = typeof value === 'string' && isToken(value) ? value.toLowerCase() : '';
    if (name.length > TARGET_END.length && name.endsWith(TARGET_END)) return name;
    throw expected(`the name of a field that ends in "${TARGET_END}"`, value, site);
  },
};

/** The name of a cookie. */
export const cookieName: OptionSpec<string> = custom(
  'the name of a cookie',
  (value): value is string => typeof value === 'string' && isToken(value),
);

/** The name of a query parameter, or the beginning of one before `*`. */
export const parameterName: OptionSpec<string> = string({
  pattern: /^[^[\]&=#*]+\*?$/,
  what: 'the name of a query parameter, without brackets, * only at its end',
});

/** A media type, or all subtypes of one. */
export const mediaType: OptionSpec<string> = {
  check(value, site) {
    const isType = typeof value === 'string' && /^[\w!#$&^.+-]+\/(\*|[\w!#$&^.+-]+)$/.test(value);
    if (isType) return value.toLowerCase();
    throw expected('a media type such as "text/css" or "image/*"', value, site);
  },
};

/** A language tag (RFC 5646 2.1, by shape), case as given. */
export const language: OptionSpec<string> = string({
  pattern: /^[a-z]{1,8}(-[a-z\d]{1,8})*$/i,
  what: 'a language tag such as "de" or "pt-BR"',
});

/** A host name, with its port where it is not the default of either scheme. */
export const host: OptionSpec<string> = {
  check(value, site) {
    const lower = typeof value === 'string' ? value.toLowerCase() : undefined;
    const fits =
      lower !== undefined &&
      normalizeHost(lower, 'http') === lower &&
      normalizeHost(lower, 'https') === lower;
    if (fits) return lower;
    throw expected('a host name, with its port only where that is not the default', value, site);
  },
};

/** A path pattern. */
export const pattern: OptionSpec<Pattern> = {
  check(value, site) {
    const fault = patternFault(value);
    if (fault !== undefined) throw expected(fault, value, site);
    return value as Pattern;
  },
};

/** One path pattern or several, as a list. */
export const patterns: OptionSpec<readonly Pattern[]> = {
  check: (value, site) =>
    notEmpty(list(pattern).check(Array.isArray(value) ? value : [value], site), site),
};

const tag: OptionSpec<string> = {
  check(value, site) {
    const fault = tagFault(value);
    if (fault === undefined) return value as string;
    throw site.error(`expected ${site.path} to be ${fault}, got ${showTag(value)}`);
  },
};

/** Tags of every response of one level. */
export const tagList: OptionSpec<readonly string[]> = {
  check(value, site) {
    const all = list(tag).check(value, site);
    if (all.length <= MAX_TAGS) return all;
    throw site.error(`expected ${site.path} to have at most ${MAX_TAGS} tags, got ${all.length}`);
  },
};
