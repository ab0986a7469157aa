// What is known of a file that was read: everything an answer needs but the bytes.
// Invariant: `hash` is that of the bytes, so that whoever finds bytes under it has the right ones; a record is made anew when
// the stamp of its file changes, and never mended.
import type { Variant } from '../variant/variants.ts';
import type { Coding } from '../variant/codings.ts';
import type { Stamp } from './stamp.ts';

export interface FileRecord {
  /** As it was located; its real path may be another. */
  readonly path: string;
  /** The root it was found in. */
  readonly root: string;
  readonly stamp: Stamp;
  readonly size: number;
  /** 22 characters of base64url: 132 bits of SHA-256. */
  readonly hash: string;
  readonly type: string;
  readonly cacheControl: string;
  /** Whole seconds, ms since the epoch. */
  readonly lastModified: number;
  /** Whether encoded variants are made of it. */
  readonly isEncodable: boolean;
  readonly identity: Variant;
  /** Those made, or found not to be worth it. */
  readonly variants: Map<Coding, Variant | 'useless'>;
  /** ms since the epoch at which its stamp was compared last. */
  checkedAt: number;
}
