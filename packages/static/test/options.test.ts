// Every option, by what is different with it, and every mistake in one, by its code.
import { symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { pathToFileURL } from 'node:url';
import { brotliCompressSync, brotliDecompressSync, constants } from 'node:zlib';
import Fastify from 'fastify';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { hasContentHash } from '../src/answer/content-hash.ts';
import { staticFiles } from '../src/index.ts';
import type { StaticOptions } from '../src/index.ts';
import { closeApps, serve } from './support/app.ts';
import { folderOf, noise, removeFolders, settled, write } from './support/folder.ts';

afterEach(closeApps);
afterAll(removeFolders);

const text = 'once upon a time there was a file. '.repeat(100);
setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;
const br = { 'accept-encoding': 'br' };

describe('mistakes', () => {
  const root = folderOf({ 'file.txt': 'x' });
  it.each([
    [{}, 'expected options.root to be an absolute path, a file: URL, or a list of such'],
    [{ root: 'public' }, 'expected options.root to be an absolute path'],
    [{ root: [] }, 'expected options.root to be'],
    [{ root: new URL('http://localhost/') }, 'expected options.root to be'],
    [{ root, prefix: 'x' }, 'expected options.prefix to be a path that begins with a slash'],
    [{ root, prefix: '/:tenant' }, 'expected options.prefix to be the same for all requests'],
    [
      { root, maxBytes: 10 },
      'expected options.maxBytes to be an integer of at least 1048576, got 10',
    ],
    [
      { root, maxFileBytes: 2 ** 30 },
      'to be at most a quarter of maxBytes, 16777216, got 1073741824',
    ],
    [{ root, encodings: ['deflate'] }, 'expected options.encodings[0] to be "br"'],
    [{ root, revalidate: -1 }, 'expected options.revalidate to be'],
    [{ root, immutable: 'yes' }, 'expected options.immutable to be a RegExp, a function or false'],
    [{ root, index: ['../x'] }, 'expected options.index[0] to be the name of a file'],
    [
      { root, fallback: '../x' },
      'expected options.fallback to be the path of a file below the root',
    ],
    [{ root, dotfile: 'deny' }, 'unknown option options.dotfile, did you mean dotfiles?'],
    [{ root, list: true }, 'unknown option options.list'],
    [{ root, recompress: { afterHits: 0 } }, 'expected options.recompress.afterHits'],
  ])('%j is refused', async (options, message) => {
    const app = Fastify();
    const registered = async (): Promise<void> => {
      await app.register(staticFiles, options as StaticOptions);
    };
    await expect(registered()).rejects.toMatchObject({
      code: 'CATZ_STATIC_OPTIONS',
      message: expect.stringContaining(message) as string,
    });
    await app.close();
  });

  it.each(['absent', 'file.txt'])('a root that is no folder is refused: %s', async (name) => {
    const app = Fastify();
    const registered = async (): Promise<void> => {
      await app.register(staticFiles, { root: join(root, name) });
    };
    await expect(registered()).rejects.toMatchObject({
      code: 'CATZ_STATIC_ROOT',
      cause: expect.any(Error) as Error,
    });
    await app.close();
  });
});

describe('root', () => {
  it('may be a URL', async () => {
    const root = folderOf({ 'a.txt': 'a' });
    const app = await serve({ root: pathToFileURL(root) });
    expect((await app.inject('/a.txt')).body).toBe('a');
  });
});

describe('index', () => {
  const root = folderOf({
    'index.html': 'home',
    'sub/index.html': 'sub',
    'sub/home.htm': 'other',
    'bare/a.txt': 'a',
  });
  it('stands for its folder, which is asked for with a slash', async () => {
    const app = await serve({ root });
    expect((await app.inject('/')).body).toBe('home');
    expect((await app.inject('/sub/')).body).toBe('sub');
    const answer = await app.inject('/sub?a=/b');
    expect([answer.statusCode, answer.headers.location]).toEqual([301, './sub/?a=/b']);
    expect((await app.inject('/bare')).statusCode).toBe(404);
    expect((await app.inject('/bare/')).statusCode).toBe(404);
  });
  it('may be other files, in order, or none', async () => {
    const other = await serve({ root, index: ['absent.html', 'home.htm'] });
    expect((await other.inject('/sub/')).body).toBe('other');
    const none = await serve({ root, index: false });
    expect((await none.inject('/')).statusCode).toBe(404);
    expect((await none.inject('/sub')).statusCode).toBe(404);
  });
});

describe('fallback', () => {
  const root = folderOf({ 'app.html': 'app', 'a.js': 'js' });
  const html = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };
  it('answers navigations where there is no file', async () => {
    const app = await serve({ root, fallback: 'app.html', index: false });
    const get = (url: string, headers = {}) => app.inject({ url, headers });
    expect(await get('/deep/link', html)).toMatchObject({ statusCode: 200, body: 'app' });
    expect((await get('/', html)).body).toBe('app');
    expect((await get('/a.js', html)).body).toBe('js');
    expect((await get('/missing.js', { accept: '*/*' })).statusCode).toBe(404);
    expect((await get('/deep/link')).statusCode).toBe(404);
    expect((await get('/%00', html)).statusCode).toBe(403);
    expect((await app.inject({ method: 'POST', url: '/x', headers: html })).statusCode).toBe(404);
  });
  it('that is not there is 404, not a loop', async () => {
    const app = await serve({ root, fallback: 'absent.html' });
    expect((await app.inject({ url: '/deep', headers: html })).statusCode).toBe(404);
  });
  it.each([
    ['absent.html', 1],
    ['sub', 1],
    ['app.html', 0],
    [false, 0],
  ] as const)('at %j is told in the log, where it is no file', async (fallback, times) => {
    const folder = folderOf({ 'app.html': 'app', 'sub/index.html': 'sub' });
    const app = Fastify({ logger: { level: 'silent' } });
    const warn = vi.spyOn(app.log, 'warn');
    await app.register(staticFiles, { root: folder, fallback });
    expect(warn.mock.calls).toEqual(
      Array.from({ length: times }, () => [
        { fallback },
        'static files: there is no file at options.fallback',
      ]),
    );
    await app.close();
  });
  it('false is none', async () => {
    const app = await serve({ root, fallback: false });
    expect((await app.inject({ url: '/deep', headers: html })).statusCode).toBe(404);
  });
});

