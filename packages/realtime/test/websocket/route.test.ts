// The way from a request to a session: who may come in, and what everybody else is answered.
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import type { AddressInfo } from 'node:net';
import websocket from '@fastify/websocket';
import Fastify from 'fastify';
import type { FastifyInstance, FastifyRequest, FastifyServerOptions } from 'fastify';
import { describe, expect, it, onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { realtime } from '../../src/index.ts';
import {
  Client,
  handshake,
  makeCertificate,
  maskedFrame,
  open,
  openRaw,
  startApp,
  until,
} from './support.ts';

/** What a plain request is answered. */
function get(port: number, headers: Record<string, string> = {}) {
  return new Promise<{ status: number; headers: object; body: string }>((resolve, reject) => {
    const request = httpRequest({ port, host: '127.0.0.1', path: '/realtime', headers });
    request.on('error', reject);
    request.on('response', (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text: string) => (body += text));
      response.on('end', () =>
        resolve({ status: response.statusCode!, headers: response.headers, body }),
      );
    });
    request.end();
  });
}

const UPGRADE = {
  connection: 'Upgrade',
  upgrade: 'websocket',
  'sec-websocket-version': '13',
  'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
};

describe('a page of another origin', () => {
  it('is refused with 403 before the upgrade', async () => {
    const { app, port } = await startApp();
    const answer = await get(port, { ...UPGRADE, origin: 'https://evil.example' });
    expect(answer.status).toBe(403);
    expect(answer.body).toContain('CATZ_REALTIME_ORIGIN');
    expect(app.realtime.stats()).toMatchObject({ refused: 1, connections: { websocket: 0 } });
  });

  it('comes in where it is listed, and the own one does not', async () => {
    const { port } = await startApp({ origins: ['https://shop.example'] });
    await open(port, { headers: { origin: 'https://shop.example' } });
    const own = open(port, { headers: { origin: `http://127.0.0.1:${port}` } });
    await expect(own).rejects.toThrow('status 403');
  });

  it('is the own one where the host is the same', async () => {
    const { port } = await startApp();
    await open(port, { headers: { origin: `http://127.0.0.1:${port}` } });
  });

  it('is the host that a trusted proxy was asked for', async () => {
    const headers = { origin: 'https://shop.example', 'x-forwarded-host': 'shop.example' };
    const trusting = await startApp({}, undefined, { server: { trustProxy: true } });
    await open(trusting.port, { headers });
    const other = await startApp();
    await expect(open(other.port, { headers })).rejects.toThrow('status 403');
  });
});

describe("the application's hooks", () => {
  it('run before the upgrade, and may refuse it', async () => {
    const { app, port } = await startApp({}, (it) =>
      it.addHook('preValidation', async (request, reply) => {
        if (request.headers.cookie !== 'user=1') return reply.code(401).send({ error: 'who?' });
        return undefined;
      }),
    );
    const refused = await get(port, { ...UPGRADE });
    expect(refused).toMatchObject({ status: 401, body: '{"error":"who?"}' });
    const client = await open(port, { headers: { cookie: 'user=1' } });
    await client.subscribe('open/1');
    expect(app.realtime.stats().connections.websocket).toBe(1);
  });

  it('may take their time: what the client sends meanwhile is not lost', async () => {
    const { port } = await startApp({}, (it) => {
      it.addHook('preHandler', () => new Promise((resolve) => setTimeout(resolve, 30)));
    });
    const socket = connect(port, '127.0.0.1');
    const answered = new Promise((resolve) => {
      let text = '';
      socket.on('data', (chunk) => {
        text += chunk.toString('latin1');
        if (text.includes('"pong"')) resolve(undefined);
      });
    });
    // In one write: the ping is there before anybody could have said yes.
    socket.write(Buffer.concat([Buffer.from(handshake()), maskedFrame('{"type":"ping"}')]));
    await answered;
    socket.destroy();
  });

  it('put what authorize looks at on the request', async () => {
    const { port } = await startApp({}, (it) => {
      it.decorateRequest('user', '');
      it.addHook('onRequest', async (request: FastifyRequest & { user?: string }) => {
        request.user = 'ada';
      });
      it.realtime.channel('of/:user', {
        authorize: (request, params) =>
          (request as FastifyRequest & { user?: string }).user === params['user'],
      });
    });
    const client = await open(port);
    await client.subscribe('of/ada');
    const error = await client.ask({ type: 'subscribe', channel: 'of/bob' }, 'error');
    expect(error['code']).toBe('CATZ_REALTIME_FORBIDDEN');
  });
});

