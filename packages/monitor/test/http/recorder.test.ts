import { once } from 'node:events';
import { connect } from 'node:net';
import type { AddressInfo } from 'node:net';
import { connect as connectHttp2 } from 'node:http2';
import Fastify from 'fastify';
import type { FastifyInstance } from 'fastify';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { addRecorder } from '../../src/http/recorder.ts';
import type { Recorder } from '../../src/http/recorder.ts';

/** An application that is counted, listening. */
async function open(declare: (app: FastifyInstance) => void) {
  const app = Fastify({ forceCloseConnections: true });
  onTestFinished(() => app.close());
  const recorder = addRecorder(app);
  declare(app);
  await app.listen({ port: 0, host: '127.0.0.1' });
  const { port } = app.server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  const get = async (path: string, init?: RequestInit) => (await fetch(url + path, init)).text();
  return { app, recorder, port, get };
}

/** What was counted, by route. */
function counted(recorder: Recorder) {
  return Object.fromEntries(
    recorder.read().routes.map(({ method, route, statuses }) => [`${method} ${route}`, statuses]),
  );
}

describe('requests', () => {
  it('are counted by method and template, never by URL', async () => {
    const { recorder, get } = await open((app) => {
      app.get('/cities/:id', async () => 'a city');
      app.post('/cities', async (_request, reply) => reply.code(201).send('made'));
    });
    await get('/cities/prague?x=1');
    await get('/cities/brno');
    await get('/cities', { method: 'POST' });
    await vi.waitFor(() =>
      expect(counted(recorder)).toEqual({
        'GET /cities/:id': { '2xx': 2 },
        'POST /cities': { '2xx': 1 },
      }),
    );
  });

  it('that fit no route are counted as unmatched', async () => {
    const { recorder, get } = await open((app) => void app.get('/', async () => ''));
    for (let i = 0; i < 5; i++) await get(`/secret-${i}`);
    await vi.waitFor(() => expect(counted(recorder)).toEqual({ 'GET unmatched': { '4xx': 5 } }));
  });

  it('are counted by status, those that hooks refuse and that fail as well', async () => {
    const { recorder, get } = await open((app) => {
      app.addHook('onRequest', async (request, reply) => {
        if (request.headers['x-refuse']) return reply.code(401).send();
        return undefined;
      });
      app.get('/', async (request) => {
        if (request.headers['x-fail']) throw new Error('it failed');
        return '';
      });
      app.get('/moved', (_request, reply) => reply.redirect('/'));
    });
    await get('/');
    await get('/', { headers: { 'x-refuse': '1' } });
    await get('/', { headers: { 'x-fail': '1' } });
    await get('/moved', { redirect: 'manual' });
    await vi.waitFor(() =>
      expect(counted(recorder)).toEqual({
        'GET /': { '2xx': 1, '4xx': 1, '5xx': 1 },
        'GET /moved': { '3xx': 1 },
      }),
    );
  });

  it('of a route of several methods, and of two that differ by a constraint, are told apart by method alone', async () => {
    const { recorder, get } = await open((app) => {
      app.route({ method: ['GET', 'PUT'], url: '/both', handler: async () => '' });
      app.get('/both', { constraints: { host: 'other.example' } }, async () => '');
    });
    await get('/both');
    await get('/both', { method: 'PUT' });
    await vi.waitFor(() =>
      expect(counted(recorder)).toEqual({
        'GET /both': { '2xx': 1 },
        'PUT /both': { '2xx': 1 },
      }),
    );
  });

  it('of routes with config.monitor false are left out', async () => {
    const { recorder, get } = await open((app) => {
      app.get('/own', { config: { monitor: false } as object }, async () => '');
      app.get('/', async () => '');
    });
    await get('/own');
    await get('/');
    await vi.waitFor(() => expect(counted(recorder)).toEqual({ 'GET /': { '2xx': 1 } }));
  });

  it('by inject are counted as any other', async () => {
    const app = Fastify();
    onTestFinished(() => app.close());
    const recorder = addRecorder(app);
    app.get('/', async () => '');
    await app.inject('/');
    expect(counted(recorder)).toEqual({ 'GET /': { '2xx': 1 } });
    expect(recorder.read().inFlight).toBe(0);
  });

  it('over HTTP/2 are counted, and those that the client resets', async () => {
    const app = Fastify({ http2: true });
    onTestFinished(() => app.close());
    const recorder = addRecorder(app as unknown as FastifyInstance);
    app.get('/', async () => '');
    app.get('/never', () => new Promise(() => undefined));
    await app.listen({ port: 0, host: '127.0.0.1' });
    const session = connectHttp2(`http://127.0.0.1:${(app.server.address() as AddressInfo).port}`);
    onTestFinished(() => session.destroy());
    const good = session.request({ ':path': '/' }).resume();
    await once(good, 'end');
    const reset = session.request({ ':path': '/never' });
    reset.on('error', () => undefined);
    await vi.waitFor(() => expect(recorder.read().inFlight).toBe(1));
    reset.close(8);
    await vi.waitFor(() =>
      expect(counted(recorder)).toEqual({
        'GET /': { '2xx': 1 },
        'GET /never': { aborted: 1 },
      }),
    );
    expect(recorder.read().inFlight).toBe(0);
  });

  it('are in flight until they are answered', async () => {
    let answer = (): void => undefined;
    const { recorder, get } = await open((app) => {
      app.get('/', () => new Promise((resolve) => (answer = () => resolve('done'))));
    });
    const text = get('/');
    await vi.waitFor(() => expect(recorder.read().inFlight).toBe(1));
    expect(counted(recorder)).toEqual({ 'GET /': {} });
    answer();
    expect(await text).toBe('done');
    await vi.waitFor(() => expect(recorder.read().inFlight).toBe(0));
  });

  it('that a client leaves are aborted, have no duration, and are not in flight', async () => {
    const { recorder, port } = await open((app) => {
      app.get('/', () => new Promise(() => undefined));
    });
    const socket = connect(port, '127.0.0.1');
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    await vi.waitFor(() => expect(recorder.read().inFlight).toBe(1));
    socket.destroy();
    await vi.waitFor(() => expect(counted(recorder)).toEqual({ 'GET /': { aborted: 1 } }));
    const [route] = recorder.read().routes;
    expect(route?.durations).toMatchObject({ count: 0, buckets: [] });
    expect(recorder.read().inFlight).toBe(0);
  });

  it('that wait behind others of a lost connection are aborted as well', async () => {
    const { recorder, port } = await open((app) => {
      app.get('/', () => new Promise(() => undefined));
    });
    const socket = connect(port, '127.0.0.1');
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(3));
    await vi.waitFor(() => expect(recorder.read().inFlight).toBe(3));
    socket.destroy();
    await vi.waitFor(() => expect(recorder.read().inFlight).toBe(0));
    await vi.waitFor(() => expect(counted(recorder)).toEqual({ 'GET /': { aborted: 3 } }));
  });

  it('that waited behind others and were answered are counted once', async () => {
    const { recorder, port } = await open((app) => void app.get('/', async () => 'x'));
    const socket = connect(port, '127.0.0.1');
    onTestFinished(() => void socket.destroy());
    let text = '';
    socket.setEncoding('utf8').on('data', (data: string) => (text += data));
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(3));
    await vi.waitFor(() => expect(text.match(/200 OK/g)).toHaveLength(3));
    await vi.waitFor(() => expect(counted(recorder)).toEqual({ 'GET /': { '2xx': 3 } }));
    socket.destroy();
    expect(recorder.read().inFlight).toBe(0);
    expect(counted(recorder)).toEqual({ 'GET /': { '2xx': 3 } });
  });

  it('that ask for an upgrade count when they are refused, and are not in flight', async () => {
    const { app, recorder, port } = await open((one) => {
      one.get('/live', async (_request, reply) => reply.code(403).send());
    });
    // As plugins for WebSockets hand upgrades to Fastify.
    const { ServerResponse } = await import('node:http');
    app.server.on('upgrade', (request, socket) => {
      onTestFinished(() => void socket.destroy());
      const response = new ServerResponse(request);
      response.assignSocket(socket as never);
      app.routing(request, response);
    });
    const socket = connect(port, '127.0.0.1');
    onTestFinished(() => void socket.destroy());
    const head =
      'GET /live HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';
    socket.write(head);
    await vi.waitFor(() => expect(counted(recorder)).toEqual({ 'GET /live': { '4xx': 1 } }));
    expect(recorder.read().inFlight).toBe(0);
  });
});