describe('maxFileBytes', () => {
  it('makes larger files stream, with ranges, never compressed, never stale', async () => {
    const root = folderOf({ 'big.txt': text });
    await settled(root, 'big.txt');
    const app = await serve({ root, maxFileBytes: 1000 });
    const answer = await app.inject({ url: '/big.txt', headers: br });
    expect(answer.body).toBe(text);
    expect(answer.headers).toMatchObject({ 'cache-control': 'public, max-age=0' });
    expect(answer.headers['content-encoding']).toBeUndefined();
    const part = await app.inject({ url: '/big.txt', headers: { range: 'bytes=0-3' } });
    expect([part.statusCode, part.body]).toEqual([206, 'once']);
    write(root, 'big.txt', `${text}!`);
    expect((await app.inject('/big.txt')).body).toBe(`${text}!`);
    expect(app.static.stats()).toMatchObject({ streamed: 3, hits: 0, files: 0 });
  });
  it('streams what a link leads to, too, and links are judged before', async () => {
    const outside = folderOf({ 'big.txt': text });
    const root = folderOf({ 'real.txt': text });
    symlinkSync('real.txt', join(root, 'in.txt'));
    symlinkSync(join(outside, 'big.txt'), join(root, 'out.txt'));
    const app = await serve({ root, maxFileBytes: 1000 });
    expect((await app.inject('/in.txt')).body).toBe(text);
    expect((await app.inject('/out.txt')).statusCode).toBe(404);
    const follow = await serve({ root, maxFileBytes: 1000, symlinks: 'follow' });
    expect((await follow.inject('/out.txt')).body).toBe(text);
  });
});

describe('maxBytes', () => {
  it('bounds what is kept: what was evicted is read and made again', async () => {
    const files = Object.fromEntries(
      Array.from({ length: 40 }, (_, i) => [`${i}.svg`, `${i}${noise(50_000).toString('hex')}`]),
    );
    const root = folderOf(files);
    await settled(root, '39.svg');
    const app = await serve({ root, maxBytes: 1024 * 1024 });
    for (let round = 0; round < 3; round++) {
      collect();
      for (const [name, content] of Object.entries(files)) {
        const answer = await app.inject({ url: `/${name}`, headers: br });
        expect(brotliDecompressSync(answer.rawPayload).toString() === content, name).toBe(true);
        expect((await app.inject(`/${name}`)).body === content, name).toBe(true);
      }
    }
    expect(app.static.stats().reads).toBeGreaterThan(40);
  });
});

