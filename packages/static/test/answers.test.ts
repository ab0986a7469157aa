// What an answer says: types, tags, conditions, ranges and codings (RFC 9110 12.5.3, 13, 14).
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { FastifyInstance } from 'fastify';
import { AVAILABLE } from '../src/variant/codings.ts';
import { closeApps, listen, raw, serve } from './support/app.ts';
import { folderOf, noise, removeFolders, settled } from './support/folder.ts';

const text = 'all work and no play makes a dull file. '.repeat(200);
const root = folderOf({
  'a.txt': text,
  'small.txt': 'small',
  'empty.txt': '',
  'page.html': '<p>',
  'data.json': JSON.stringify({ text }),
  'icon.svg': `<svg>${text}</svg>`,
  'photo.png': noise(3000),
  'noise.txt': noise(3000).toString('base64'),
  'x.woff2': Buffer.alloc(2000),
  'what.is-this': 'x',
  'm.mjs': 'export {}',
  'b.wasm': Buffer.alloc(10),
});

beforeAll(() => settled(root, 'b.wasm'));
afterEach(closeApps);
afterAll(removeFolders);

const get = (app: FastifyInstance, url: string, headers: Record<string, string> = {}) =>
  app.inject({ url, headers });

describe('a file', () => {
  it.each([
    ['/a.txt', 'text/plain; charset=utf-8'],
    ['/page.html', 'text/html; charset=utf-8'],
    ['/data.json', 'application/json; charset=utf-8'],
    ['/m.mjs', 'text/javascript; charset=utf-8'],
    ['/icon.svg', 'image/svg+xml; charset=utf-8'],
    ['/photo.png', 'image/png'],
    ['/b.wasm', 'application/wasm'],
    ['/what.is-this', 'application/octet-stream'],
  ])('%s has the type %s', async (url, type) => {
    const app = await serve({ root });
    expect((await get(app, url)).headers['content-type']).toBe(type);
  });

  it('has a length, a strong tag, a date of change, and is to be asked for again', async () => {
    const app = await serve({ root });
    const { headers, body } = await get(app, '/a.txt');
    expect(body).toBe(text);
    const mtime = Math.floor(statSync(join(root, 'a.txt')).mtimeMs / 1000) * 1000;
    expect(headers).toMatchObject({
      'content-length': String(text.length),
      'cache-control': 'public, max-age=0',
      'last-modified': new Date(mtime).toUTCString(),
      'accept-ranges': 'bytes',
      vary: 'Accept-Encoding',
    });
    expect(headers.etag).toMatch(/^"[\w-]{22}"$/);
    expect(headers['content-encoding']).toBeUndefined();
  });

  it('may be empty', async () => {
    const app = await serve({ root });
    const answer = await get(app, '/empty.txt', { range: 'bytes=-5' });
    expect([answer.statusCode, answer.headers['content-length'], answer.body]).toEqual([
      200,
      '0',
      '',
    ]);
  });

  it('is answered to HEAD with the same head', async () => {
    const app = await serve({ root });
    const port = await listen(app);
    const full = await raw(port, '/a.txt');
    const head = await raw(port, '/a.txt', 'HEAD');
    const end = full.indexOf('\r\n\r\n') + 4;
    expect(head.replace(/Date: .*/i, '')).toBe(full.slice(0, end).replace(/Date: .*/i, ''));
  });

  it('is read once, however many ask at the same time', async () => {
    const app = await serve({ root });
    const answers = await Promise.all(Array.from({ length: 20 }, () => get(app, '/a.txt')));
    expect(answers.every(({ body }) => body === text)).toBe(true);
    expect(app.static.stats()).toMatchObject({ reads: 1, hits: 20, files: 1 });
  });
});

