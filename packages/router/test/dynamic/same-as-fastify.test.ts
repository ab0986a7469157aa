// Every route of the demo, declared to Fastify itself and to a dynamic table: the answers must be the same to the byte.
import type { FastifyInstance, FastifyServerOptions, InjectOptions, RouteOptions } from 'fastify';
import { describe, expect, test } from 'vitest';
import { VERSIONS } from '../fastify/versions.ts';
import { dynamicRoutes } from '../../src/dynamic/dynamic-routes.ts';
import { makeApp } from './apps.ts';
import type { Make } from './apps.ts';
import { REQUESTS, demoRoutes, furnish } from './demo.ts';

type Furnish = (scope: FastifyInstance) => void;

interface World {
  readonly title: string;
  /** Cloned for each application: Fastify writes into them. */
  readonly fastify?: FastifyServerOptions;
  /** What the scope has beside what the demo needs. */
  readonly scope?: Furnish;
  readonly root?: Furnish;
  /** Whether routes are added when the application serves already. */
  readonly late?: boolean;
}

const WORLDS: readonly World[] = [
  { title: 'as it is' },
  { title: 'with routes that come late', late: true },
  { title: 'without HEAD routes', fastify: { exposeHeadRoutes: false } },
  {
    title: 'with a router that overlooks much',
    fastify: {
      routerOptions: {
        ignoreTrailingSlash: true,
        ignoreDuplicateSlashes: true,
        caseSensitive: false,
      },
    },
  },
  {
    title: 'with ajv options',
    fastify: {
      ajv: { customOptions: { removeAdditional: 'all', coerceTypes: false, allErrors: true } },
    },
  },
  {
    title: 'with an error handler, a 404 handler and a formatter of its own',
    scope(scope) {
      scope.setErrorHandler(
        (error: Error & { validation?: unknown; validationContext?: string }, request, reply) =>
          reply.code(499).send({
            message: error.message,
            validation: error.validation,
            context: error.validationContext,
            url: request.routeOptions.url,
          }),
      );
      scope.setNotFoundHandler((request, reply) =>
        reply.code(404).send(`nothing at ${request.url}`),
      );
      scope.setSchemaErrorFormatter((found, part) => new Error(`${part}: ${found.length} faults`));
    },
  },
  {
    title: 'with an async error handler at the root',
    root: (app) => app.setErrorHandler(async (error: Error) => ({ failed: error.message })),
  },
  {
    title: 'with a reply serializer',
    scope: (scope) =>
      void scope.setReplySerializer((payload, status) => JSON.stringify({ status, payload })),
  },
  {
    title: 'with compilers of its own',
    scope(scope) {
      scope.setValidatorCompiler(({ schema, httpPart }) => (data: unknown) => {
        const required = (schema as { required?: string[] }).required ?? [];
        const missing = required.filter(
          (name) => (data as Record<string, unknown> | null)?.[name.toLowerCase()] === undefined,
        );
        if (missing.length > 0) return { error: new Error(`${httpPart} lacks ${missing.join()}`) };
        return {
          value: httpPart === 'headers' ? data : { ...(data as object), checked: httpPart },
        };
      });
      scope.setSerializerCompiler(
        ({ httpStatus, contentType }) =>
          (data: unknown) =>
            JSON.stringify({ httpStatus, contentType: contentType ?? 'none', data }),
      );
    },
  },
  {
    title: 'with validators that wait',
    scope(scope) {
      const wait =
        ({ httpPart }: { httpPart?: string }) =>
        async (data: unknown) => {
          await new Promise((resolve) => setImmediate(resolve));
          if (JSON.stringify(data).includes('x'))
            throw Object.assign(new Error(`${httpPart} has an x`), { statusCode: 422 });
          return true;
        };
      scope.setValidatorCompiler(wait as never);
    },
  },
];

async function answers(app: FastifyInstance): Promise<unknown[]> {
  const seen: unknown[] = [];
  for (const request of REQUESTS) {
    const { statusCode, headers, payload } = await app.inject({
      ...request,
      url: `/t${request.url}`,
    });
    const { date: _date, ...rest } = headers;
    // Hooks of the scope run for what a table does not find, too: they cannot know yet that it does not.
    if (statusCode === 404) delete rest['x-seen'];
    seen.push({ request, statusCode, headers: rest, payload });
  }
  return seen;
}

function plain(make: Make, { fastify, scope: more, root }: World): FastifyInstance {
  const app = makeApp(make, structuredClone(fastify ?? {}));
  root?.(app);
  app.register(
    async (scope) => {
      furnish(scope);
      more?.(scope);
      // A HEAD route of the application's own has to come before the GET route that would make one.
      for (const route of demoRoutes()) scope.route({ ...route } as RouteOptions);
    },
    { prefix: '/t' },
  );
  return app;
}

async function dynamic(
  make: Make,
  { fastify, scope: more, root, late }: World,
): Promise<FastifyInstance> {
  const app = makeApp(make, structuredClone(fastify ?? {}));
  root?.(app);
  const table = dynamicRoutes({ name: 'demo' });
  app.register(
    async (scope) => {
      furnish(scope);
      more?.(scope);
      scope.register(table.plugin);
    },
    { prefix: '/t' },
  );
  if (late) await app.ready();
  for (const route of demoRoutes()) table.add(route);
  return app;
}

// Fastify 5.5 fails HEAD where GET answers with a web stream.
const isBroken = (version: string, { method, url }: InjectOptions & { url: string }): boolean =>
  version === '5.5.0' && method === 'HEAD' && url === '/answer/web-stream';

describe.each(VERSIONS)('on Fastify %s', (version, make) => {
  test.each(WORLDS)('an application $title answers the same', async (world) => {
    const expected = await answers(plain(make, world));
    const seen = await answers(await dynamic(make, world));
    expect(seen).toHaveLength(REQUESTS.length);
    for (const [i, answer] of seen.entries()) {
      if (!isBroken(version, REQUESTS[i]!)) expect(answer).toEqual(expected[i]);
    }
  });
});
