// HTTP/2: answers go through reply.send, whatever the mode.
import { connect } from 'node:http2';
import type { AddressInfo } from 'node:net';
import Fastify from 'fastify';
import type { FastifyInstance } from 'fastify';
import { expect, it } from 'vitest';
import { fastifyCache } from '../src/index.ts';
import { atEnd, makeCache, standStill } from './helpers.ts';

standStill();

it('a hit over HTTP/2 is sent through the reply', async () => {
  const app = Fastify({ http2: true }) as unknown as FastifyInstance;
  atEnd(() => app.close());
  await app.register(fastifyCache, { cache: makeCache(), ttl: 60_000 });
  let runs = 0;
  app.addHook('onSend', async (request, _reply, payload) =>
    request.url === '/wrapped' ? `<${String(payload)}>` : payload,
  );
  app.get('/a', () => ({ runs: ++runs }));
  app.get('/wrapped', () => 'x');
  await app.listen({ port: 0, host: '127.0.0.1' });
  const session = connect(`http://127.0.0.1:${(app.server.address() as AddressInfo).port}`);
  atEnd(() => session.destroy());
  const ask = (headers: Record<string, string> = {}) =>
    new Promise<{ headers: Record<string, unknown>; body: string }>((resolve, reject) => {
      const stream = session.request({ ':path': '/a', ...headers });
      let head: Record<string, unknown> = {};
      let body = '';
      stream.setEncoding('utf8');
      stream.on('response', (fields) => (head = fields));
      stream.on('data', (chunk: string) => (body += chunk));
      stream.on('end', () => resolve({ headers: head, body }));
      stream.on('error', reject);
    });
  expect((await ask()).headers['cache-status']).toBe('catzilla; fwd=uri-miss; stored');
  const hit = await ask();
  expect(hit).toMatchObject({ body: '{"runs":1}' });
  expect(hit.headers['cache-status']).toBe('catzilla; hit; ttl=60');
  expect((await ask({ 'if-none-match': '*' })).headers[':status']).toBe(304);
  expect((await ask({ ':method': 'HEAD' })).body).toBe('');
  expect(app.cache.stats().answers).toEqual({ raw: 0, head: 0, send: 3 });
  for (let i = 0; i < 2; i++) expect((await ask({ ':path': '/wrapped' })).body).toBe('<x>');
  expect((await ask({ ':path': '/wrapped' })).headers['cache-status']).toContain('hit');
  expect(app.cache.stats().answers).toEqual({ raw: 0, head: 2, send: 3 });
});
