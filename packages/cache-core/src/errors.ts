// Every error of this package; docs/errors.md is made from this table.
// A key or value never appears whole in a message: keys are cut, values are described by kind.
import { defineErrors } from '@catzilla/common';
import type { ErrorTable } from '@catzilla/common';

type Name =
  | 'KEY'
  | 'KEY_SIZE'
  | 'VALUE'
  | 'TARGET'
  | 'TTL'
  | 'NAME'
  | 'OPTION'
  | 'OPTIONS_MISMATCH'
  | 'RESIZE'
  | 'CLOSED'
  | 'NO_MEMORY'
  | 'NATIVE_UNAVAILABLE';

/** Errors thrown by @catzilla/cache-core, by the part of the code after `CATZ_CACHE_`. */
export const errors: ErrorTable<'CATZ_CACHE', Name> = defineErrors('CATZ_CACHE', {
  KEY: {
    message: 'expected key to be a string or a Uint8Array with its memory, got %s',
    base: TypeError,
    help: 'Convert the key first; objects are not hashed. A view whose buffer was transferred has no bytes.',
  },
  KEY_SIZE: {
    message: 'expected key to have at most %s bytes of UTF-8, got %s',
    base: RangeError,
    help: 'Hash long keys, or raise maxKeyBytes (at most 65535) where the cache is opened.',
  },
  VALUE: {
    message: 'expected value to be a string or a Uint8Array with its memory, got %s',
    base: TypeError,
    help: 'Serialise objects first, for example with JSON.stringify. A transferred buffer has no bytes.',
  },
  TARGET: {
    message: 'expected target to be a Uint8Array with its memory, got %s',
    base: TypeError,
    help: 'Pass a Buffer or Uint8Array whose buffer was not transferred to another thread.',
  },
  TTL: {
    message: 'expected ttl to be a number of ms above 0 and at most 2^46, or Infinity, got %s',
    base: RangeError,
    help: 'Leave ttl out for the default of the cache; Infinity never expires; to remove a key, use delete.',
  },
  NAME: {
    message:
      'expected a cache name of 1 to 64 letters, digits, dots, dashes or underscores, got %s',
    base: TypeError,
    help: 'Choose another name, or open a private cache with openCache(options).',
  },
  OPTION: {
    message: '%s',
    base: TypeError,
    help: 'Options are checked when the cache is opened; the message says what was expected.',
  },
  OPTIONS_MISMATCH: {
    message: 'cache %s is open with %s: %s, asked for %s',
    help: 'The first opener decides. Leave the option out, use the same value, or choose another name.',
  },
  RESIZE: {
    message: 'expected maxBytes to be an integer from %s to %s, got %s',
    base: RangeError,
    help: 'The upper bound is reserveBytes, the lower one 1 MiB and four times maxValueBytes.',
  },
  CLOSED: {
    message: 'cache %s is closed',
    help: 'Open it again, or keep it open until the application has stopped.',
  },
  NO_MEMORY: {
    message: 'no memory for %s',
    help: 'Lower maxBytes or reserveBytes, or raise the limit of address space (ulimit -v).',
  },
  NATIVE_UNAVAILABLE: {
    message: "the native cache did not load: %s; pass backend: 'js' to run without it",
    help: "Install a build for this platform, or set backend: 'js' or CATZ_CACHE_BACKEND=js (no sharing between threads).",
  },
});