describe('an upgrade that is answered over HTTP', () => {
  /** Sends an upgrade on a socket that stays as it is, and gives what came until the server ended it. */
  const answerTo = (port: number, head: string) =>
    new Promise<string>((resolve, reject) => {
      const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
      let text = '';
      socket.on('connect', () => socket.write(head));
      socket.on('data', (chunk) => (text += chunk.toString('latin1')));
      socket.on('end', () => {
        resolve(text);
        socket.destroy();
      });
      socket.on('error', reject);
    });

  it.for([
    ['by a hook that was there first', '/realtime', 401],
    ['by a page of the application', '/page', 200],
    ['by nobody', '/nowhere', 404],
  ] as const)('%s is ended by the server', async ([, path, status]) => {
    const { app, port } = await startApp({}, undefined, {
      before: (it) => {
        it.addHook('onRequest', async (request, reply) =>
          request.url === '/realtime' ? reply.code(401).send({ error: 'who?' }) : undefined,
        );
        it.get('/page', async () => 'x'.repeat(100_000));
      },
    });
    const text = await answerTo(port, handshake().replace('/realtime', path));
    expect(text).toMatch(new RegExp(`^HTTP/1.1 ${status}`));
    if (status === 200) expect(text).toContain('x'.repeat(100_000));
    await app.close();
  });

  it('is ended wherever the plugin is registered', async () => {
    const app = Fastify();
    onTestFinished(() => app.close());
    app.get('/page', async () => 'page');
    await app.register(async (scope) => {
      await scope.register(realtime);
    });
    await app.listen({ port: 0, host: '127.0.0.1' });
    const { port } = app.server.address() as AddressInfo;
    for (const [path, status] of [
      ['/page', 200],
      ['/nowhere', 404],
    ] as const) {
      const text = await answerTo(port, handshake().replace('/realtime', path));
      expect(text).toMatch(new RegExp(`^HTTP/1.1 ${status}`));
    }
  });

  it('never is ended when the application closes', async () => {
    const { app, port } = await startApp({ closeDelay: 50 }, (it) => {
      it.addHook('preHandler', () => new Promise(() => undefined));
    });
    const socket = connect(port, '127.0.0.1');
    const ended = new Promise((resolve) => socket.on('close', resolve));
    socket.on('error', () => undefined);
    socket.write(handshake());
    await new Promise<void>((resolve) => app.server.once('upgrade', () => resolve()));
    await app.close();
    await ended;
  });
});

describe('the path', () => {
  it('answers 426 to who does not upgrade, as its other errors: CATZ_REALTIME_UPGRADE', async () => {
    const { port } = await startApp();
    const answer = await get(port);
    expect(answer.status).toBe(426);
    expect(answer.headers).toMatchObject({ upgrade: 'websocket' });
    expect(JSON.parse(answer.body)).toMatchObject({
      code: 'CATZ_REALTIME_UPGRADE',
      statusCode: 426,
    });
  });

  it('answers 400 to a handshake that is none', async () => {
    const { app, port } = await startApp();
    const answer = await get(port, { ...UPGRADE, 'sec-websocket-version': '7' });
    expect(answer.status).toBe(400);
    expect(app.realtime.stats().connections.websocket).toBe(0);
  });

  it('answers 503 where there is no room, before the upgrade', async () => {
    const { app, port } = await startApp({ maxConnections: 1 });
    const first = await open(port);
    const answer = await get(port, { ...UPGRADE });
    expect(answer.status).toBe(503);
    expect(answer.body).toContain('CATZ_REALTIME_CONNECTIONS_LIMIT');
    first.ws.terminate();
    await until(() => app.realtime.stats().connections.websocket === 0);
    await open(port);
  });

  it('sends away who took the last place at the same moment as another', async () => {
    const { app, port } = await startApp({ maxConnections: 1 }, undefined, {
      // Runs behind the look at the room there is.
      before: (it) => {
        it.addHook('onRoute', (route) => {
          if (route.url !== '/realtime') return;
          const wait = () => new Promise<void>((resolve) => setTimeout(resolve, 30));
          route.preHandler = [route.preHandler ?? []].flat().concat(wait);
        });
      },
    });
    const clients = await Promise.all([open(port), open(port)]);
    const { code } = await Promise.race(clients.map(({ closed }) => closed));
    expect(code).toBe(1001);
    const closing = clients.flatMap(({ heard }) => heard.map(({ type }) => type));
    expect(closing).toEqual(['closing']);
    expect(app.realtime.stats().connections.websocket).toBe(1);
  });

  it('is another one by option', async () => {
    const { port } = await startApp({ path: '/live' });
    const client = await open(port, { path: '/live' });
    await client.subscribe('open/1');
    await expect(open(port)).rejects.toThrow('status 404');
  });

  it('stays away by option', async () => {
    const { app, port } = await startApp({ websocket: false });
    expect(app.hasPlugin('@fastify/websocket')).toBe(false);
    expect((await get(port)).status).toBe(404);
  });
});

