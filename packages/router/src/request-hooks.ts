// The points of a request at which Fastify runs hooks, in the order of its documentation.

/** Names of the hooks that a route may have. */
export const REQUEST_HOOKS = [
  'onRequest',
  'preParsing',
  'preValidation',
  'preHandler',
  'preSerialization',
  'onSend',
  'onResponse',
  'onError',
  'onTimeout',
  'onRequestAbort',
] as const;

/** One of them. */
export type RequestHook = (typeof REQUEST_HOOKS)[number];
