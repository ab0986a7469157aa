// What serving needs, of one registration.
import type { Files } from './file/files.ts';
import type { Settings } from './options.ts';
import type { Counters } from './stats.ts';
import type { Recompressor } from './variant/recompress.ts';
import type { Variants } from './variant/variants.ts';

export interface Parts {
  readonly settings: Settings;
  readonly files: Files;
  readonly variants: Variants;
  readonly recompressor: Recompressor | undefined;
  readonly counters: Counters;
  /** What clients are told about keeping a file of a root. */
  readonly cacheControl: (path: string, root: string) => string;
}
