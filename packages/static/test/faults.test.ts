// What goes wrong: said as what it is, and never with what was to be said of the file.
import { symlinkSync, writeFileSync } from 'node:fs';
import type * as Promises from 'node:fs/promises';
import { join } from 'node:path';
import Fastify from 'fastify';
import { afterAll, afterEach, expect, it, vi } from 'vitest';
import { staticFiles } from '../src/index.ts';
import { closeApps, listen, raw, serve } from './support/app.ts';
import { folderOf, removeFolders, settled } from './support/folder.ts';

let fault: Error | undefined;

vi.mock(import('node:fs/promises'), async (original) => {
  const module = await original();
  const open = (...args: Parameters<typeof Promises.open>) =>
    fault === undefined ? module.open(...args) : Promise.reject(fault);
  return { ...module, open };
});

afterEach(closeApps);
afterEach(() => {
  fault = undefined;
});
afterAll(removeFolders);

const text = 'what goes wrong goes wrong. '.repeat(100);

it.each([
  ['EMFILE', 503],
  ['EIO', 503],
  ['EACCES', 404],
  ['ENOENT', 404],
])('a read that fails by %s is %i', async (code, status) => {
  const app = await serve({ root: folderOf({ 'a.txt': text }) });
  fault = Object.assign(new Error(`${code}: /secret/path`), { code });
  const answer = await app.inject('/a.txt');
  expect(answer.statusCode).toBe(status);
  expect(answer.body).not.toContain('/secret/path');
  if (status === 503) expect(answer.json()).toMatchObject({ code: 'CATZ_STATIC_UNREADABLE' });
  fault = undefined;
  expect((await app.inject('/a.txt')).statusCode).toBe(200);
});

it.each(['noCompress', 'immutable', 'headers'] as const)(
  'a function of the option %s that throws is told as such, and nothing of the file is said',
  async (name) => {
    const root = folderOf({ 'a.3f2a9c1b.js': text });
    await settled(root, 'a.3f2a9c1b.js');
    const thrower = (): never => {
      throw new Error('mistake');
    };
    const app = await serve({ root, [name]: thrower });
    const headers = { 'accept-encoding': 'br' };
    const answer = await app.inject({ url: '/a.3f2a9c1b.js', headers });
    expect(answer.statusCode).toBe(500);
    expect(answer.json()).toMatchObject({ message: 'mistake' });
    for (const field of ['cache-control', 'content-encoding', 'etag', 'last-modified']) {
      expect(answer.headers[field], field).toBeUndefined();
    }
  },
);

it.each([1_000_000, 100])(
  'a range of nothing is kept by nobody, up to %i bytes',
  async (maxFileBytes) => {
    const root = folderOf({ 'a.3f2a9c1b.js': text });
    await settled(root, 'a.3f2a9c1b.js');
    const app = await serve({ root, maxFileBytes });
    const headers = { range: 'bytes=99999999-' };
    const answer = await app.inject({ url: '/a.3f2a9c1b.js', headers });
    expect(answer.statusCode).toBe(416);
    expect(answer.headers['cache-control'] ?? 'no-store').toBe('no-store');
    expect(answer.headers['etag']).toBeUndefined();
  },
);

it('a path that is longer than any file can have fills no log', async () => {
  const lines: unknown[] = [];
  const app = Fastify({
    logger: { level: 'warn', stream: { write: (line: string) => void lines.push(line) } },
  });
  await app.register(staticFiles, { root: folderOf({ 'a.txt': 'a' }) });
  expect((await app.inject(`/${'sub/'.repeat(2000)}a.txt`)).statusCode).toBe(404);
  expect((await app.inject('/a.txt/b.txt')).statusCode).toBe(404);
  expect(lines).toEqual([]);
  await app.close();
});

it('an index is forgotten by its own path, and others are not by the beginning of a name', async () => {
  const root = folderOf({ 'index.html': 'old', 'docs/index.html': 'old', a: 'a', 'a.js': 'a' });
  await settled(root, 'a.js');
  const app = await serve({ root, revalidate: false });
  for (const url of ['/', '/docs/', '/a', '/a.js']) await app.inject(url);
  for (const path of ['index.html', 'docs/index.html']) writeFileSync(join(root, path), 'new');
  expect((await app.inject('/docs/')).body).toBe('old');
  expect(app.static.purge('docs/index.html')).toBe(1);
  expect(app.static.purge('index.html')).toBe(1);
  expect((await app.inject('/docs/')).body).toBe('new');
  expect((await app.inject('/')).body).toBe('new');
  expect(app.static.purge('a.')).toBe(1);
});

it('is found below every prefix that a router takes', async () => {
  const root = folderOf({ 'a.txt': 'a', 'sub/index.html': 'sub' });
  for (const [context, prefix, url] of [
    ['/v1/', '/x', '/v1/x/a.txt'],
    ['/v1', '/x/', '/v1/x/a.txt'],
    ['/', '/größe', '/gr%C3%B6%C3%9Fe/a.txt'],
  ] as const) {
    const app = Fastify();
    await app.register(
      async (scope) => {
        await scope.register(staticFiles, { root, prefix });
      },
      {
        prefix: context,
      },
    );
    expect((await app.inject(url)).body, url).toBe('a');
    await app.close();
  }
  const app = await serve({ root });
  const port = await listen(app);
  expect(await raw(port, 'http://localhost/a.txt')).toMatch(/\r\n\r\na$/);
});

it('sends to the folder by a relative path, which holds behind whatever was cut off before', async () => {
  const root = folderOf({ 'deep/sub/index.html': 'sub' });
  const app = Fastify({ rewriteUrl: ({ url = '/' }) => url.replace(/^\/app/, '') });
  await app.register(staticFiles, { root });
  const answer = await app.inject('/app/deep/sub?x=/y');
  expect([answer.statusCode, answer.headers.location]).toEqual([301, './sub/?x=/y']);
  await app.close();
});

it('the fallback says that it depends on what is accepted, and so does a 404 in its place', async () => {
  const root = folderOf({ 'app.html': text });
  await settled(root, 'app.html');
  const app = await serve({ root, fallback: 'app.html' });
  const answer = await app.inject({ url: '/deep', headers: { accept: 'text/html' } });
  expect(answer.headers.vary).toBe('Accept, Accept-Encoding');
  const none = await app.inject({ url: '/deep', headers: { accept: '*/*' } });
  expect([none.statusCode, none.headers.vary]).toEqual([404, 'Accept']);
});

it('a link to a name that differs in case alone is a link all the same', async () => {
  const root = folderOf({ 'logo.png': 'x' });
  symlinkSync('logo.png', join(root, 'Logo.png'));
  const app = await serve({ root });
  expect((await app.inject('/Logo.png')).body).toBe('x');
});