describe('compression', () => {
  it('is not agreed on, whatever the client offers', async () => {
    const { port } = await startApp();
    const client = await open(port, { perMessageDeflate: true });
    expect(client.ws.extensions).toBe('');
    await client.subscribe('open/1');
  });

  it("is done by ws where the application's own plugin agrees on it", async () => {
    const { app, port } = await startApp({ maxMessageBytes: 1000 }, undefined, {
      before: (it) => it.register(websocket, { options: { perMessageDeflate: { threshold: 0 } } }),
    });
    const client = await open(port, { perMessageDeflate: true });
    expect(client.ws.extensions).toBe('permessage-deflate');
    await client.subscribe('open/1');
    await app.realtime.publish('open/1', 'x'.repeat(500));
    expect(await client.next('message')).toMatchObject({ data: 'x'.repeat(500) });
    // That plugin has another bound, but ours holds.
    client.send({ type: 'ping', pad: 'x'.repeat(1000) });
    expect((await client.closed).code).toBe(1009);
  });
});

describe('injectWS', () => {
  it('is enough for a test', async () => {
    const { app } = await startApp();
    const client = new Client(
      (await app.injectWS('/realtime')) as unknown as ConstructorParameters<typeof Client>[0],
    );
    await client.subscribe('open/1');
    await app.realtime.publish('open/1', { n: 1 });
    expect(await client.next('message')).toMatchObject({ data: { n: 1 } });
    client.ws.terminate();
  });

  it('has the heartbeat, too', async () => {
    const { app } = await startApp({ heartbeat: 1_000 });
    const ws = await app.injectWS('/realtime');
    await new Promise((resolve) => ws.once('ping', resolve));
    ws.terminate();
  });

  it('tells the status of a refusal', async () => {
    const { app } = await startApp();
    const refused = app.injectWS('/realtime', {
      headers: { host: 'shop.example', origin: 'https://evil.example' },
    });
    await expect(refused).rejects.toThrow('403');
  });
});

describe('other WebSocket routes of the application', () => {
  it('keep what they had: their clients, and their good-byes', async () => {
    const { app, port } = await startApp({}, (it) => {
      it.route({
        method: 'GET',
        url: '/echo',
        websocket: true,
        handler: (socket) => void socket.on('message', (data) => socket.send(String(data))),
      });
    });
    const ours = await open(port);
    const theirs = new WebSocket(`ws://127.0.0.1:${port}/echo`);
    await new Promise((resolve) => theirs.on('open', resolve));
    expect(app.websocketServer.clients.size).toBe(1);
    theirs.send('hello');
    expect(String(await new Promise((resolve) => theirs.on('message', resolve)))).toBe('hello');
    const ended = new Promise<number>((resolve) => theirs.on('close', resolve));
    await app.close();
    expect(await ended).toBe(1001);
    expect((await ours.closed).code).toBe(1001);
  });
});

it('leaves the errors of other routes to their log, and cuts them off', async () => {
  const lines: string[] = [];
  const { port } = await startApp(
    {},
    (it) => {
      it.route({ method: 'GET', url: '/echo', websocket: true, handler: () => undefined });
    },
    { server: { logger: { level: 'error', stream: { write: (line) => void lines.push(line) } } } },
  );
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  const ended = new Promise((resolve) => socket.on('close', resolve));
  socket.resume();
  socket.write(handshake().replace('/realtime', '/echo'));
  // Not masked.
  socket.write(Buffer.from([0x81, 1, 0x61]));
  await ended;
  expect(lines.join()).toContain('MASK must be set');
});

it('bounds what is gathered of a message, whoever has registered @fastify/websocket', async () => {
  const { port } = await startApp({ maxMessageBytes: 1_000 }, undefined, {
    before: (it) => it.register(websocket),
  });
  const { socket, received, closed } = await openRaw(port);
  // The head of 90 MiB, of which nothing comes.
  socket.write(Buffer.from([0x81, 0xff, 0, 0, 0, 0, 0x05, 0xa0, 0, 0, 1, 2, 3, 4]));
  await closed;
  expect(Buffer.concat(received).subarray(0, 4)).toEqual(Buffer.from([0x88, 2, 0x03, 0xf1]));
});

