// The OpenAPI plugin: an OpenAPI 3.1 document of every route declared after it, at a path and as app.openapi(), with
// @fastify/swagger, and Swagger UI where it is wanted. Invariant: the document is made once, when the application is ready; what
// it cannot be made of stops the start. Nothing of it runs in requests to other routes.
import fp from 'fastify-plugin';
import type { FastifyInstance, FastifyPluginAsync, FastifySchema, RouteOptions } from 'fastify';
import { errors } from '../errors.ts';
import { Components } from './components.ts';
import { finish } from './finish.ts';
import type { OpenApiDocument } from './finish.ts';
import { loadPeer } from './load-peer.ts';
import type { Peer } from './load-peer.ts';
import { resolveOpenApi } from './options.ts';
import type { OpenApiOptions, OpenApiSettings } from './options.ts';
import { prepareRoute } from './transform.ts';
import type { Marks } from './transform.ts';

const SWAGGER: Peer = {
  name: '@fastify/swagger',
  version: '9.9.3',
  load: () => import('@fastify/swagger'),
};
const SWAGGER_UI: Peer = {
  name: '@fastify/swagger-ui',
  version: '6.1.3',
  load: () => import('@fastify/swagger-ui'),
};

const register: FastifyPluginAsync<OpenApiOptions> = async (app, options) => {
  const settings = resolveOpenApi(options);
  const marks: Marks = { schemas: [], routes: [], components: new Components(), open: [] };
  const instances = new WeakMap<RouteOptions, FastifyInstance>();
  app.addHook('onRoute', function (route) {
    instances.set(route, this);
  });
  await app.register((await loadPeer(SWAGGER)) as FastifyPluginAsync<object>, {
    ...swaggerOptions(settings, marks, (route) => instances.get(route) ?? app),
  });
  const make = (app as unknown as { swagger: () => OpenApiDocument }).swagger;
  let made: OpenApiDocument | undefined;
  app.decorate('openapi', () => {
    if (made === undefined)
      throw new errors.OPENAPI(
        'the document is made when the application is ready: await app.ready()',
      );
    return made;
  });
  app.addHook('onReady', (done) => {
    made = make();
    if (marks.open.length > 0) {
      app.log.warn({ parts: marks.open }, 'JSON Schema cannot say all of these parts');
    }
    done();
  });
  if (settings.path !== false) serve(app, settings.path);
  await addUi(app, settings);
};

function swaggerOptions(
  settings: OpenApiSettings,
  marks: Marks,
  instanceOf: (route: RouteOptions) => FastifyInstance,
): object {
  const { info, servers, tags, security, securitySchemes, externalDocs, hideUntagged } = settings;
  return {
    hideUntagged,
    openapi: {
      openapi: '3.1.0',
      info,
      components: { securitySchemes },
      ...(servers !== undefined && { servers }),
      ...(tags !== undefined && { tags }),
      ...(security !== undefined && { security }),
      ...(externalDocs !== undefined && { externalDocs }),
    },
    transform: ({
      schema,
      url,
      route,
    }: {
      schema?: FastifySchema;
      url: string;
      route: RouteOptions;
    }) =>
      isHidden(schema, hideUntagged)
        ? { schema, url }
        : { schema: prepareRoute(route, instanceOf(route), settings, marks), url },
    transformObject: ({ openapiObject }: { openapiObject: OpenApiDocument }) =>
      finish(openapiObject, marks),
  };
}

// As swagger sees it: what is hidden leaves no schema behind.
function isHidden(schema: FastifySchema | undefined, hideUntagged: boolean): boolean {
  const { hide, tags = [] } = (schema ?? {}) as { hide?: boolean; tags?: readonly string[] };
  return hide === true || tags.includes('X-HIDDEN') || (hideUntagged && tags.length === 0);
}

function serve(app: FastifyInstance, path: string): void {
  let text: string | undefined;
  const schema = { hide: true } as FastifySchema;
  app.get(path, { schema, config: { cache: false } as object }, (_request, reply) => {
    text ??= JSON.stringify(app.openapi());
    return reply.type('application/json').send(text);
  });
}

async function addUi(app: FastifyInstance, { ui }: OpenApiSettings): Promise<void> {
  if (ui === false) return;
  const isOptional = ui === 'auto';
  const plugin = await loadPeer(SWAGGER_UI, { isOptional });
  if (plugin === undefined) return;
  const { path, config } = isOptional ? { path: '/docs', config: {} } : ui;
  await app.register(plugin as FastifyPluginAsync<{ routePrefix: string; uiConfig: object }>, {
    routePrefix: path,
    uiConfig: config,
  });
}

/** Documents the routes declared after it, in its scope and below, as OpenAPI 3.1.
 * Needs @fastify/swagger 9.9; Swagger UI needs @fastify/swagger-ui 6.1. It makes no scope of its own: `prefix`, `logLevel` and
 * `logSerializers` of register() are refused, and belong to a scope around it.
 * @see OpenApiOptions
 * @throws CATZ_VALIDATION_OPTIONS; CATZ_VALIDATION_OPENAPI when a package is missing, and at ready when a route names an
 *   unknown security scheme
 * @example await app.register(openapi, { info: { title: 'Shop', version: '1.4.0' } }); */
export const openapi: FastifyPluginAsync<OpenApiOptions> = fp(register, {
  name: '@catzilla/openapi',
  fastify: '5.x',
});

declare module 'fastify' {
  interface FastifyInstance {
    /** The OpenAPI 3.1 document, from `ready` on.
     * @throws CATZ_VALIDATION_OPENAPI before that */
    openapi(): OpenApiDocument;
  }
  /** What a schema says of a route for documents, with the types that @fastify/swagger gives it: they hold without it, too. */
  interface FastifySchema {
    hide?: boolean;
    deprecated?: boolean;
    tags?: readonly string[];
    description?: string;
    summary?: string;
    security?: ReadonlyArray<{ [securityLabel: string]: readonly string[] }>;
    operationId?: string;
  }
}
