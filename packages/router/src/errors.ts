// Every error that @catzilla/router throws: CATZ_ROUTER_* of tables, the plugin and its tools, CATZ_GROUP_* of groups,
// CATZ_MIDDLEWARE_* of middleware.
import { defineErrors } from '@catzilla/common';
import type { ErrorTable } from '@catzilla/common';

type Key =
  | 'ALREADY_REGISTERED'
  | 'BAD_IMAGE'
  | 'BAD_PATTERN'
  | 'BAD_ROUTE'
  | 'CAPTURE_FAILED'
  | 'COMPILE_UNAVAILABLE'
  | 'CONFLICT'
  | 'DUPLICATE'
  | 'DYNAMIC_CLOSED'
  | 'FASTIFY_VERSION'
  | 'NATIVE_UNAVAILABLE'
  | 'OPTIONS'
  | 'SELF_CHECK'
  | 'TOO_MANY_ROUTES';

export const errors: ErrorTable<'CATZ_ROUTER', Key> = defineErrors('CATZ_ROUTER', {
  ALREADY_REGISTERED: {
    message:
      'this router is registered already: each Fastify instance needs its own, once, at the root',
    help: 'Register it on the root instance only, and call catzillaRouter() again for another application.',
  },
  BAD_IMAGE: {
    message: 'the image of a route table was refused: %s',
    help: 'An image holds the routes of the version that wrote it. Make it anew with BuiltTable.image().',
  },
  BAD_PATTERN: {
    message: '%s',
    base: TypeError,
    help: 'Patterns are those of find-my-way, the router of Fastify: /users/:id, /files/*, /:id(^\\d+$).',
  },
  BAD_ROUTE: {
    message: '%s',
    base: TypeError,
    help: 'The message says which part of the route was expected to be what.',
  },
  CAPTURE_FAILED: {
    message: 'the router of Fastify could not be reached: %s',
    help: 'Routes of the application are then found by Fastify itself; a dynamic table is not mounted. Please report the version of Fastify.',
  },
  COMPILE_UNAVAILABLE: {
    message: "engine 'compile' cannot be used: %s",
    help: "Take engine 'auto', which uses what works for each method.",
  },
  CONFLICT: {
    message: 'routes contradict each other: %s',
    help: "Change the routes, or set onConflict to 'warn'. app.routeConflicts() lists them all.",
  },
  DUPLICATE: {
    message: '%s',
    help: 'Remove one of the two routes, or give them constraints that differ.',
  },
  DYNAMIC_CLOSED: {
    message: 'the dynamic table %s is closed',
    help: 'Its application was closed. Change routes only while the application runs.',
  },
  FASTIFY_VERSION: {
    message: '@catzilla/router needs Fastify 5.5 or a later 5, this is %s',
    help: 'Update Fastify.',
  },
  NATIVE_UNAVAILABLE: {
    message: "engine 'native' cannot be used: %s",
    help: "Take engine 'auto', which needs no addon, or install the package again for this platform.",
  },
  OPTIONS: {
    message: '%s',
    base: TypeError,
    help: 'The message names the option, what was expected, and what came.',
  },
  SELF_CHECK: {
    message: 'the native table differs from the router of Fastify: %s',
    help: 'Routes are found by Fastify itself, unless strict is set. Please report the routes.',
  },
  TOO_MANY_ROUTES: {
    message: '%s',
    help: 'Raise maxRoutes, or remove routes that are no longer used.',
  },
});

/** Errors of route groups. */
export const groupErrors: ErrorTable<'CATZ_GROUP', 'OPTIONS' | 'PREFIX'> = defineErrors(
  'CATZ_GROUP',
  {
    OPTIONS: {
      message: '%s',
      base: TypeError,
      help: 'The message names the option, what was expected, and what came.',
    },
    PREFIX: {
      message: 'expected the prefix of a group to begin with / and not to end with it, got %s',
      base: TypeError,
      help: 'Write /admin, not admin or /admin/. A group without a prefix leaves the option out.',
    },
  },
);

type MiddlewareKey = 'CONTEXT' | 'DUPLICATE' | 'OPTIONS' | 'PEER' | 'PRIORITY' | 'RETURN';

/** Errors of middleware. */
export const middlewareErrors: ErrorTable<'CATZ_MIDDLEWARE', MiddlewareKey> = defineErrors(
  'CATZ_MIDDLEWARE',
  {
    CONTEXT: {
      message: '%s',
      help: 'Each key of the context has one provider, which runs before those that require the key: set at and priority so.',
    },
    DUPLICATE: {
      message: '%s',
      help: 'Give each middleware a name of its own, and give it once: to the plugin, to a group, or to a route.',
    },
    OPTIONS: {
      message: '%s',
      base: TypeError,
      help: 'The message names the option, what was expected, and what came.',
    },
    PEER: {
      message: 'option %s of the middleware plugin needs %s, which cannot be loaded',
      help: 'Install it: npm install @fastify/request-context. Or leave the option out.',
    },
    PRIORITY: {
      message: '%s',
      base: TypeError,
      help: 'Priorities are integers from 0 to 1000; lower runs first.',
    },
    RETURN: {
      message: '%s',
      base: TypeError,
      help: 'pre returns what it provides, or reply once it has sent it; post returns a payload only with transforms.',
    },
  },
);
