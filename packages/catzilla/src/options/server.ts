// Options of the Fastify server: those that an HTTP/1.1 server of Fastify takes. Fastify passes over names it does not know;
// here they are errors. What the options hold is checked by Fastify.
import type { OptionSpec } from '@catzilla/common';
import type { FastifyServerOptions, RawServerDefault } from 'fastify';
import { onlyKnown } from './known.ts';
import { isPlain } from './plain.ts';

/** Fastify's own options, for an HTTP/1.1 server. */
export type ServerOptions = FastifyServerOptions<RawServerDefault> & {
  readonly http?: object | null;
};

const names: Readonly<Record<keyof ServerOptions, true>> = {
  http: true,
  ignoreTrailingSlash: true,
  ignoreDuplicateSlashes: true,
  connectionTimeout: true,
  keepAliveTimeout: true,
  maxRequestsPerSocket: true,
  forceCloseConnections: true,
  requestTimeout: true,
  pluginTimeout: true,
  bodyLimit: true,
  handlerTimeout: true,
  maxParamLength: true,
  disableRequestLogging: true,
  logController: true,
  exposeHeadRoutes: true,
  onProtoPoisoning: true,
  onConstructorPoisoning: true,
  logger: true,
  loggerInstance: true,
  serializerOpts: true,
  serverFactory: true,
  caseSensitive: true,
  allowUnsafeRegex: true,
  requestIdHeader: true,
  requestIdLogLabel: true,
  useSemicolonDelimiter: true,
  genReqId: true,
  trustProxy: true,
  querystringParser: true,
  constraints: true,
  schemaController: true,
  return503OnClosing: true,
  ajv: true,
  frameworkErrors: true,
  rewriteUrl: true,
  schemaErrorFormatter: true,
  clientErrorHandler: true,
  childLoggerFactory: true,
  allowErrorHandlerOverride: true,
  routerOptions: true,
};

/** The names that `server` may have. */
export const serverNames: readonly string[] = Object.keys(names);

/** Checks the option `server`. */
export const serverSpec: OptionSpec<ServerOptions> = {
  check(value, site) {
    const given = value === undefined ? {} : value;
    if (!isPlain(given)) {
      onlyKnown(given as object, [], site);
      throw site.error(`expected ${site.path} to be options of Fastify, written as { … }`);
    }
    const secure = ['https', 'http2', 'http2SessionTimeout'].find((name) => name in given);
    if (secure !== undefined) {
      throw site.error(
        `expected ${site.path} to have no ${secure}: make the Fastify instance yourself and register catzilla on it`,
      );
    }
    onlyKnown(given, serverNames, site);
    return given as ServerOptions;
  },
};