describe('minCompressBytes', () => {
  it('leaves smaller files as they are', async () => {
    const root = folderOf({ 'a.txt': 'a'.repeat(100) });
    await settled(root, 'a.txt');
    const some = await serve({ root, minCompressBytes: 100 });
    expect((await some.inject({ url: '/a.txt', headers: br })).headers['content-encoding']).toBe(
      'br',
    );
    const none = await serve({ root, minCompressBytes: 101 });
    const answer = await none.inject({ url: '/a.txt', headers: br });
    expect(answer.headers['content-encoding']).toBeUndefined();
  });
});

describe('noCompress', () => {
  it('is asked by the path below the root', async () => {
    const root = folderOf({ 'sub/a.txt': text, 'b.txt': text });
    await settled(root, 'b.txt');
    const noCompress = vi.fn((path: string) => path === 'sub/a.txt');
    const app = await serve({ root, noCompress });
    expect((await app.inject({ url: '/sub/a.txt', headers: br })).headers.vary).toBeUndefined();
    expect((await app.inject({ url: '/b.txt', headers: br })).headers.vary).toBe('Accept-Encoding');
    expect(noCompress.mock.calls).toEqual([['sub/a.txt'], ['b.txt']]);
  });
});

describe('recompress', () => {
  const content = JSON.stringify(
    Array.from({ length: 500 }, (_, i) => ({ id: i, name: `n${i * i}` })),
  );
  const smallest = brotliCompressSync(content, {
    params: { [constants.BROTLI_PARAM_SIZE_HINT]: Buffer.byteLength(content) },
  }).length;
  const open = async (options: Partial<StaticOptions>, name: string) => {
    const root = folderOf({ [name]: `${content}\n//${name}` });
    await settled(root, name);
    const app = await serve({ root, ...options });
    const ask = async (): Promise<number> => {
      const { rawPayload } = await app.inject({ url: `/${name}`, headers: br });
      expect(brotliDecompressSync(rawPayload).toString()).toBe(`${content}\n//${name}`);
      return rawPayload.length;
    };
    return { app, ask };
  };
  it('makes what is asked for often as small as it gets, once there is time', async () => {
    const { app, ask } = await open({ recompress: { afterHits: 3 } }, 'a.json');
    const first = await ask();
    expect([await ask(), app.static.stats().recompressed]).toEqual([first, 0]);
    const isMade = async (): Promise<void> => {
      await ask();
      expect(app.static.stats().recompressed).toBe(1);
    };
    await vi.waitFor(isMade, { interval: 20 });
    const last = await ask();
    expect(last).toBeLessThan(first);
    expect(Math.abs(last - smallest)).toBeLessThan(100);
    expect(app.static.stats().compressed).toBe(2);
  });
  it.each([
    ['false', false],
    ['a large file', { maxBytes: 100 }],
    ['too few who asked', { afterHits: 50 }],
  ] as const)('is left out: %s', async (name, recompress) => {
    const { app, ask } = await open({ recompress }, `${name.replaceAll(' ', '-')}.json`);
    const lengths = new Set<number>();
    for (let i = 0; i < 8; i++) {
      lengths.add(await ask());
      await setTimeout(5); // time in which it would be begun
    }
    await app.close();
    expect([lengths.size, app.static.stats().recompressed]).toEqual([1, 0]);
  });
});

describe('revalidate', () => {
  const change = async (revalidate: number | false): Promise<string[]> => {
    const root = folderOf({ 'a.txt': 'old' });
    await settled(root, 'a.txt');
    const app = await serve({ root, revalidate });
    const get = async (): Promise<string> => (await app.inject('/a.txt')).body;
    const bodies = [await get()];
    writeFileSync(join(root, 'a.txt'), 'new');
    bodies.push(await get());
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 60_001 });
    bodies.push(await get());
    vi.useRealTimers();
    app.static.purge('b');
    bodies.push(await get());
    expect(app.static.purge('')).toBeLessThanOrEqual(1);
    bodies.push(await get());
    return bodies;
  };
  it('0 looks in each request', async () => {
    expect(await change(0)).toEqual(['old', 'new', 'new', 'new', 'new']);
  });
  it('a time lets a change go unseen for so long', async () => {
    expect(await change(60_000)).toEqual(['old', 'old', 'new', 'new', 'new']);
  });
  it('false never looks again, until a purge', async () => {
    expect(await change(false)).toEqual(['old', 'old', 'old', 'old', 'new']);
  });
});

