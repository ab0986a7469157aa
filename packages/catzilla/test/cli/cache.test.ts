// catzilla cache, on an application of this process that serveControl() has made reachable.
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import Fastify from 'fastify';
import { expect, it, onTestFinished } from 'vitest';
import { createApp } from '../../src/app/create-app.ts';
import { ControlClient } from '../../src/control/client.ts';
import { readKey } from '../../src/control/cache-keys.ts';
import { serveControl } from '../../src/control/serve-control.ts';
import { folder, run } from './support/run.ts';
import type { RunOptions } from './support/run.ts';

const noLog = { env: false, builtins: false } as const;

async function program() {
  const directory = await folder({ 'app.js': '', 'urls.txt': '# ours\n/a/1\n\n/a/2\n/plain\n' });
  const env = { XDG_RUNTIME_DIR: directory };
  const app = await createApp({
    ...noLog,
    cache: {
      ttl: 60_000,
      cache: { maxBytes: 4_194_304 },
      purgeRoute: {
        path: '/_purge',
        authorize: (request) => request.headers.authorization === 'Bearer t0k',
      },
    },
  });
  onTestFinished(() => app.close());
  app.get('/a/:id', { config: { cache: { tags: ['as'] } } }, async (request) => request.params);
  app.get('/v', async (_request, reply) => reply.header('vary', 'x-tint').send('v'));
  app.get('/plain', { config: { cache: false } }, async () => 'plain');
  app.get('/never', () => new Promise(() => undefined));
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as AddressInfo;
  const socket = join(directory, 's');
  const file = join(directory, 'app.js');
  await serveControl(app, { file, socket });
  const origin = `http://127.0.0.1:${port}`;
  const cache = (args: readonly string[], options: RunOptions = {}) =>
    run(['cache', ...args], { env, cwd: directory, ...options });
  const asked = (args: readonly string[], options?: RunOptions) =>
    cache([...args, '--socket', 's'], options);
  const status = async (path: string): Promise<string> =>
    String((await fetch(origin + path)).headers.get('cache-status'));
  return { app, cache, asked, env, directory, file, socket, origin, status };
}

it('shows stats as text and as JSON', async () => {
  const { asked, status, file, origin } = await program();
  await status('/a/1');
  await status('/a/1');
  const text = await asked(['stats']);
  expect([text.code, text.stderr]).toStrictEqual([0, '']);
  expect(text.stdout).toContain(`${file} at ${origin} (program, pid ${process.pid})`);
  expect(text.stdout).toMatch(/^hits +1 of 2, 50\.0 %$/m);
  expect(text.stdout).toMatch(/^entries +1, evicted 0$/m);
  expect(text.stdout).toMatch(/^GET \/a\/:id +1 +1 +1 +0$/m);
  const json = await asked(['stats', '--json']);
  expect(json.json()).toMatchObject({
    program: { pid: process.pid, threads: 1 },
    http: { hits: 1, misses: 1 },
    engine: { entries: 1 },
    health: { ok: true },
  });
});

it('shows at most ten routes, and why responses were not stored', async () => {
  const { app: _app, asked, origin } = await many();
  for (let i = 0; i < 12; i++) await fetch(`${origin}/r${i}`);
  const { stdout } = await asked(['stats']);
  expect(stdout).toContain('and 2 more\n');
  expect(stdout).toContain('not stored 12 (no-store 12)');
});

async function many() {
  const directory = await folder();
  const app = await createApp({ ...noLog, monitor: false });
  onTestFinished(() => app.close());
  for (let i = 0; i < 12; i++) {
    app.get(`/r${i}`, async (_request, reply) =>
      reply.header('cache-control', 'no-store').send('x'),
    );
  }
  const origin = await app.listen({ host: '127.0.0.1', port: 0 });
  await serveControl(app, { socket: join(directory, 's') });
  return {
    app,
    origin,
    asked: (args: readonly string[]) =>
      run(['cache', ...args, '--socket', 's'], { cwd: directory }),
  };
}

