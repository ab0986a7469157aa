// Every error of this package; docs/errors.md is made from this table.
// A payload or a secret never appears in a message.
import { defineErrors } from '@catzilla/common';
import type { ErrorTable } from '@catzilla/common';

type Name =
  | 'OPTION'
  | 'TOPIC'
  | 'SIZE'
  | 'ID'
  | 'CLOSED'
  | 'UNAVAILABLE'
  | 'NOT_READY'
  | 'DEPENDENCY'
  | 'NO_SERVER'
  | 'SERVER_START';

/** Errors thrown by @catzilla/bus, by the part of the code after `CATZ_BUS_`. */
export const errors: ErrorTable<'CATZ_BUS', Name> = defineErrors('CATZ_BUS', {
  OPTION: {
    message: '%s',
    base: TypeError,
    help: 'Options are checked where they are given; the message says what was expected.',
  },
  TOPIC: {
    message: 'expected topic to be a well-formed string of 1 to 256 characters, got %s',
    base: TypeError,
    help: 'Make a topic of few names, not of user data; strings with lone surrogates have no UTF-8 form.',
  },
  SIZE: {
    message: 'expected payload to be a string or Uint8Array of at most %s bytes, got %s',
    base: TypeError,
    help: 'Append a reference to what is large, or raise maxMessageBytes on every bus of the topic.',
  },
  ID: {
    message: 'expected id to be a string of 1 to 64 printable ASCII characters, got %s',
    base: TypeError,
    help: 'An id names one message of this bus, so that it may be appended again without being delivered twice.',
  },
  CLOSED: {
    message: 'this bus is closed',
    help: 'Keep it open until app.close() has run.',
  },
  UNAVAILABLE: {
    message: 'topic %s could not be appended to: %s',
    statusCode: 503,
    help: 'Append it again with the same id: it is delivered once, even when the first attempt was taken.',
  },
  NOT_READY: {
    message: 'the connection to Redis is %s',
    statusCode: 503,
    help: 'It comes back by itself; its state and last error say what is wrong.',
  },
  DEPENDENCY: {
    message: '%s needs the package %s, which cannot be loaded',
    help: 'Install it beside @catzilla/bus; the cause says why it did not load.',
  },
  NO_SERVER: {
    message: 'no Redis or Valkey server was found to test with; %s',
    help: 'On Debian and Ubuntu: apt-get install redis-tools. CATZ_TEST_REDIS names a binary elsewhere; CATZ_SKIP_REDIS=1 skips.',
  },
  SERVER_START: {
    message: 'the test server %s did not start: %s',
    help: 'The message ends with what the server printed last.',
  },
});