describe('two plugins, of which one has registered @fastify/websocket', () => {
  it('have a bound of their own each, and keep the faults of clients out of the log', async () => {
    const lines: string[] = [];
    const { port } = await startApp(
      {},
      async (app) => {
        await app.register(
          async (scope) => {
            await scope.register(realtime, { path: '/loud', maxMessageBytes: 200_000 });
            scope.realtime.channel('news', { public: true, publish: true });
          },
          { prefix: '/api' },
        );
      },
      {
        server: { logger: { level: 'error', stream: { write: (line) => void lines.push(line) } } },
      },
    );
    const client = await open(port, { path: '/api/loud' });
    const data = 'x'.repeat(100_000);
    await client.ask({ type: 'publish', channel: 'news', data }, 'published');
    client.send('x'.repeat(200_001));
    expect((await client.closed).code).toBe(1009);
    expect(lines).toEqual([]);
  });
});

describe('two plugins side by side', () => {
  const both = (app: FastifyInstance) => {
    for (const name of ['a', 'b']) {
      app.register(async (scope) => {
        await scope.register(realtime, { name, path: `/${name}`, closeDelay: 500 });
        scope.realtime.channel('news', { public: true, publish: true });
      });
    }
  };

  it('need a common @fastify/websocket', async () => {
    const app = Fastify();
    onTestFinished(() => app.close());
    both(app);
    await expect(app.ready()).rejects.toMatchObject({ code: 'CATZ_REALTIME_OPTION' });
  });

  it('have clients, channels and good-byes of their own', async () => {
    const app = Fastify();
    onTestFinished(() => app.close());
    await app.register(websocket);
    both(app);
    await app.listen({ port: 0, host: '127.0.0.1' });
    const { port } = app.server.address() as AddressInfo;
    const [a, b] = [await open(port, { path: '/a' }), await open(port, { path: '/b' })];
    await Promise.all([a.subscribe('news'), b.subscribe('news')]);
    await a.ask({ type: 'publish', channel: 'news', data: 'of a' }, 'published');
    await b.ask({ type: 'publish', channel: 'news', data: 'of b' }, 'published');
    expect([await a.next('message'), await b.next('message')]).toMatchObject([
      { data: 'of a' },
      { data: 'of b' },
    ]);
    await app.close();
    for (const client of [a, b]) {
      expect((await client.closed).code).toBe(1001);
      expect(client.heard.map(({ type }) => type)).toEqual(['closing']);
    }
  });
});

it('serves over TLS, past ws too', async () => {
  const { app, port } = await startApp({}, undefined, {
    server: { https: makeCertificate() } as FastifyServerOptions,
  });
  const client = await open(port, { scheme: 'wss', rejectUnauthorized: false });
  await client.subscribe('open/1');
  const texts = Array.from({ length: 50 }, (_, at) => `${at}:${'€'.repeat(at * 40)}`);
  await Promise.all(texts.map((text) => app.realtime.publish('open/1', text)));
  for (const text of texts) expect(await client.next('message')).toMatchObject({ data: text });
  client.send({ type: 'publish', channel: 'open/1', data: 'back' });
  expect(await client.next('message')).toMatchObject({ data: 'back' });
});

it('serves beside HTTP/2, to clients that speak HTTP/1.1', async () => {
  const { app, port } = await startApp({}, undefined, {
    server: {
      http2: true,
      https: { ...makeCertificate(), allowHTTP1: true },
    } as FastifyServerOptions,
  });
  const client = await open(port, { scheme: 'wss', rejectUnauthorized: false });
  await client.subscribe('open/1');
  await app.realtime.publish('open/1', 'hello');
  expect(await client.next('message')).toMatchObject({ data: 'hello' });
  await app.close();
  expect((await client.closed).code).toBe(1001);
});

it('survives a client that is gone before it is upgraded', async () => {
  const { app, port } = await startApp({}, (it) => {
    it.addHook('preHandler', () => new Promise((resolve) => setTimeout(resolve, 30)));
  });
  await Promise.all(
    Array.from({ length: 20 }, async () => {
      const socket = connect(port, '127.0.0.1');
      await new Promise<void>((resolve) => socket.on('connect', resolve));
      socket.write(handshake(), () => socket.resetAndDestroy());
      await new Promise((resolve) => socket.on('close', resolve));
    }),
  );
  const client = await open(port);
  await client.subscribe('open/1');
  await until(() => app.realtime.stats().connections.websocket === 1);
});