it('purges by tag, URL and pattern', async () => {
  const { asked, status } = await program();
  const fill = async () => Promise.all([status('/a/1'), status('/a/2')]);
  await fill();
  const tagged = await asked(['purge', '--tag', 'as', '--tag', 'other']);
  expect([tagged.code, tagged.stdout]).toStrictEqual([0, 'purged by tags\n']);
  expect(await status('/a/1')).toContain('stored');
  await fill();
  expect((await asked(['purge', '--url', '/a/1'])).stdout).toBe('purged: 1 response in memory\n');
  expect(await status('/a/2')).toContain('hit');
  await fill();
  const json = await asked(['purge', '--pattern', '/a/*', '--json']);
  expect(json.json()).toStrictEqual({ purged: 2, ok: true });
});

it('makes responses stale with --soft', async () => {
  const { asked, status } = await program();
  await status('/a/1');
  const { stdout } = await asked(['purge', '--pattern', '/a/*', '--soft']);
  expect(stdout).toBe('made stale: 1 response in memory\n');
  expect(await status('/a/1')).toContain('fwd=stale');
  expect((await asked(['purge', '--tag', 'as', '--soft'])).stdout).toBe('made stale by tag\n');
});

it('purges all where a person or --yes agrees, and nothing else', async () => {
  const { asked, status } = await program();
  await status('/a/1');
  const typed = (input: string) => asked(['purge', '--all'], { input, isTTY: true });
  const no = await typed('n\n');
  expect([no.code, no.stdout]).toStrictEqual([1, '']);
  expect(no.stderr).toContain('Purge every response of this cache? [y/N]');
  expect(no.stderr).toContain('nothing was purged');
  expect((await typed('\n')).code).toBe(1);
  expect((await typed('')).code).toBe(1);
  expect((await typed('\x03')).code).toBe(1);
  expect(await status('/a/1')).toContain('hit');
  const piped = await asked(['purge', '--all'], { input: 'y\n' });
  expect(piped.code).toBe(2);
  expect(piped.stderr).toContain('say --yes');
  const half = await asked(['purge', '--all'], { input: 'y\n', isTTY: true, isInputTTY: false });
  expect([half.code, half.stdout]).toStrictEqual([2, '']);
  expect(await status('/a/1')).toContain('hit');
  expect((await typed('y\n')).stdout).toContain('purged: 1 response');
  expect(await status('/a/1')).toContain('stored');
  expect((await asked(['purge', '--all', '--yes', '--json'])).json()).toStrictEqual({
    purged: 1,
    ok: true,
  });
  const soft = await asked(['purge', '--all', '--soft'], { input: 'no\n', isTTY: true });
  expect(soft.stderr).toContain('Make every response of this cache stale?');
});

it('warms URLs of a file and of a pipe, and fails where one was not stored', async () => {
  const { asked, status, origin } = await program();
  const part = await asked(['warm', 'urls.txt', '--concurrency', '1']);
  expect(part.code).toBe(1);
  expect(part.stdout).toMatch(
    /^stored 2 of 3\n\nnot stored +status +why\n\/plain +200 +uncached\n$/,
  );
  expect(await status('/a/1')).toContain('hit');
  const piped = await asked(['warm', '-', '--json'], { input: '/a/3\n/a/4' });
  expect(piped.code).toBe(0);
  expect(piped.json()).toMatchObject({
    stored: 2,
    urls: 2,
    rows: [{ url: '/a/3', stored: true }, {}],
  });
  expect((await asked(['warm', '-'], { input: `${origin}/a/5` })).stdout).toBe('stored 1 of 1\n');
});

it('gives up a URL that takes longer than --timeout', async () => {
  const { asked } = await program();
  const part = await asked(['warm', '-', '--timeout', '20'], { input: '/never' });
  expect(part.code).toBe(1);
  expect(part.stdout).toMatch(/^stored 0 of 1\n\nnot stored +status +why\n\/never +0 +timeout\n$/);
});

it('shows its progress on a terminal, and ends with Ctrl-C', async () => {
  const { asked } = await program();
  const input = Array.from({ length: 20 }, (_, i) => `/a/${i}`).join('\n');
  const seen = await asked(['warm', '-', '--concurrency', '2'], { input, isTTY: true });
  expect(seen.stderr).toBe('\r8 of 20\r16 of 20\r20 of 20\n');
  const quiet = await asked(['warm', '-', '--json'], { input, isTTY: true });
  expect(quiet.stderr).toBe('');
});

