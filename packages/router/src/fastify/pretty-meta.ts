// What `app.printRoutes({ includeMeta })` shows of a route when the application says nothing about it: what Fastify shows,
// which stands aside as soon as anybody gives a `buildPrettyMeta`, as our capture has to.
import type { Route } from '../find-my-way/router.ts';

const SHOWN = [
  'errorHandler',
  'logLevel',
  'logSerializers',
  'onTimeout',
  'onRequest',
  'preParsing',
  'preValidation',
  'preSerialization',
  'preHandler',
  'onSend',
  'onResponse',
  'onError',
  'onRequestAbort',
  'onRoute',
  'onRegister',
  'onReady',
  'onListen',
  'preClose',
  'onClose',
];

/** Fastify's own meta data of a route. */
export function fastifyMeta({ store }: Pick<Route, 'store'>): Record<string, unknown> {
  const context = store as Readonly<Record<string, unknown>>;
  return Object.fromEntries(SHOWN.map((name) => [name, context[name]]));
}
