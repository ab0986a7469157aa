// How an application ends: the order of the steps, and what happens when each of them hangs.
import { once } from 'node:events';
import { connect } from 'node:net';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { createApp } from '../../src/index.ts';
import type { AppOptions, ShutdownOptions } from '../../src/index.ts';

type App = Awaited<ReturnType<typeof createApp>>;

const NEVER = (): Promise<never> => new Promise(() => undefined);

async function open(shutdown: ShutdownOptions | false = {}, options: AppOptions = {}) {
  const app = await createApp({ env: false, shutdown, ...options });
  onTestFinished(() => void app.close());
  app.get('/', async () => 'x');
  return app;
}

async function listen(app: App) {
  await app.listen({ port: 0, host: '127.0.0.1' });
  return (app.server.address() as AddressInfo).port;
}

/** A keep-alive connection. */
async function connection(port: number) {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  const closed = new Promise<string>((resolve) => {
    socket.on('error', () => undefined);
    socket.once('close', (hadError) => resolve(hadError ? 'reset' : 'ended'));
  });
  let text = '';
  socket.on('data', (chunk) => (text += chunk.toString('latin1')));
  const ask = async (path: string) => {
    text = '';
    socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`);
    await vi.waitFor(() => expect(text).toMatch(/\r\n\r\n./s), { interval: 2 });
    return text.toLowerCase();
  };
  return { socket, closed, ask };
}

describe('the state of an application', () => {
  it('goes from starting to ready, draining, closing and closed', async () => {
    const app = await open();
    const seen = [app.lifecycle.state];
    app.addHook('preClose', async () => void seen.push(app.lifecycle.state));
    await app.ready();
    seen.push(app.lifecycle.state);
    const drained = app.lifecycle.drain('test');
    seen.push(app.lifecycle.state);
    await drained;
    await app.lifecycle.stop();
    seen.push(app.lifecycle.state);
    expect(seen).toStrictEqual(['starting', 'ready', 'draining', 'closing', 'closed']);
  });

  it('is closed by app.close() too, without a drain', async () => {
    const app = await open({ shutdownDelay: 60_000 });
    await listen(app);
    await app.close();
    expect(app.lifecycle.state).toBe('closed');
    expect(await app.lifecycle.stop('late')).toMatchObject({ reason: 'late', ok: true, left: [] });
    await app.lifecycle.drain();
    expect(app.lifecycle.state).toBe('closed');
  });

  it('cannot be changed from outside', async () => {
    const app = await open();
    expect(() => Object.assign(app.lifecycle, { state: 'ready' })).toThrow(TypeError);
  });
});

describe('drain', () => {
  it('serves on, and lets clients take another connection', async () => {
    const app = await open({ shutdownDelay: 60_000 }, { cache: { ttl: 60_000 } });
    const port = await listen(app);
    const first = await connection(port);
    expect(await first.ask('/')).toContain('connection: keep-alive');
    void app.lifecycle.drain();
    const reply = await first.ask('/');
    expect(reply).toContain('http/1.1 200');
    expect(reply).toContain('connection: close');
    expect(await first.closed).toBe('ended');
    const second = await connection(port);
    expect(await second.ask('/')).toContain('connection: close');
    app.lifecycle.hurry();
  });

  it('ends with hurry(), before its time', async () => {
    const app = await open({ shutdownDelay: 60_000 });
    await listen(app);
    const drained = app.lifecycle.drain();
    app.lifecycle.hurry();
    await drained;
    expect(await app.lifecycle.stop()).toMatchObject({ ok: true });
  });

  it('ends when the application is closed meanwhile', async () => {
    const app = await open({ shutdownDelay: 60_000 });
    await listen(app);
    const stopped = app.lifecycle.stop('first');
    await app.close();
    expect(await stopped).toMatchObject({ reason: 'first', ok: true });
  });

  it('waits for nobody where the application does not listen', async () => {
    const app = await open({ shutdownDelay: 60_000 });
    await app.ready();
    await app.lifecycle.drain();
    expect(app.lifecycle.state).toBe('draining');
  });

  it('takes its delay by mode, and none with shutdown: false', async () => {
    const delayOf = async (options: AppOptions) => {
      const app = await createApp({ env: false, ...options });
      await app.close();
      return app.config.shutdown.shutdownDelay;
    };
    expect(await delayOf({ mode: 'production' })).toBe(5000);
    expect(await delayOf({ mode: 'development' })).toBe(0);
    expect(await delayOf({ mode: 'production', shutdown: false })).toBe(0);
    expect(await delayOf({ mode: 'production', shutdown: { shutdownDelay: 1 } })).toBe(1);
  });
});

describe('stop', () => {
  it('goes step by step, the parts from the last to the first, and logs each', async () => {
    const lines: Record<string, unknown>[] = [];
    const stream = { write: (line: string) => void lines.push(JSON.parse(line) as never) };
    const app = await open(
      {},
      { server: { logger: { stream } }, tiers: { name: 'lifecycle-test' } },
    );
    await listen(app);
    const report = await app.lifecycle.stop('test');
    const names = report.steps.map(({ name }) => name);
    expect(names).toStrictEqual([
      'drain',
      'connections',
      'preClose',
      'requests',
      'application',
      'monitor',
      'cache',
      ...names.slice(7, -2),
      'tiers',
      'router',
    ]);
    expect(names).toContain('builtins.helmet');
    expect(report).toMatchObject({ reason: 'test', ok: true, left: [], error: undefined });
    const logged = lines.filter(({ step }) => step !== undefined);
    expect(logged.map(({ step }) => step)).toStrictEqual(names);
    expect(logged.every(({ ms }) => typeof ms === 'number')).toBe(true);
    expect(await app.lifecycle.stop('again')).toBe(report);
  });

  it('runs preClose before requests end, and onClose of the application before the parts', async () => {
    const app = await open({}, { tiers: { name: 'lifecycle-order' } });
    const seen: string[] = [];
    app.addHook('preClose', async () => void seen.push(`preClose, state ${app.lifecycle.state}`));
    app.addHook('onClose', async () => {
      // The cache below is still there.
      seen.push(`onClose ${await app.tiers.getOrSet('k', async () => 'open')}`);
    });
    let release!: () => void;
    let begun!: () => void;
    const running = new Promise<void>((resolve) => (begun = resolve));
    app.get('/slow', async () => {
      begun();
      await new Promise<void>((resolve) => (release = resolve));
      seen.push('request');
      return 'x';
    });
    const port = await listen(app);
    const client = await connection(port);
    const answer = client.ask('/slow');
    await running;
    const stopped = app.lifecycle.stop();
    await vi.waitFor(() => expect(seen).toHaveLength(1));
    release();
    expect(await answer).toContain('http/1.1 200');
    expect(await stopped).toMatchObject({ ok: true });
    expect(seen).toStrictEqual(['preClose, state closing', 'request', 'onClose open']);
  });

  it('answers what comes on a connection that is open while it closes', async () => {
    const app = await open();
    let release!: () => void;
    app.addHook('preClose', () => new Promise<void>((resolve) => (release = resolve)));
    const port = await listen(app);
    const client = await connection(port);
    await client.ask('/');
    const closed = app.close();
    await vi.waitFor(() => expect(app.lifecycle.state).toBe('closing'));
    const late = await client.ask('/');
    expect(late).toContain('http/1.1 200');
    expect(late).toContain('connection: close');
    release();
    await closed;
  });

  it('does not wait for a connection whose response had begun to say that it is kept', async () => {
    const app = await open();
    let release!: () => void;
    app.get('/stream', (_request, reply) => {
      reply.raw.writeHead(200, { 'content-length': 2 });
      reply.raw.write('a');
      release = () => reply.raw.end('b');
      reply.hijack();
    });
    const port = await listen(app);
    const client = await connection(port);
    expect(await client.ask('/stream')).toContain('connection: keep-alive');
    const stopped = app.lifecycle.stop();
    await vi.waitFor(() => expect(app.lifecycle.state).toBe('closing'));
    release();
    expect(await stopped).toMatchObject({ ok: true, left: [] });
    await client.closed;
  });

  it('ends connections that wait for nothing', async () => {
    const app = await open();
    const port = await listen(app);
    const [used, unused] = [await connection(port), await connection(port)];
    await used.ask('/');
    expect(await app.lifecycle.stop()).toMatchObject({ ok: true });
    await Promise.all([used.closed, unused.closed]);
  });

  it('reports what a hook throws, and closes the rest', async () => {
    const app = await open({}, { tiers: { name: 'lifecycle-throws' } });
    app.addHook('onClose', async () => {
      throw new Error('the queue was lost');
    });
    await app.ready();
    const report = await app.lifecycle.stop();
    expect(report).toMatchObject({ ok: false, left: [] });
    expect(String(report.error)).toContain('the queue was lost');
    expect(report.steps.at(-1)?.name).toBe('router');
    await expect(app.tiers.get('k')).rejects.toMatchObject({ code: 'CATZ_TIERS_CLOSED' });
  });
});

describe('a step that hangs is named, and cut off (CATZ_APP_STOP_TIMEOUT)', () => {
  const hangs = async (arrange: (app: App) => void, options: AppOptions = {}) => {
    const app = await open({ killAfter: 400 }, options);
    arrange(app);
    const port = await listen(app);
    return { app, port };
  };

  it('a preClose hook', async () => {
    const { app } = await hangs((one) => one.addHook('preClose', NEVER));
    const report = await app.lifecycle.stop();
    expect(report).toMatchObject({
      ok: false,
      left: ['preClose'],
      error: {
        code: 'CATZ_APP_STOP_TIMEOUT',
        message: 'the application did not stop within 400 ms, left are: preClose',
      },
    });
  });

  it('a request, by method and path, without its query', async () => {
    let begin!: () => void;
    const begun = new Promise<void>((resolve) => (begin = resolve));
    const { app, port } = await hangs((one) =>
      one.get('/slow/:id', () => {
        begin();
        return NEVER();
      }),
    );
    const client = await connection(port);
    client.socket.write('GET /slow/7?token=secret HTTP/1.1\r\nHost: x\r\n\r\n');
    await begun;
    const report = await app.lifecycle.stop();
    expect(report).toMatchObject({ ok: false, left: ['requests', 'GET /slow/7'] });
    await client.closed;
  });

  it('an onClose hook of the application', async () => {
    const { app } = await hangs((one) => one.addHook('onClose', NEVER));
    expect(await app.lifecycle.stop()).toMatchObject({ ok: false, left: ['application'] });
  });

  it('a part', async () => {
    const tiers = { name: 'lifecycle-hangs' };
    const { app } = await hangs(() => undefined, { tiers });
    vi.spyOn(app.tiers, 'close').mockImplementation(NEVER);
    expect(await app.lifecycle.stop()).toMatchObject({ ok: false, left: ['tiers'] });
  });

  it('the drain itself, where the delay is longer', async () => {
    const app = await open({ shutdownDelay: 60_000, killAfter: 50 });
    await listen(app);
    expect(await app.lifecycle.stop()).toMatchObject({ ok: false, left: ['drain'] });
  });
});

it('servers for every address of localhost are drained', async () => {
  const app = await open({ shutdownDelay: 60_000 });
  await app.listen({ port: 0, host: 'localhost' });
  const { port } = app.server.address() as AddressInfo;
  void app.lifecycle.drain();
  for (const { address } of app.addresses() as AddressInfo[]) {
    const host = address.includes(':') ? `[${address}]` : address;
    const reply = await fetch(`http://${host}:${port}/`);
    expect(reply.headers.get('connection'), address).toBe('close');
  }
  app.lifecycle.hurry();
  expect(await app.lifecycle.stop()).toMatchObject({ ok: true });
});
