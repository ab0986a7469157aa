// HEAD: of GET entries as Fastify answers it, of HEAD entries as they say, in whatever order they come.
import { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';
import { describe, expect, test } from 'vitest';
import { VERSIONS } from '../fastify/versions.ts';
import type { DynamicRoute } from '../../src/dynamic/route.ts';
import { makeTable, settle } from './apps.ts';

const own: DynamicRoute = {
  method: 'HEAD',
  url: '/a/:id',
  handler: (_, reply) => reply.header('x-own', 'yes').send(),
};
const got: DynamicRoute = { method: 'GET', url: '/a/:id', handler: async () => 'got' };

describe.each(VERSIONS)('on Fastify %s', (_version, make) => {
  test.each([
    ['before', [own, got]],
    ['after', [got, own]],
  ])('an entry of HEAD that comes %s the one of GET answers', async (_title, routes) => {
    const { app, table } = await makeTable(make);
    for (const route of routes) table.add(route);
    expect((await app.inject({ method: 'HEAD', url: '/t/a/1' })).headers['x-own']).toBe('yes');
    table.remove('HEAD', '/a/:id');
    const { headers, body } = await app.inject({ method: 'HEAD', url: '/t/a/1' });
    expect([headers['x-own'], headers['content-length'], body]).toEqual([undefined, '3', '']);
  });

  test('a HEAD entry that takes more does not hide what GET takes precisely', async () => {
    const { app, table } = await makeTable(make);
    table.add(got);
    table.add({ ...got, url: '/b/:x?' });
    table.add({ ...own, url: '/*' });
    table.add({ ...own, url: '/b' });
    const isOwn = async (url: string) =>
      (await app.inject({ method: 'HEAD', url })).headers['x-own'] === 'yes';
    expect(await Promise.all(['/t/a/1', '/t/b/1', '/t/b', '/t/c'].map(isOwn))).toEqual([
      false,
      false,
      true,
      true,
    ]);
  });

  test('without exposeHeadRoutes only entries of HEAD answer it', async () => {
    const { app, table } = await makeTable(make, {}, { fastify: { exposeHeadRoutes: false } });
    const status = async () => (await app.inject({ method: 'HEAD', url: '/t/a/1' })).statusCode;
    table.add(got);
    expect(await status()).toBe(404);
    table.add(own);
    expect(await status()).toBe(200);
  });

  test.each([
    ['a string', () => 'four', '4'],
    ['characters of several bytes', () => 'é', '2'],
    ['bytes', () => Buffer.alloc(5), '5'],
    ['an object', () => ({ a: 1 }), '7'],
    ['null', (reply: FastifyReply) => void reply.send(null), '4'],
    ['nothing', (reply: FastifyReply) => void reply.send(), '0'],
    ['a web stream', () => new Blob(['a']).stream(), undefined],
  ])('%s has its length, and no body', async (_title, answer, length) => {
    const { app, table } = await makeTable(make);
    table.add({ method: 'GET', url: '/a', handler: (_, reply) => answer(reply) as never });
    const { statusCode, headers, body } = await app.inject({ method: 'HEAD', url: '/t/a' });
    expect([statusCode, headers['content-length'], body]).toEqual([200, length, '']);
  });

  test('a stream is read to its end, and may fail', async () => {
    const { app, table } = await makeTable(make);
    const streams = [
      Readable.from(['a', 'b']),
      new Readable({
        read() {
          this.destroy(new Error('broken'));
        },
      }),
    ];
    const closed = streams.map((stream) => new Promise((resolve) => stream.on('close', resolve)));
    for (const [i, stream] of streams.entries())
      table.add({ method: 'GET', url: `/${i}`, handler: async () => stream });
    for (const i of streams.keys()) {
      const { statusCode, body } = await app.inject({ method: 'HEAD', url: `/t/${i}` });
      expect([statusCode, body]).toEqual([200, '']);
    }
    await Promise.all(closed);
  });

  test('a web stream that cannot be cancelled is no fault of the request', async () => {
    const { app, table } = await makeTable(make);
    // Unhandled, the rejection would fail the run.
    const stream = { getReader() {}, cancel: () => Promise.reject(new Error('no')) };
    table.add({ method: 'GET', url: '/a', handler: async () => stream });
    expect((await app.inject({ method: 'HEAD', url: '/t/a' })).statusCode).toBe(200);
    await settle();
  });
});

test('what is no body of Fastify is left to Fastify', async () => {
  const [, make] = VERSIONS.at(-1)!;
  const { app, table } = await makeTable(make);
  table.add({
    method: 'GET',
    url: '/a',
    handler: (_, reply) => reply.type('text/plain').send(7 as never),
  });
  expect((await app.inject({ method: 'HEAD', url: '/t/a' })).statusCode).toBe(500);
  table.add({
    method: 'GET',
    url: '/b',
    handler: async () => new Response('web', { headers: { 'x-a': 'b' } }) as never,
  });
  expect((await app.inject({ method: 'HEAD', url: '/t/b' })).headers['x-a']).toBe('b');
});