describe('conditions', () => {
  it('give 304 with tag, vary and cache-control, and nothing of the content', async () => {
    const app = await serve({ root });
    const { headers } = await get(app, '/a.txt');
    const answer = await get(app, '/a.txt', { 'if-none-match': String(headers.etag) });
    expect(answer.statusCode).toBe(304);
    expect(answer.body).toBe('');
    expect(answer.headers).toMatchObject({
      etag: headers.etag,
      vary: 'Accept-Encoding',
      'cache-control': 'public, max-age=0',
    });
    expect(answer.headers['content-type']).toBeUndefined();
    expect(answer.headers['last-modified']).toBeUndefined();
    expect(app.static.stats().notModified).toBe(1);
  });

  it('go by the tag of the variant, and by the date without one', async () => {
    const app = await serve({ root });
    const { headers } = await get(app, '/a.txt');
    const br = await get(app, '/a.txt', { 'accept-encoding': 'br' });
    const tag = String(br.headers.etag);
    expect(tag).toBe(`W/${String(headers.etag).slice(0, -1)}-br"`);
    const ask = (extra: Record<string, string>) =>
      get(app, '/a.txt', { 'accept-encoding': 'br', ...extra }).then((a) => a.statusCode);
    expect(await ask({ 'if-none-match': tag })).toBe(304);
    expect(await ask({ 'if-none-match': String(headers.etag) })).toBe(200);
    expect(await ask({ 'if-none-match': '*' })).toBe(304);
    const date = String(headers['last-modified']);
    expect(await ask({ 'if-modified-since': date })).toBe(304);
    expect(
      await ask({ 'if-modified-since': new Date(Date.parse(date) - 1000).toUTCString() }),
    ).toBe(200);
    expect(await ask({ 'if-none-match': '"x"', 'if-modified-since': date })).toBe(200);
  });

  it('of a change give 412 with a code', async () => {
    const app = await serve({ root });
    const answer = await get(app, '/a.txt', { 'if-match': '"x"' });
    expect(answer.statusCode).toBe(412);
    expect(answer.json()).toMatchObject({ code: 'CATZ_STATIC_PRECONDITION' });
    const old = new Date(0).toUTCString();
    expect((await get(app, '/a.txt', { 'if-unmodified-since': old })).statusCode).toBe(412);
    expect((await get(app, '/a.txt', { 'if-match': '*' })).statusCode).toBe(200);
  });
});

describe('ranges', () => {
  it.each([
    ['bytes=0-3', 206, text.slice(0, 4), 'bytes 0-3/8000'],
    ['bytes=7990-', 206, text.slice(7990), 'bytes 7990-7999/8000'],
    ['bytes=-4', 206, text.slice(-4), 'bytes 7996-7999/8000'],
    ['bytes=7999-99999', 206, text.slice(7999), 'bytes 7999-7999/8000'],
    ['bytes=8000-', 416, '', 'bytes */8000'],
    ['bytes=0-1,5-6', 200, text, undefined],
    ['bytes=5-1', 200, text, undefined],
    ['lines=1-2', 200, text, undefined],
  ])('%s gives %i', async (range, status, body, contentRange) => {
    const app = await serve({ root });
    const answer = await get(app, '/a.txt', { range, 'accept-encoding': 'br' });
    expect(answer.statusCode).toBe(status);
    expect(answer.body).toBe(body);
    expect(answer.headers['content-range']).toBe(contentRange);
    expect(answer.headers['content-encoding']).toBeUndefined();
  });

  it('are whole when If-Range names another state', async () => {
    const app = await serve({ root });
    const { headers } = await get(app, '/a.txt');
    const ask = (ifRange: unknown) =>
      get(app, '/a.txt', { range: 'bytes=0-3', 'if-range': String(ifRange) }).then(
        (a) => a.statusCode,
      );
    expect(await ask(headers.etag)).toBe(206);
    expect(await ask('"x"')).toBe(200);
    expect(await ask(`W/${String(headers.etag)}`)).toBe(200);
  });

  it('are ignored with HEAD', async () => {
    const app = await serve({ root });
    const answer = await app.inject({
      method: 'HEAD',
      url: '/a.txt',
      headers: { range: 'bytes=0-3' },
    });
    expect([answer.statusCode, answer.headers['content-length']]).toEqual([200, '8000']);
    const headers = { range: 'bytes=0-3', 'accept-encoding': 'br' };
    const encoded = await app.inject({ method: 'HEAD', url: '/a.txt', headers });
    expect(encoded.headers['content-encoding']).toBe('br');
  });
});