it('lists keys by the beginning of their path or URL, up to a limit', async () => {
  const { asked, status, origin } = await program();
  await status('/a/1');
  await status('/a/2');
  await status('/v');
  const all = await asked(['keys', '--json']);
  const urls = all.json<{ keys: { url: string }[] }>().keys.map(({ url }) => url);
  expect(new Set(urls)).toStrictEqual(new Set(['/a/1', '/a/2', '/v'].map((path) => origin + path)));
  expect(all.json()['more']).toBe(false);
  const some = await asked(['keys', '--prefix', '/a/']);
  expect(some.stdout.trim().split('\n').sort()).toStrictEqual([`${origin}/a/1`, `${origin}/a/2`]);
  const absolute = await asked(['keys', '--prefix', `${origin}/v`]);
  expect(absolute.stdout).toContain(`${origin}/v  (variant)\n`);
  expect((await asked(['keys', '--prefix', 'http://other/'])).stdout).toBe('');
  const cut = await asked(['keys', '--limit', '1']);
  expect(cut.stdout.trim().split('\n')).toHaveLength(1);
  expect(cut.stderr).toContain('more than 1');
});

it.each([
  ['1|http|https|a.example|/x?y=1|2', { url: 'https://a.example/x?y=1|2', kind: 'url' }],
  ['1|http|http|a|/x\nen', { url: 'http://a/x', kind: 'variant' }],
  ['1|http|http|a|/long\0hash', { url: 'http://a/long…', kind: 'hashed' }],
  ['other', { url: 'other', kind: 'other' }],
])('reads the key %j', (key, row) => {
  expect(readKey(key)).toStrictEqual(row);
});

it('purges by the purge route of a server', async () => {
  const { cache, origin, status } = await program();
  await status('/a/1');
  const server = ['--server', `${origin}/_purge`];
  const done = await cache(['purge', '--url', '/a/1', ...server, '--token', 't0k', '--json']);
  expect([done.code, done.json()]).toStrictEqual([0, { purged: 1, ok: true }]);
  const named = { env: { CATZILLA_PURGE_TOKEN: 't0k' } };
  expect((await cache(['purge', '--tag', 'as', ...server], named)).code).toBe(0);
  const refused = await cache(['purge', '--url', '/a/1', ...server, '--token', 'wrong-one']);
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain(`${origin}/_purge did not purge: HTTP status 403`);
  expect(refused.stderr).not.toContain('wrong-one');
  const wrong = await cache(['purge', '--url', 'nonsense', ...server, '--token', 't0k', '--json']);
  expect(JSON.parse(wrong.stderr)).toMatchObject({ error: { code: 'CATZ_CLI_HTTP' } });
});

it('follows no redirect with the token, and tells of a server that is not there', async () => {
  const { cache } = await program();
  const app = Fastify();
  onTestFinished(() => app.close());
  let seen = 0;
  app.post('/_purge', async (_request, reply) => reply.redirect('/there', 307));
  app.post('/there', async () => seen++);
  app.post('/odd', async () => 'ok');
  const origin = await app.listen({ host: '127.0.0.1', port: 0 });
  const ask = (url: string) => cache(['purge', '--url', '/a', '--server', url, '--token', 't']);
  expect((await ask(`${origin}/_purge`)).stderr).toContain('HTTP status 307');
  expect(seen).toBe(0);
  expect((await ask(`${origin}/odd`)).stderr).toContain('HTTP status 200');
  expect((await ask(`${await freeOrigin()}/_purge`)).stderr).toMatch(
    /did not purge: .*ECONNREFUSED/,
  );
  expect((await ask('ftp://x')).code).toBe(2);
});

async function freeOrigin(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return `http://127.0.0.1:${port}`;
}

