// Numbers of the image, as in native/router/image.h, which describes it.

/** "CZRT". */
export const MAGIC = 0x54525a43;
export const VERSION = 1;
export const HEADER_WORDS = 10;

/** Places in the header. */
export const WORD_CHECKSUM = 3;

/** Bits of the options. */
export const FOLD_CASE = 1;
export const IGNORE_TRAILING_SLASH = 2;
export const IGNORE_DUPLICATE_SLASHES = 4;
export const SEMICOLON_DELIMITER = 8;

/** Bits of a node's flags. */
export const HAS_ROUTE = 1;
export const LEAF_DEFERS = 2;
export const HAS_PARAMETRIC = 4;
export const PARAM_DEFERS = 8;
export const HAS_WILDCARD = 16;

/** The largest number that a word holds. */
export const MAX_WORD = 0xffffffff;

/** A prefix that is longer is left out: no path that native code reads is that long. */
export const MAX_PREFIX = 8192;
