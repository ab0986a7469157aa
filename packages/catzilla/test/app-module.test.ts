import { mkdtemp, rm, writeFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { FastifyInstance } from 'fastify';
import { describe, expect, it, onTestFinished } from 'vitest';
import { loadApp } from '../src/app-module.ts';
import type { AppModule, LoadOptions } from '../src/app-module.ts';

/** Writes a module and gives its path. */
async function module(text: string, name = 'app.mjs') {
  const cache = new URL('../.cache/', import.meta.url);
  await mkdir(cache, { recursive: true });
  const folder = await mkdtemp(join(fileURLToPath(cache), 'module-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, name);
  await writeFile(file, text);
  return file;
}

async function load(file: string | AppModule, options: Partial<LoadOptions> = {}) {
  const app = await loadApp(file, {
    mode: 'development',
    ...options,
    overrides: { env: false, ...options.overrides },
  });
  onTestFinished(() => app.close());
  return app;
}

const ROUTE = "export default async (app, { mode }) => { app.get('/', async () => ({ mode })); };";

describe('loadApp', () => {
  it('runs the default export on an application of its config', async () => {
    const file = await module(`export const config = { cache: { ttl: 5000 } };\n${ROUTE}`);
    const app = await load(file);
    expect((await app.inject('/')).json()).toStrictEqual({ mode: 'development' });
    expect((await app.inject('/')).headers['cache-status']).toMatch(/^catzilla; hit/);
    expect(app.config).toMatchObject({ mode: 'development', cache: { ttl: 5000 } });
  });

  it('takes a module that is imported already', async () => {
    const module = {
      config: { cache: { ttl: 5000 } },
      default: (app: Pick<FastifyInstance, 'get'>) => void app.get('/', async () => 'here'),
    };
    const app = await load(module);
    expect((await app.inject('/')).body).toBe('here');
    expect(app.config).toMatchObject({ cache: { ttl: 5000 } });
    const none = { config: {} } as unknown as AppModule;
    await expect(loadApp(none, { mode: 'development' })).rejects.toMatchObject({
      code: 'CATZ_APP_MODULE',
      message: expect.stringMatching(/^expected the module to be an application module/) as string,
    });
  });

  it('goes by the mode that is given, unless config says another', async () => {
    const file = await module(ROUTE);
    const app = await load(file, { mode: 'production' });
    expect((await app.inject('/')).json()).toStrictEqual({ mode: 'production' });
    expect(app.config.shutdown.shutdownDelay).toBe(5000);
    const said = await module(`export const config = { mode: 'production' };\n${ROUTE}`);
    expect((await load(said)).config.mode).toBe('production');
  });

  it('lets overrides win over config and environment, part by part', async () => {
    const file = await module(
      `export const config = { cache: { ttl: 1, xCache: true }, shutdown: { shutdownDelay: 1 } };\n${ROUTE}`,
    );
    process.env['CATZILLA__SHUTDOWN__SHUTDOWN_DELAY'] = '2';
    onTestFinished(() => {
      delete process.env['CATZILLA__SHUTDOWN__SHUTDOWN_DELAY'];
    });
    const overrides = { cache: { ttl: 3 }, shutdown: { shutdownDelay: 4 } };
    const app = await loadApp(file, { mode: 'production', overrides });
    onTestFinished(() => app.close());
    expect(app.config.cache).toMatchObject({ ttl: 3, xCache: true });
    expect(app.config.shutdown.shutdownDelay).toBe(4);
    const plain = await loadApp(file, { mode: 'production' });
    onTestFinished(() => plain.close());
    expect(plain.config.shutdown.shutdownDelay).toBe(2);
  });

  it('gives the module the root: what it hooks and decorates is the application’s', async () => {
    const file = await module(
      "export default async (app) => { app.decorate('mine', 42); app.setNotFoundHandler(async () => 'nothing here'); };",
    );
    const app = await load(file);
    expect(app.hasDecorator('mine')).toBe(true);
    expect((await app.inject('/nowhere')).body).toBe('nothing here');
  });

  it('takes CommonJS', async () => {
    const file = await module(
      "module.exports = async (app) => { app.get('/', async () => ({ common: true })); };",
      'app.cjs',
    );
    expect((await (await load(file)).inject('/')).json()).toStrictEqual({ common: true });
    const both = await module(
      "exports.config = { cache: false }; exports.default = async (app) => { app.get('/', async () => 1); };",
      'app.cjs',
    );
    expect((await load(both)).config.cache).toBe(false);
  });

  it.each([
    [
      'export const x = 1;',
      /: its default export has to be a function \(app, options\), got undefined$/,
    ],
    ['export default {};', /got an object$/],
    [
      'export default () => {}; export const config = 5;',
      /: its export config has to be an object.* got 5$/,
    ],
    ['export default', /: it could not be imported: /],
    ["import 'not-there-at-all'; export default () => {};", /not-there-at-all/],
    ["throw new Error('on its way');", /: it could not be imported: on its way$/],
  ])('says what is wrong with %s (CATZ_APP_MODULE)', async (text, message) => {
    const file = await module(text);
    await expect(load(file)).rejects.toMatchObject({
      code: 'CATZ_APP_MODULE',
      message: expect.stringMatching(message),
    });
    await expect(load(file)).rejects.toThrow(file);
  });

  it('says that there is no such file', async () => {
    await expect(load('/nowhere/app.mjs')).rejects.toMatchObject({
      code: 'CATZ_APP_MODULE',
      message:
        'expected /nowhere/app.mjs to be an application module: there is no such file, or it may not be read',
    });
  });

  it('passes on what the default export throws, and closes what it made', async () => {
    const file = await module(
      "export default async (app) => { app.addHook('onClose', async () => { globalThis.closedByTest = true; }); throw new Error('no database'); };",
    );
    await expect(load(file)).rejects.toThrow('no database');
    expect((globalThis as { closedByTest?: boolean }).closedByTest).toBe(true);
  });

  it('passes on what is wrong with config', async () => {
    const file = await module('export const config = { cahce: 1 };\nexport default () => {};');
    await expect(load(file)).rejects.toMatchObject({ code: 'CATZ_APP_OPTION' });
  });
});
