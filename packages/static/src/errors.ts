// Every error of @catzilla/static, CATZ_STATIC_*. Those with a status reach clients by the application's error handler.
import { defineErrors } from '@catzilla/common';
import type { ErrorTable } from '@catzilla/common';

/** The keys of all errors. */
export type ErrorKey =
  'FORBIDDEN_PATH' | 'NOT_ACCEPTABLE' | 'OPTIONS' | 'PRECONDITION' | 'ROOT' | 'UNREADABLE';

export const errors: ErrorTable<'CATZ_STATIC', ErrorKey> = defineErrors('CATZ_STATIC', {
  FORBIDDEN_PATH: {
    message: 'the path is not one that files are served by',
    statusCode: 403,
    help: 'It has a segment that is empty or made of dots, a NUL, a backslash, an encoded slash, or a name that a file system takes for something else. Nothing was looked up.',
  },
  NOT_ACCEPTABLE: {
    message: 'the file is not available in a content coding that the client accepts',
    statusCode: 406,
    help: 'The request refuses `identity` and names no coding that there is. Browsers do not.',
  },
  OPTIONS: {
    message: '%s',
    base: TypeError,
    help: 'The message names the option, what was expected, and what came.',
  },
  PRECONDITION: {
    message: 'the file is not in the state that the request depends on',
    statusCode: 412,
    help: 'If-Match or If-Unmodified-Since of the request does not hold any more.',
  },
  UNREADABLE: {
    message: 'the file could not be read',
    statusCode: 503,
    help: 'The `cause` is what the file system said: too many open files (EMFILE), a fault of the disk (EIO).',
  },
  ROOT: {
    message: 'expected options.root to be a folder that can be read, got %s: %s',
    help: 'Give an absolute path, for example `new URL("./public", import.meta.url).pathname`, and make the folder before the application starts.',
  },
});
