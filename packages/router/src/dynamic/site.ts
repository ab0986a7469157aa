// The scope that dynamic tables are served in: what they need to know of it.
import type { FastifyInstance } from 'fastify';
import { insidesOf } from './insides.ts';
import type { Insides, SharedRouterOptions } from './insides.ts';
import { schemaCompiler } from './schemas.ts';
import type { CompileSchemas } from './schemas.ts';

/** A scope. */
export interface Site {
  readonly app: FastifyInstance;
  /** Prefix of the scope. */
  readonly prefix: string;
  /** What it supports, in capitals. */
  readonly methods: readonly string[];
  /** Whether GET routes answer HEAD, too. */
  readonly exposesHead: boolean;
  /** How the application's router matches. */
  readonly routerOptions: SharedRouterOptions;
  readonly insides: Insides;
  readonly compile: CompileSchemas;
  readonly isClosed: boolean;
}

const SHARED: readonly (keyof SharedRouterOptions)[] = [
  'caseSensitive',
  'ignoreTrailingSlash',
  'ignoreDuplicateSlashes',
  'useSemicolonDelimiter',
  'maxParamLength',
  'allowUnsafeRegex',
];

/** Looks at a scope, which from then on closes with its application.
 * @throws CATZ_ROUTER_CAPTURE_FAILED */
export function siteOf(app: FastifyInstance): Site {
  const insides = insidesOf(app);
  const given = insides.options.routerOptions ?? {};
  let isClosed = false;
  app.addHook('onClose', async () => {
    isClosed = true;
  });
  return {
    app,
    prefix: app.prefix,
    methods: app.supportedMethods,
    exposesHead: insides.options.exposeHeadRoutes !== false,
    routerOptions: Object.fromEntries(
      SHARED.filter((name) => given[name] !== undefined).map((name) => [name, given[name]]),
    ),
    insides,
    compile: schemaCompiler(app, insides),
    get isClosed() {
      return isClosed;
    },
  };
}