describe('durations', () => {
  it('are of each answer', async () => {
    const { recorder, get } = await open((app) => void app.get('/', async () => ''));
    for (let i = 0; i < 3; i++) await get('/');
    await vi.waitFor(() => expect(recorder.read().routes[0]?.requests).toBe(3));
    const { durations } = recorder.read().routes[0]!;
    expect(durations.count).toBe(3);
    expect(durations.buckets.reduce((sum, each) => sum + each, 0)).toBe(3);
    expect(durations.sumMs).toBeGreaterThan(0);
    expect(durations.maxMs).toBeGreaterThanOrEqual(durations.sumMs / 3);
  });

  it.each(['writeHead', 'setHeader'])(
    'of streams of events are no durations, whether their head is by %s',
    async (way) => {
      const { recorder, get } = await open((app) => {
        app.get('/events', (_request, reply) => {
          reply.hijack();
          const { raw } = reply;
          if (way === 'setHeader') raw.setHeader('content-type', 'text/event-stream');
          else raw.writeHead(200, { 'content-type': 'text/event-stream' });
          // Longer than what may be an answer.
          vi.spyOn(performance, 'now').mockReturnValue(performance.now() + 60_000);
          raw.end('data: 1\n\n');
        });
      });
      onTestFinished(() => void vi.restoreAllMocks());
      await get('/events');
      await vi.waitFor(() => expect(counted(recorder)).toEqual({ 'GET /events': { '2xx': 1 } }));
      expect(recorder.read().routes[0]?.durations.count).toBe(0);
    },
  );

  it('of slow answers are', async () => {
    const { recorder, get } = await open((app) => {
      app.get('/', async () => {
        vi.spyOn(performance, 'now').mockReturnValue(performance.now() + 60_000);
        return '';
      });
    });
    onTestFinished(() => void vi.restoreAllMocks());
    await get('/');
    await vi.waitFor(() => expect(recorder.read().routes[0]?.durations.count).toBe(1));
    expect(recorder.read().routes[0]?.durations.maxMs).toBeGreaterThan(59_000);
  });
});

it('an application has one recorder', () => {
  const app = Fastify();
  expect(addRecorder(app)).toBe(addRecorder(app));
});
