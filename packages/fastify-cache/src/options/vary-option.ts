// Spec of the option `vary`: which request fields select the variant, and in what form.
// Invariant: field names leave here in lower case, each once; 'set' and languages stand for accept-language only, for no
// other field has languages.
import { checkOptions, int, list, optional, show } from '@catzilla/common';
import type { OptionSite, OptionSpec } from '@catzilla/common';
import { isToken } from '@catzilla/http';
import type { Normalizer } from '../rfc/normalize.ts';
import { fieldName, language } from './names.ts';
import { expected, filled, withoutUndefined } from './spec-parts.ts';
import type { Checked } from './spec-parts.ts';
import type { RouteCacheOptions } from './types.ts';

type VaryOptions = NonNullable<RouteCacheOptions['vary']>;

/** The option of one level. */
export const vary: OptionSpec<VaryOptions> = {
  check(value, site) {
    const checked = checkOptions<Checked<VaryOptions>>(
      value,
      {
        add: optional(list(fieldName)),
        ignore: optional(list(fieldName)),
        normalize: optional(normalize),
        maxVariants: optional(int({ min: 1, max: 10_000 })),
      },
      site,
    );
    // In one level; a nearer level may ignore what a farther one brings to a form.
    const idle = Object.keys(checked.normalize ?? {}).find((name) =>
      checked.ignore?.includes(name),
    );
    if (idle === undefined) return withoutUndefined<VaryOptions>(checked);
    throw site.error(
      `expected ${site.path}.normalize and ${site.path}.ignore to differ, both name ${idle}`,
    );
  },
};

const normalize: OptionSpec<Readonly<Record<string, Normalizer>>> = {
  check(value, site) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw expected('an object by names of request fields', value, site);
    }
    const byName = new Map<string, Normalizer>();
    for (const [key, entry] of Object.entries(value)) {
      const name = key.toLowerCase();
      // The values of `cookie:name` entries are compared as they are.
      if (!isToken(name) || name === '*' || byName.has(name)) {
        throw site.error(
          `expected the keys of ${site.path} to be names of request fields, each once, got ${show(key)}`,
        );
      }
      byName.set(
        name,
        normalizer(name, entry, { path: `${site.path}[${show(key)}]`, error: site.error }),
      );
    }
    return Object.freeze(Object.fromEntries(byName));
  },
};

function normalizer(name: string, value: unknown, site: OptionSite): Normalizer {
  if (typeof value === 'function') return value as Normalizer;
  if (name !== 'accept-language') {
    throw expected('a function, for "set" and languages are of accept-language alone', value, site);
  }
  if (value === 'set') return value;
  if (typeof value !== 'object' || value === null) {
    throw expected('"set", an object with languages or a function', value, site);
  }
  return checkOptions<{ readonly languages: readonly string[] }>(
    value,
    { languages: filled(list(language)) },
    site,
  );
}
