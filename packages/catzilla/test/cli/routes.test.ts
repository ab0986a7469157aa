// catzilla routes: applications of files in a folder, loaded in this process.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';
import { folder, run } from './support/run.ts';

// As a user of the package imports it; built, for the file is loaded by Node.
const CATZILLA = pathToFileURL(join(import.meta.dirname, '../../dist/index.js')).href;

async function routes(source: string, args: readonly string[] = [], env = {}) {
  const cwd = await folder({ 'app.mjs': source });
  return run(['routes', 'app.mjs', ...args], { cwd, env });
}

const APP = `
import { defineMiddleware, group } from ${JSON.stringify(CATZILLA)};
const auth = defineMiddleware()({ name: 'auth', at: 'onRequest', async pre() {} });
export const config = {
  env: false,
  cache: {
    ttl: 90_000,
    rules: [
      { path: '/img/**', preset: 'static' },
      { path: [/^\\/exp/, '/feed/*/x'], ttl: 0 },
      { path: '/plain', types: ['text/css'] },
    ],
  },
};
export default async (app) => {
  app.get('/', async () => 'home');
  app.get('/users/:id', { preHandler: async () => {}, config: { cache: { ttl: { 200: 1000 } } } }, async () => '');
  app.get('/me', { config: { cache: false } }, async () => '');
  app.get('/img/:name', async () => '');
  app.get('/exp', async () => '');
  app.get('/feed/:id/x', async () => '');
  app.get('/api', { config: { cache: { preset: 'api', ttl: 500 } } }, async () => '');
  app.post('/users', async () => '');
  app.constant('/version', { body: 'one' });
  app.get('/host', { constraints: { host: 'a.example' } }, async () => '');
  const admin = group({ prefix: '/admin', middleware: [auth] });
  admin.get('/', async () => '');
  await app.register(admin.plugin);
};
`;

it('lists methods, patterns, guards and cache rules', async () => {
  const { code, stdout, stderr } = await routes(APP);
  expect([code, stderr]).toStrictEqual([0, '']);
  const rows = stdout
    .split('\n\n')[0]!
    .split('\n')
    .map((line) => line.split(/ {2,}/));
  expect(rows).toStrictEqual([
    ['method', 'route', 'guards', 'cache'],
    ['GET HEAD', '/healthz', 'off'],
    ['GET HEAD', '/readyz', 'off'],
    ['GET HEAD', '/metrics', 'off'],
    ['GET HEAD', '/_catzilla/', 'onRequest 1', 'off'],
    ['GET HEAD', '/', 'ttl 1.5 min'],
    ['GET HEAD', '/users/:id', 'preHandler 1', 'ttl by status'],
    ['GET HEAD', '/me', 'off'],
    ['GET HEAD', '/img/:name', 'preset static, rule /img/**'],
    ['GET HEAD', '/exp', 'no ttl, rule /^\\/exp/ /feed/*/x'],
    ['GET HEAD', '/feed/:id/x', 'no ttl, rule /^\\/exp/ /feed/*/x'],
    ['GET HEAD', '/api', 'preset api, ttl 500 ms'],
    ['POST', '/users'],
    ['GET HEAD', '/version', 'constant'],
    ['GET HEAD', '/host (host a.example)', 'ttl 1.5 min'],
    ['GET HEAD', '/admin', 'auth', 'ttl 1.5 min'],
    ['GET HEAD', '/admin/', 'auth', 'ttl 1.5 min'],
  ]);
  expect(stdout).toMatch(/\n\nhooks on every route: onRequest \d/);
});

it('gives the same as JSON, and nothing else', async () => {
  const json = (await routes(APP, ['--json'])).json();
  expect(json['conflicts']).toStrictEqual([]);
  expect(json['rows']).toContainEqual({
    methods: ['GET', 'HEAD'],
    url: '/users/:id',
    constraints: {},
    guards: ['preHandler 1'],
    cache: 'ttl by status',
    plan: 'js',
  });
});

it('shows conflicts below, and fails for errors among them', async () => {
  const source = `
export const config = { env: false, router: { onConflict: 'ignore' } };
export default async (app) => {
  app.get('/Users', async () => '');
  app.get('/users', async () => '');
};`;
  const { code, stdout } = await routes(source);
  expect(stdout).toContain('\nconflicts\n');
  expect(stdout).toContain('GET /Users and GET /users');
  expect(code).toBe(0);
  const fatal = `
export const config = { env: false, router: { onConflict: 'ignore' } };
export default async (app) => { app.get('/a#b', async () => ''); };`;
  const failed = await routes(fatal);
  expect(failed.code).toBe(1);
  expect(failed.stdout).toContain('error unreachable: GET /a#b: ');
  expect((await routes(fatal, ['--json'])).json()['conflicts']).toMatchObject([
    { severity: 'error', kind: 'unreachable' },
  ]);
});

it('says nothing of a cache where there is none, and what fits the response where nothing is said', async () => {
  const source = 'export default async (app) => { app.get("/a", async () => ""); };';
  const plain = await routes(source, ['--json']);
  expect(plain.json<{ rows: object[] }>().rows.at(-1)).toMatchObject({
    url: '/a',
    cache: 'by response',
  });
  const off = await routes(`export const config = { cache: false, monitor: false };${source}`, [
    '--json',
  ]);
  expect(off.json()['rows']).toMatchObject([{ url: '/a', cache: '' }]);
});

it('keeps quiet whatever logger the application has', async () => {
  const lines = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'];
  const source = `
const write = () => { throw new Error('it logs'); };
const logger = { level: 'info', child: () => logger, ${lines.map((name) => `${name}: write`).join(', ')} };
export const config = { server: { loggerInstance: logger } };
export default async (app) => { app.log.info('x'); app.log.child({}).warn('x'); };`;
  expect((await routes(source)).code).toBe(0);
  const own =
    'export const config = { server: { logger: { level: "info" } } }; export default () => {};';
  const { stdout } = await routes(own);
  expect(stdout).not.toContain('"level"');
});

it('fails with a sentence for a file that is no application, one that does not get ready, and one without a router', async () => {
  const none = await routes('export default 5;', ['--json']);
  expect(none.code).toBe(1);
  expect(JSON.parse(none.stderr)).toMatchObject({ error: { code: 'CATZ_APP_MODULE' } });
  const late = await routes(
    'export default async (app) => { app.addHook("onReady", async () => { throw Object.assign(new Error("no database"), { code: "E_DB" }); }); };',
  );
  expect([late.code, late.stderr]).toStrictEqual([1, 'catzilla: no database\n']);
  const bare = await routes('export const config = { router: false }; export default () => {};');
  expect(bare.stderr).toContain('the router of the application is off');
});