it.each([
  [['stat'], 'unknown action "stat", did you mean stats?'],
  [['zzz'], 'known are stats, purge, warm, keys'],
  [['stats', 'x'], 'expected nothing behind stats, got 1'],
  [['warm'], 'expected <urls.txt> behind warm, got 0'],
  [['stats', '--all'], 'expected no --all'],
  [['purge'], 'expected one of --tag, --url, --pattern and --all'],
  [['purge', '--all', '--tag', 'x'], '--all to stand alone'],
  [['purge', '--tag', 'x', '--yes'], '--yes beside --all only'],
  [['purge', '--tag', 'x', '--token', 'x'], '--token beside --server only'],
  [['keys', '--limit', '0'], '--limit to be a whole number from 1 to 10000'],
  [['warm', 'x', '--concurrency', 'a'], '--concurrency to be a whole number'],
  [['warm', 'x', '--timeout', '0'], '--timeout to be a whole number from 1 to 500000'],
])('refuses cache %j as a mistake: CATZ_CLI_USAGE', async (args, words) => {
  const { code, stdout, stderr } = await run(['cache', ...args]);
  expect([code, stdout]).toStrictEqual([2, '']);
  expect(stderr).toContain(words);
});

it('tells of a file that cannot be read, and of one without URLs: CATZ_CLI_FILE', async () => {
  const { asked, directory } = await program();
  const missing = await asked(['warm', join(directory, 'none'), '--json']);
  expect(missing.code).toBe(1);
  expect(JSON.parse(missing.stderr)).toMatchObject({ error: { code: 'CATZ_CLI_FILE' } });
  expect((await asked(['warm', '-'], { input: '# none' })).stderr).toContain('it has no URLs');
});

it('finds the program by its file, and the only one without a name', async () => {
  const { app, cache, env, file } = await program();
  expect((await cache(['keys'])).stderr).toContain('no program runs here that could be asked');
  process.env['XDG_RUNTIME_DIR'] = env.XDG_RUNTIME_DIR;
  onTestFinished(() => void delete process.env['XDG_RUNTIME_DIR']);
  await serveControl(app, { file });
  expect((await cache(['keys'])).code).toBe(0);
  expect((await cache(['keys', '--app', 'app.js'])).code).toBe(0);
  const other = await cache(['keys', '--app', 'other.js', '--json']);
  expect(JSON.parse(other.stderr)).toMatchObject({
    error: { code: 'CATZ_CLI_CONTROL', message: 'no program of other.js runs here' },
  });
  await serveControl(app, { file: join(env.XDG_RUNTIME_DIR, 'b.js') });
  const both = await cache(['keys']);
  expect(both.code).toBe(1);
  expect(both.stderr).toContain(`name one with --app: ${file}, `);
});

it('closes its socket with the application', async () => {
  const { app, asked, socket } = await program();
  expect((await asked(['keys'])).code).toBe(0);
  await app.close();
  await expect(ControlClient.open(socket)).rejects.toMatchObject({ code: 'CATZ_CLI_CONTROL' });
});

it('tells an application without a cache, and one that knows no such command', async () => {
  const directory = await folder();
  const app = await createApp({ ...noLog, cache: false });
  onTestFinished(() => app.close());
  await app.listen({ host: '127.0.0.1', port: 0 });
  const socket = join(directory, 's');
  await serveControl(app, { socket });
  const { code, stderr } = await run(['cache', 'stats', '--socket', socket]);
  expect(code).toBe(1);
  expect(stderr).toContain('has no response cache');
  const client = await ControlClient.open(socket);
  onTestFinished(() => client.close());
  const ask = (command: string, args: unknown = {}) =>
    client.ask(command, args, { timeout: 60_000 });
  await expect(ask('constructor')).rejects.toThrow('does not know this command');
  expect(await ask('state')).toStrictEqual({ state: 'ready' });
});

it('checks what comes over the socket', async () => {
  const { socket } = await program();
  const client = await ControlClient.open(socket);
  onTestFinished(() => client.close());
  const ask = (command: string, args: unknown = {}) =>
    client.ask(command, args, { timeout: 60_000 });
  await expect(ask('cache.purge', {})).rejects.toThrow('expected args to name');
  await expect(ask('cache.purge', { tag: ['x'] })).rejects.toMatchObject({
    code: 'CATZ_CLI_CONTROL',
  });
  await expect(ask('cache.keys', { limit: 1e9 })).rejects.toMatchObject({
    code: 'CATZ_CLI_CONTROL',
  });
  await expect(ask('cache.purge', { urls: ['x y'] })).rejects.toMatchObject({
    code: 'CATZ_FASTIFY_CACHE_BAD_URL',
  });
});