describe('codings', () => {
  const decode = { br: brotliDecompressSync, gzip: gunzipSync };

  it.each(['br', 'gzip'] as const)(
    '%s is made once, and what comes out is the file',
    async (coding) => {
      const app = await serve({ root, recompress: false });
      for (let i = 0; i < 3; i++) {
        const answer = await get(app, '/data.json', { 'accept-encoding': coding });
        expect(answer.headers['content-encoding']).toBe(coding);
        expect(answer.headers['content-length']).toBe(String(answer.rawPayload.length));
        expect(answer.rawPayload.length).toBeLessThan(1000);
        expect(decode[coding](answer.rawPayload).toString()).toBe(JSON.stringify({ text }));
        expect(answer.headers.vary).toBe('Accept-Encoding');
        expect(answer.headers['accept-ranges']).toBeUndefined();
      }
      expect(app.static.stats().compressed).toBeLessThanOrEqual(1);
    },
  );

  it('is the favourite of the server among those that are wished alike', async () => {
    const all = 'gzip, deflate, br, zstd';
    const app = await serve({ root });
    expect((await get(app, '/a.txt', { 'accept-encoding': all })).headers['content-encoding']).toBe(
      'br',
    );
    const other = await serve({ root, encodings: ['gzip'] });
    expect(
      (await get(other, '/a.txt', { 'accept-encoding': all })).headers['content-encoding'],
    ).toBe('gzip');
    for (const encodings of [[], false] as const) {
      const none = await serve({ root, encodings });
      const answer = await get(none, '/a.txt', { 'accept-encoding': all });
      expect(answer.headers['content-encoding']).toBeUndefined();
    }
  });

  it('is zstd where Node has it', async (context) => {
    if (!AVAILABLE.includes('zstd')) context.skip('this Node has no zstd');
    const app = await serve({ root });
    const answer = await get(app, '/a.txt', { 'accept-encoding': 'zstd' });
    expect(answer.headers['content-encoding']).toBe('zstd');
    expect(answer.rawPayload.readUInt32LE(0)).toBe(0xfd2fb528);
  });

  it('is none for what is small, packed already, or does not shrink', async () => {
    const app = await serve({ root });
    for (const url of ['/small.txt', '/photo.png', '/x.woff2']) {
      const answer = await get(app, url, { 'accept-encoding': 'br' });
      expect(answer.headers['content-encoding'], url).toBeUndefined();
      expect(answer.headers.vary, url).toBeUndefined();
    }
    expect(app.static.stats().compressed).toBe(0);
    const noise = await get(app, '/noise.txt', { 'accept-encoding': 'gzip' });
    expect(noise.headers['content-encoding']).toBe('gzip');
  });

  it('is not tried again where it saved nothing', async () => {
    const folder = folderOf({ 'r.svg': noise(4000) });
    await settled(folder, 'r.svg');
    const app = await serve({ root: folder });
    for (let i = 0; i < 3; i++) {
      const { headers } = await get(app, '/r.svg', { 'accept-encoding': 'gzip' });
      expect(headers['content-encoding']).toBeUndefined();
    }
    expect(app.static.stats().compressed).toBe(1);
  });

  it('is 406 with a code where nothing is accepted', async () => {
    const app = await serve({ root });
    const answer = await get(app, '/photo.png', { 'accept-encoding': 'br, identity;q=0' });
    expect(answer.statusCode).toBe(406);
    expect(answer.json()).toMatchObject({ code: 'CATZ_STATIC_NOT_ACCEPTABLE' });
    expect((await get(app, '/a.txt', { 'accept-encoding': 'br, identity;q=0' })).statusCode).toBe(
      200,
    );
  });

  it('adds to the Vary that others have set', async () => {
    const app = await serve({ root });
    app.addHook('onRequest', async (_request, reply) => void reply.header('vary', 'Origin'));
    expect((await get(app, '/a.txt')).headers.vary).toBe('Origin, Accept-Encoding');
    expect((await get(app, '/photo.png')).headers.vary).toBe('Origin');
  });
});
