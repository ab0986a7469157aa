// Every error of this package; docs/errors.md is generated from the table.
// Faults of the cache itself are not here: they never reach a caller, they are counted and shown in health.
import { defineErrors, type ErrorTable } from '@catzilla/common';

type Key =
  | 'OPTION'
  | 'ROUTE_OPTION'
  | 'REGISTERED_TWICE'
  | 'PURGE_UNGUARDED'
  | 'BAD_URL'
  | 'TAG'
  | 'TOO_LATE';

/** Error classes of @catzilla/fastify-cache by key; codes are `CATZ_FASTIFY_CACHE_<KEY>`. */
export const errors: ErrorTable<'CATZ_FASTIFY_CACHE', Key> = defineErrors('CATZ_FASTIFY_CACHE', {
  OPTION: {
    message: '%s',
    base: TypeError,
    help: 'Correct the named option of the plugin; options are checked once, when the plugin registers.',
  },
  ROUTE_OPTION: {
    message: 'route %s: %s',
    base: TypeError,
    help: 'Correct config.cache of the named route; a route may say true, false or an object of route options.',
  },
  REGISTERED_TWICE: {
    message: '@catzilla/fastify-cache is already registered in this scope',
    help: 'Register it once per scope; a child scope may register it again with other options.',
  },
  PURGE_UNGUARDED: {
    message: 'expected %s to be a function that decides who may purge, got nothing',
    base: TypeError,
    help: 'A purge route that anybody may call empties the cache for anybody; give it authorize, or leave purgeRoute out.',
  },
  BAD_URL: {
    message: 'expected a path beginning with "/" or an absolute http(s) URL, got %s',
    base: TypeError,
    help: 'Pass the path with its query, or a full URL when several hosts are served.',
  },
  TAG: {
    message: 'expected %s to be %s, got %s',
    base: TypeError,
    help: 'Tags are short names of what a response shows, such as "product:42".',
  },
  TOO_LATE: {
    message: '%s was called after the head of the response had been sent',
    help: 'Call it before reply.send, or before the first byte of a stream is written.',
  },
});
