// Options of single calls. Checked by hand, since they stand on hot paths: no copies, no specs.
import { bytes, checkOptions, nearest, oneOf, show, string } from '@catzilla/common';
import type { GetOptions, KeysOptions, SetOptions } from './cache.ts';
import { errors } from './errors.ts';

/** Largest finite time to live in ms. */
export const MAX_TTL: number = 2 ** 46;

/** Options of keys, complete. */
export interface Listing {
  readonly prefix: string;
  readonly limit: number;
  readonly as: 'string' | 'buffer';
}

/** The ttl option in whole ms; undefined when absent.
 * @throws CATZ_CACHE_TTL, CATZ_CACHE_OPTION */
export function ttlOption(options: SetOptions): number | undefined {
  checkNames(options, 'ttl');
  const { ttl } = options;
  if (ttl === undefined) return undefined;
  if (typeof ttl === 'number' && ttl > 0 && (ttl <= MAX_TTL || ttl === Infinity)) {
    return Math.ceil(ttl);
  }
  throw new errors.TTL(show(ttl));
}

/** The copy option; undefined when absent.
 * @throws CATZ_CACHE_OPTION */
export function copyOption(options: GetOptions): boolean | undefined {
  checkNames(options, 'copy');
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

// The calls have one option each: whatever else is there was misspelt or belongs elsewhere.
function checkNames(options: object, known: string): void {
  if (typeof options !== 'object' || options === null) {
    throw new errors.OPTION(`expected options to be an object, got ${show(options)}`);
  }
  for (const name in options) {
    if (name === known) continue;
    const guess = nearest(name, [known]);
    const hint = guess === undefined ? `known is ${known}` : `did you mean ${guess}?`;
    throw new errors.OPTION(`unknown option options.${name.slice(0, 64)}, ${hint}`);
  }
}
