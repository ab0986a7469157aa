import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import Fastify from 'fastify';
import type { FastifyInstance } from 'fastify';
import { Counter, Gauge } from 'prom-client';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { errors, monitor } from '../../src/index.ts';
import type { MonitorOptions } from '../../src/index.ts';

const OPEN: MonitorOptions = { mode: 'development', health: false, dashboard: false };
const CLOSED: MonitorOptions = { ...OPEN, mode: 'production' };

/** An application with a monitor. */
async function open(
  options: MonitorOptions,
  declare: (app: FastifyInstance) => unknown = () => undefined,
) {
  const lines: Record<string, unknown>[] = [];
  const stream = { write: (line: string) => void lines.push(JSON.parse(line) as never) };
  const app = Fastify({ logger: { level: 'warn', stream } });
  onTestFinished(() => app.close());
  await app.register(monitor, options);
  await declare(app);
  return { app, lines };
}

describe('GET /metrics', () => {
  it('gives the page, in the format that it says, and not to be stored', async () => {
    const { app } = await open(OPEN, (one) => one.get('/cities/:id', async () => 'x'));
    await app.inject('/cities/1');
    await app.inject('/cities/2?q=3');
    await app.inject('/nothing/secret');
    const reply = await app.inject('/metrics');
    expect(reply.statusCode).toBe(200);
    expect(reply.headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(reply.headers['cache-control']).toBe('no-store');
    const lines = reply.body.split('\n');
    expect(lines).toContain(
      'catzilla_http_requests_total{method="GET",route="/cities/:id",status="2xx"} 2',
    );
    expect(lines).toContain(
      'catzilla_http_requests_total{method="GET",route="unmatched",status="4xx"} 1',
    );
    expect(reply.body).not.toContain('secret');
    expect(await app.monitor.metrics()).toContain('catzilla_http_requests_in_flight 0');
  });

  it('is not counted itself', async () => {
    const { app } = await open(OPEN);
    await app.inject('/metrics');
    expect((await app.inject('/metrics')).body).not.toContain('route="/metrics"');
  });

  it('is where the options say, or nowhere, and the figures are there all the same', async () => {
    const { app } = await open({ ...OPEN, metrics: { path: '/figures' } });
    expect((await app.inject('/figures')).statusCode).toBe(200);
    expect((await app.inject('/metrics')).statusCode).toBe(404);
    const { app: none } = await open({ ...OPEN, metrics: false });
    expect((await none.inject('/metrics')).statusCode).toBe(404);
    expect(await none.monitor.metrics()).toContain('catzilla_threads 1');
    expect((await none.monitor.snapshot()).process.pid).toBe(process.pid);
  });

  it('leaves out figures of the process where they are not wanted', async () => {
    const { app } = await open({ ...OPEN, metrics: { defaultMetrics: false } });
    expect((await app.inject('/metrics')).body).not.toContain('process_');
  });

  it('has other for what is beyond maxSeries, with one warning', async () => {
    const { app, lines } = await open({ ...OPEN, metrics: { maxSeries: 3 } }, (one) => {
      for (let at = 0; at < 6; at++) one.get(`/r${at}`, async () => '');
    });
    for (let at = 0; at < 6; at++) await app.inject(`/r${at}`);
    await app.inject('/metrics');
    const { body } = await app.inject('/metrics');
    expect(body).toContain(
      'catzilla_http_requests_total{method="other",route="other",status="2xx"} 3\n',
    );
    expect(lines.filter(({ maxSeries }) => maxSeries === 3)).toHaveLength(1);
  });
});

describe('who may read them', () => {
  it('is decided by the guard', async () => {
    const guard: NonNullable<
      Exclude<MonitorOptions['metrics'], boolean | undefined>['guard']
    > = async (request, reply) => {
      if (request.headers.authorization === 'Bearer right') return;
      await reply.code(401).send({ message: 'no' });
    };
    const { app } = await open({ ...CLOSED, metrics: { guard } });
    expect((await app.inject('/metrics')).statusCode).toBe(401);
    const headers = { authorization: 'Bearer right' };
    expect((await app.inject({ url: '/metrics', headers })).statusCode).toBe(200);
  });

  it.each([
    ['in development everybody', OPEN, 200],
    [
      'in production, where they are public, everybody',
      { ...CLOSED, metrics: { public: true } },
      200,
    ],
    ['in production nobody who came by a proxy', CLOSED, 403],
  ])('is %s', async (_title, options, status) => {
    const { app } = await open(options);
    const headers = { host: 'localhost', 'x-forwarded-for': '203.0.113.9' };
    const reply = await app.inject({ url: '/metrics', headers });
    expect(reply.statusCode).toBe(status);
    if (status === 403) {
      expect(reply.json()).toMatchObject({ code: 'CATZ_MONITOR_METRICS_FORBIDDEN' });
      expect(reply.body).not.toContain('catzilla_');
    }
  });

  it('is in production this machine', async () => {
    const { app } = await open(CLOSED);
    await app.listen({ port: 0, host: '127.0.0.1' });
    const { port } = app.server.address() as AddressInfo;
    const ask = async (host: string) => {
      const request = httpRequest({ port, host: '127.0.0.1', path: '/metrics', headers: { host } });
      request.end();
      const [response] = (await once(request, 'response')) as [
        { statusCode: number; resume(): void },
      ];
      response.resume();
      return response.statusCode;
    };
    expect(await ask(`127.0.0.1:${port}`)).toBe(200);
    // A page whose name was led here.
    expect(await ask('stranger.example')).toBe(403);
  });
});

describe("the application's own metrics", () => {
  it('stand behind ours', async () => {
    const { app } = await open(OPEN);
    const registers = [app.monitor.registry];
    const orders = new Counter({ name: 'shop_orders_total', help: 'Orders', registers });
    orders.inc(3);
    const { body } = await app.inject('/metrics');
    expect(body).toMatch(
      /catzilla_threads 1\n[^]*# TYPE shop_orders_total counter\nshop_orders_total 3\n$/,
    );
    expect(app.monitor.registry).toBe(app.monitor.registry);
  });

  it('win over ours of the same name', async () => {
    const { app } = await open(OPEN);
    const registers = [app.monitor.registry];
    new Gauge({ name: 'process_resident_memory_bytes', help: 'Mine', registers }).set(42);
    const { body } = await app.inject('/metrics');
    expect(body.match(/^process_resident_memory_bytes .*$/gm)).toEqual([
      'process_resident_memory_bytes 42',
    ]);
  });

  it('that throw are left out, and told in the log', async () => {
    const { app, lines } = await open(OPEN);
    new Gauge({
      name: 'broken',
      help: 'Broken',
      registers: [app.monitor.registry],
      collect() {
        throw new Error('the database is away');
      },
    });
    const reply = await app.inject('/metrics');
    expect(reply.statusCode).toBe(200);
    expect(reply.body).toContain('catzilla_threads 1');
    expect(reply.body).not.toContain('broken');
    expect(JSON.stringify(lines)).toContain('the database is away');
  });
});

it("the application's own metrics that hang cost no page, and are not asked again before they have answered", async () => {
  const { app, lines } = await open(OPEN);
  let asked = 0;
  let answer = (): void => undefined;
  new Gauge({
    name: 'queue_length',
    help: 'From a server that hangs',
    registers: [app.monitor.registry],
    collect() {
      this.set(++asked);
      return asked !== 2 ? undefined : new Promise<void>((resolve) => (answer = resolve));
    },
  });
  expect((await app.inject('/metrics')).body).toContain('queue_length 1\n');
  for (let page = 0; page < 2; page++) {
    const { body } = await app.inject('/metrics');
    expect(body).toContain('catzilla_threads 1');
    // What it said last.
    expect(body).toContain('queue_length 1\n');
  }
  expect(asked).toBe(2);
  expect(JSON.stringify(lines)).toContain('gave no answer in time');
  answer();
  await vi.waitFor(async () => {
    expect((await app.inject('/metrics')).body).not.toContain('queue_length 1\n');
  });
});

it('a part that throws is counted, and the page has all others', async () => {
  const { app } = await open(OPEN, (one) => {
    one.decorate('realtime', {
      stats() {
        throw new Error('broken');
      },
    });
    one.decorate('static', { stats: () => ({ hits: 4 }) });
  });
  const { body } = await app.inject('/metrics');
  expect(body).toContain('catzilla_monitor_read_faults_total 1');
  expect(body).toContain('catzilla_static_hits_total 4');
  expect(body).not.toContain('catzilla_realtime_');
});

describe('options', () => {
  it.each([
    [{ metrics: { path: 'metrics' } }, /options\.metrics\.path to be a path that begins with \//],
    [{ metrics: { maxSeries: 0 } }, /options\.metrics\.maxSeries to be an integer of at least 1/],
    [
      { metrics: { guard: true } },
      /options\.metrics\.guard to be a function, async or with `done`, not both, got true/,
    ],
    [{ metrics: { public: 1 } }, /options\.metrics\.public to be true or false/],
    [{ metrics: { series: 1 } }, /unknown option options\.metrics\.series/],
  ])('refuse %j (CATZ_MONITOR_OPTION)', async (options, message) => {
    const app = Fastify();
    onTestFinished(() => app.close());
    const refused = async () => app.register(monitor, options as never);
    await expect(refused()).rejects.toThrow(errors.OPTION);
    await expect(refused()).rejects.toThrow(message);
  });
});
