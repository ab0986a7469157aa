// What one registration serves with, made of its settings. Loaded with the first registration: see plugin.ts.
import type { Cache } from '@catzilla/cache-core';
import { cacheControlOf, isImmutable } from './answer/cache-control.ts';
import { Files } from './file/files.ts';
import type { Settings } from './options.ts';
import type { Parts } from './parts.ts';
import { urlPath } from './path/target-path.ts';
import { newCounters } from './stats.ts';
import { Recompressor } from './variant/recompress.ts';
import { Variants } from './variant/variants.ts';

/** Makes them. The cache stays the caller's to close. */
export function makeParts(settings: Settings, cache: Cache): Parts {
  const variants = new Variants(cache);
  const counters = newCounters();
  const cacheControl = (path: string, root: string): string =>
    cacheControlOf(isImmutable(settings.immutable, urlPath(root, path)), settings.maxAge);
  const { recompress } = settings;
  return {
    settings,
    files: new Files({ ...settings, cacheControl }, variants),
    variants,
    recompressor:
      recompress === false ? undefined : new Recompressor(recompress, variants, counters),
    counters,
    cacheControl,
  };
}
