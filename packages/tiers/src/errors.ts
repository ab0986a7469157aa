// Every error of this package; docs/errors.md is made from this table.
// A value, a secret or a whole long key never appears in a message: keys are cut, values are described by kind.
import { defineErrors } from '@catzilla/common';
import type { ErrorTable } from '@catzilla/common';

type Name =
  | 'OPTION'
  | 'KEY'
  | 'TAG'
  | 'NAMESPACE'
  | 'ENCODE'
  | 'DECODE'
  | 'TIMEOUT'
  | 'ABORTED'
  | 'CLOSED'
  | 'DEPENDENCY'
  | 'NOT_MODIFIED'
  | 'FACTORY'
  | 'ARGUMENT'
  | 'WRAP'
  | 'DISK_ACCESS'
  | 'REMOTE'
  | 'DISK_WRITE'
  | 'DISK_READ';

/** Errors thrown by @catzilla/tiers, by the part of the code after `CATZ_TIERS_`. */
export const errors: ErrorTable<'CATZ_TIERS', Name> = defineErrors('CATZ_TIERS', {
  OPTION: {
    message: '%s',
    base: TypeError,
    help: 'Options are checked where they are given; the message says what was expected.',
  },
  KEY: {
    message: 'expected key to be a well-formed string of 1 to %s bytes of UTF-8, got %s',
    base: TypeError,
    help: 'Hash long keys; strings with lone surrogates have no UTF-8 form.',
  },
  TAG: {
    message: 'expected %s to be %s, got %s',
    base: TypeError,
    help: 'A tag is a string of 1 to 256 bytes of UTF-8, and an entry has at most 56.',
  },
  NAMESPACE: {
    message: 'expected a namespace to be %s, got %s',
    base: TypeError,
    help: 'A namespace is a string of 1 to 128 characters, at most 8 within each other.',
  },
  ENCODE: {
    message: 'the codec %s cannot encode %s',
    base: TypeError,
    help: 'Choose codec: "msgpack" for Map, Set, Date, BigInt and cycles; functions have no stored form.',
  },
  DECODE: {
    message: 'the codec %s cannot decode a stored value',
    help: 'Counted as corrupt and answered as a miss; seen only by those who call a codec themselves.',
  },
  TIMEOUT: {
    message: 'the factory of key %s took longer than its hardTimeout of %s ms',
    statusCode: 504,
    help: 'The load goes on and fills the cache. Raise hardTimeout, or give the entry a grace.',
  },
  ABORTED: {
    message: 'the wait for key %s was aborted',
    help: 'Thrown when the signal given has no reason of its own.',
  },
  CLOSED: {
    message: 'the tiered cache %s is closed',
    help: 'Keep it open until app.close() has run.',
  },
  DEPENDENCY: {
    message: '%s needs the package %s, which cannot be loaded',
    help: 'Install it beside @catzilla/tiers; the cause says why it did not load.',
  },
  NOT_MODIFIED: {
    message: 'the factory of key %s called notModified() without a previous value',
    base: TypeError,
    help: 'Call it only when ctx.previous is there.',
  },
  FACTORY: {
    message: 'expected %s to be %s, got %s',
    base: TypeError,
    help: 'getOrSet takes a function that gives the value, getOrSetMany one that gives a Map.',
  },
  ARGUMENT: {
    message: 'no stable key can be made of argument %s: %s',
    base: TypeError,
    help: 'Give cached() a `key` function that makes a string of the arguments.',
  },
  WRAP: {
    message: '%s',
    base: TypeError,
    help: 'A cached function has a name that no other function has; the message says what is missing.',
  },
  DISK_ACCESS: {
    message: 'expected %s to be %s, got %s',
    help: 'The folder of a disk tier belongs to this user alone (mode 0700).',
  },
  REMOTE: {
    message: 'Redis was not asked: the connection is %s',
    statusCode: 503,
    help: 'Counted, never thrown by a cache: it goes on without Redis. health() tells the state of the connection.',
  },
  DISK_WRITE: {
    message: 'the disk tier %s did not write: %s',
    help: 'Not all of the batch is stored. The state of the tier in health() says whether it lacks room, is busy or failed.',
  },
  DISK_READ: {
    message: 'the disk tier %s could not read a record: %s',
    help: 'Answered as a miss; after 16 within a minute the damaged files are dropped.',
  },
});
