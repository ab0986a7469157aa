// Fastify's own options of register(), given to plugins for which Fastify makes no scope: none of them may be lost without a word.
import { di, defineContainer } from '@catzilla/di';
import { fastifyCache } from '@catzilla/fastify-cache';
import { health, monitor } from '@catzilla/monitor';
import { realtime } from '@catzilla/realtime';
import { middleware } from '@catzilla/router';
import { staticFiles } from '@catzilla/static';
import { tasks } from '@catzilla/tasks';
import { openapi, validation } from '@catzilla/validation';
import Fastify from 'fastify';
import type { FastifyPluginAsync } from 'fastify';
import fp from 'fastify-plugin';
import { describe, expect, it, onTestFinished } from 'vitest';
import { catzilla } from '../src/index.ts';

type Plugin = FastifyPluginAsync<object>;

const OWN = { prefix: '/x', logLevel: 'warn', logSerializers: { id: String } };
const info = { title: 'Shop', version: '1.0.0' };
const purgeRoute = { path: '/purge', authorize: () => false };

function open() {
  const app = Fastify();
  onTestFinished(() => app.close());
  return app;
}

describe.each(['prefix', 'logLevel', 'logSerializers'] as const)('%s', (name) => {
  const given = { [name]: OWN[name] };

  it.each([
    ['realtime', realtime, {}],
    ['monitor', monitor, {}],
    ['health', health, {}],
    ['openapi', openapi, { info }],
    ['fastifyCache with purgeRoute', fastifyCache, { purgeRoute }],
    ['catzilla', catzilla, { env: false }],
  ])('is refused by %s, which declares routes', async (_name, plugin, options) => {
    const refused = open().register(plugin as unknown as Plugin, { ...options, ...given });
    await expect(refused).rejects.toMatchObject({
      code: expect.stringMatching(/^CATZ_\w+_OPTIONS?$|^CATZ_APP_OPTION$/),
      message: expect.stringMatching(
        new RegExp(`^expected options(\\.${name} to be given to a scope| to have no ${name}: )`),
      ),
    });
  });

  it.each([
    ['di', di, { container: defineContainer() }],
    ['fastifyCache', fastifyCache, {}],
    ['middleware', middleware, {}],
    ['tasks', tasks, { tasks: [] }],
    ['validation', validation, {}],
  ])('is passed over by %s, which declares none', async (_name, plugin, options) => {
    const app = open();
    await app.register(plugin as unknown as Plugin, { ...options, ...given });
    const routes = app.printRoutes();
    await app.ready();
    expect(routes).toBe('(empty tree)');
  });

  // What the rest stands on: were it otherwise, the options could just be taken.
  it('does nothing to the routes of a plugin without a scope', async () => {
    const seen: unknown[] = [];
    const app = open();
    app.addHook('onRoute', ({ url, logLevel, logSerializers }) => {
      seen.push({ prefix: url, logLevel, logSerializers: logSerializers?.['id'] }[name]);
    });
    const plugin: Plugin = async (scope) => {
      scope.get('/a', { exposeHeadRoute: false }, () => '');
    };
    await app.register(fp(plugin.bind(null)), given);
    await app.register(async (scope) => scope.register(plugin), { prefix: '/b', ...given });
    const none = { prefix: '/a', logLevel: '', logSerializers: undefined };
    const some = { prefix: '/x/a', logLevel: 'warn', logSerializers: String };
    expect(seen).toEqual([none[name], some[name]]);
  });
});

it('is the option of static files where it is a prefix, and refused where it is not', async () => {
  const root = new URL('.', import.meta.url);
  const app = open();
  await app.register(staticFiles, { root, prefix: '/x' });
  expect((await app.inject('/x/register-options.test.ts')).statusCode).toBe(200);
  const refused = open().register(staticFiles, { root, logLevel: 'warn' });
  await expect(refused).rejects.toMatchObject({ code: 'CATZ_STATIC_OPTIONS' });
});