describe('maxAge and immutable', () => {
  const root = folderOf({ 'app-1a2b3c4d.js': '1', 'b.js': '2' });
  it('say how long clients may keep a file', async () => {
    const app = await serve({ root, maxAge: 90_500 });
    expect((await app.inject('/b.js')).headers['cache-control']).toBe('public, max-age=90');
    expect((await app.inject('/app-1a2b3c4d.js')).headers['cache-control']).toBe(
      'public, max-age=31536000, immutable',
    );
  });
  it('immutable may be a test of the path, or nothing', async () => {
    const control = async (immutable: StaticOptions['immutable'], url: string): Promise<unknown> =>
      (await (await serve({ root, immutable })).inject(url)).headers['cache-control'];
    expect(await control(/^b\.js$/g, '/b.js')).toContain('immutable');
    expect(await control((path) => path === 'b.js', '/b.js')).toContain('immutable');
    expect(await control(false, '/app-1a2b3c4d.js')).not.toContain('immutable');
  });
  it.each([
    ['main.3f2a9c1b.js', true],
    ['css/app-1a2b3c4d5e6f7a8b.css', true],
    ['assets/index-BKx3fGfS.js', true],
    ['_next/static/chunks/a-Zk39xQw1.js', true],
    ['index.html', false],
    ['jquery-3.7.1.min.js', false],
    ['report-20240101.pdf', false],
    ['my-component.js', false],
    ['deadbeef.js', false],
    ['x-deadbeef.js', false],
    ['logo-Version2.svg', false],
    ['assets/background-image.png', false],
    ['assets/photo-2024-01-01.png', false],
  ])('by default %s: %s', (path, expected) => {
    expect(hasContentHash(path)).toBe(expected);
  });
});

describe('headers', () => {
  it('has the last word, with the path below the root', async () => {
    const root = folderOf({ 'sub/a.txt': text, 'big.txt': `${text}${text}` });
    const app = await serve({
      root,
      maxFileBytes: text.length,
      headers: (path, reply) =>
        void reply.header('x-path', path).header('cache-control', 'no-store'),
    });
    const answer = await app.inject('/sub/a.txt');
    expect(answer.headers).toMatchObject({ 'x-path': 'sub/a.txt', 'cache-control': 'no-store' });
    const again = await app.inject({ url: '/sub/a.txt', headers: { 'if-none-match': '*' } });
    expect([again.statusCode, again.headers['x-path']]).toEqual([304, 'sub/a.txt']);
    expect((await app.inject('/big.txt')).headers).toMatchObject({
      'x-path': 'big.txt',
      'cache-control': 'no-store',
      'content-type': 'text/plain; charset=utf-8',
    });
  });
});

describe('decorateReply', () => {
  it('gives replies sendFile and download', async () => {
    const root = folderOf({ 'a.txt': 'a' });
    const app = await serve({ root, prefix: '/files' });
    app.get('/one', (_request, reply) => reply.sendFile('a.txt'));
    expect((await app.inject('/one')).body).toBe('a');
  });
  it('leaves them out with false, and files that stream are streamed all the same', async () => {
    const root = folderOf({ 'a.txt': text });
    const app = await serve({ root, decorateReply: false, maxFileBytes: 10 });
    await app.ready();
    expect(app.hasReplyDecorator('sendFile')).toBe(false);
    expect((await app.inject('/a.txt')).body).toBe(text);
  });
  it('is satisfied with those that somebody else has put there', async () => {
    const root = folderOf({ 'a.txt': text });
    const { default: fastifyStatic } = await import('@fastify/static');
    const app = Fastify();
    await app.register(fastifyStatic, { root, prefix: '/theirs/' });
    await app.register(staticFiles, { root, maxFileBytes: 10 });
    await app.register(staticFiles, { root, prefix: '/second/' });
    expect((await app.inject('/a.txt')).body).toBe(text);
    expect((await app.inject('/theirs/a.txt')).body).toBe(text);
    expect((await app.inject('/second/a.txt')).body).toBe(text);
    await app.close();
  });
});
