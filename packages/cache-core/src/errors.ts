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
  | 'TAG'
  | 'NAME'
  | 'OPTION'
  | 'OPTIONS_MISMATCH'
  | 'RESIZE'
  | 'CLOSED'
  | 'NO_MEMORY'
  | 'NATIVE_UNAVAILABLE'
  | 'UNSUPPORTED_BACKEND'
  | 'UNSUPPORTED_PLATFORM'
  | 'SHM_ACCESS'
  | 'SHM_SPACE'
  | 'SHM_FOREIGN'
  | 'SHM_BUSY'
  | 'LAYOUT'
  | 'PID_NAMESPACE'
  | 'TOO_MANY_PROCESSES'
  | 'LISTEN'
  | 'SOCKET';

/** Errors thrown by @catzilla/cache-core, by the part of the code after `CATZ_CACHE_`.
 *
 * Arguments of those of scope 'machine', in order; `path` is that of the cache's file:
 * UNSUPPORTED_BACKEND(what needs the native one, where 'js' came from: empty or ', which …');
 * UNSUPPORTED_PLATFORM(what, platform, reason); SHM_ACCESS(path, expected, found), as in 'a regular file', 'a symbolic
 * link'; SHM_SPACE(path, bytes wanted, bytes free); SHM_FOREIGN(path); SHM_BUSY(path, ms waited); LAYOUT(path,
 * theirs, ours), as in 'layout 3 of glibc'; PID_NAMESPACE(path, theirs, ours); TOO_MANY_PROCESSES(path, most).
 * Those of ./os have the system's code in their `cause`, as Node's own errors have: LISTEN(host, port, reason);
 * SOCKET(fd, reason). */
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
  TAG: {
    message: 'expected %s to be %s, got %s',
    base: RangeError,
    help: 'A tag is a string of 1 to 256 bytes of UTF-8, and a value has at most 64; hash longer ones.',
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
  UNSUPPORTED_BACKEND: {
    message: "expected backend 'native' for %s, got 'js'%s",
    help: "Backend 'js' is private to an isolate. Choose backend: 'native', unset CATZ_CACHE_BACKEND, or do without.",
  },
  UNSUPPORTED_PLATFORM: {
    message: '%s is not supported on %s: %s',
    help: "Use scope: 'process' there, or one thread for one port; there is no silent fallback, since other processes would not see the values.",
  },
  SHM_ACCESS: {
    message: 'expected cache file %s to be %s, got %s',
    help: 'The file must be a regular one of this user, with mode 600 and not a link. It was left untouched: remove it, or choose another path.',
  },
  SHM_SPACE: {
    message:
      'no room for cache file %s: expected %s bytes, %s are free; lower maxBytes, or raise the size of /dev/shm (--shm-size)',
    help: 'Choose a smaller maxBytes or another path; in a container, raise the size of /dev/shm (docker run --shm-size).',
  },
  SHM_FOREIGN: {
    message: 'expected file %s to be a cache, got other contents; it was left untouched',
    help: 'Choose another path, or remove the file if nothing needs it.',
  },
  SHM_BUSY: {
    message: 'cache file %s is being opened by another process for more than %s ms',
    help: 'Try again. If it stays so, a process stopped while it opened the file: continue or end that one.',
  },
  LAYOUT: {
    message: 'cache file %s is open in other processes with %s, got %s',
    help: 'Run the same release, with the same C library, in all processes that share the file, or give each release a path of its own.',
  },
  PID_NAMESPACE: {
    message: 'cache file %s is open in processes of PID namespace %s, got %s',
    help: 'Locks name threads of one PID namespace: share the namespace (docker run --pid), or give each container a path of its own.',
  },
  TOO_MANY_PROCESSES: {
    message: 'cache file %s is open in %s processes, the most there may be',
    help: 'Close the cache in some of them, or divide them over several names.',
  },
  LISTEN: {
    message: 'cannot listen on %s port %s: %s',
    help: 'The cause has the code of the system: EADDRINUSE says that another socket, without SO_REUSEPORT, has the port; EACCES that it is a privileged one.',
  },
  SOCKET: {
    message: 'expected fd to be that of a listening socket, got %s: %s',
    help: 'Pass what reusePortFd or dupFd gave, and nothing that was closed since.',
  },
});
