// Live channels as a part of an application: where they stand among the others, and what health says of them.
import { WebSocket } from 'ws';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createApp, defineMiddleware } from '../src/index.ts';
import type { AppOptions } from '../src/index.ts';

async function open(options: AppOptions = {}) {
  const app = await createApp({ env: false, realtime: true, ...options });
  onTestFinished(() => app.close());
  app.realtime.channel('prices', { public: true });
  return app;
}

/** The first message of a stream of events that is no greeting. */
async function firstEvent(url: string): Promise<string> {
  const reply = await fetch(`${url}/realtime/events?channel=prices`);
  expect(reply.status).toBe(200);
  let text = '';
  for await (const chunk of reply.body!) {
    text += Buffer.from(chunk).toString();
    const found = /data: ?(\{.*"coffee".*\})/.exec(text);
    if (found !== null) return found[1]!;
  }
  throw new Error(`ended before a message: ${text}`);
}

describe('the part realtime', () => {
  it('is off by default, and imports nothing', async () => {
    const app = await createApp({ env: false });
    onTestFinished(() => app.close());
    expect(app.config.realtime).toBe(false);
    expect(app.hasDecorator('realtime')).toBe(false);
    expect((await app.inject('/realtime/events?channel=prices')).statusCode).toBe(404);
  });

  it('takes its options, and those of the environment', async () => {
    const app = await open({
      realtime: { path: '/live' },
      env: { CATZILLA__REALTIME__SSE: 'false' },
    });
    expect(app.config.realtime).toMatchObject({ path: '/live', sse: false });
    expect((await app.inject('/live/events?channel=prices')).statusCode).toBe(404);
    const wrong = createApp({ env: { CATZILLA__REALTIME__HEARTBEAT: 'often' } });
    await expect(wrong).rejects.toMatchObject({ code: 'CATZ_APP_ENV' });
  });

  it('reaches clients over events and over a WebSocket, whatever is cached and compressed', async () => {
    const app = await open({ cache: { ttl: 60_000 }, builtins: { compress: true, cookie: true } });
    const url = await app.listen({ port: 0, host: '127.0.0.1' });
    const event = firstEvent(url);
    const socket = new WebSocket(`${url.replace('http', 'ws')}/realtime`);
    onTestFinished(() => socket.terminate());
    const message = new Promise<string>((resolve, reject) => {
      socket.on('error', reject);
      socket.on('open', () => socket.send('{"type":"subscribe","channel":"prices"}'));
      socket.on('message', (data: Buffer) => {
        const text = data.toString();
        if (text.includes('coffee')) resolve(text);
      });
    });
    await expect.poll(() => app.realtime.stats().subscriptions).toBe(2);
    await app.realtime.publish('prices', { coffee: 4.2 });
    expect(JSON.parse(await event)).toMatchObject({ channel: 'prices', data: { coffee: 4.2 } });
    expect(JSON.parse(await message)).toMatchObject({ type: 'message', data: { coffee: 4.2 } });
  });

  it('stands behind middleware of the whole application, and behind hooks that come later', async () => {
    const guard = defineMiddleware()({
      name: 'guard',
      at: 'onRequest',
      async pre({ headers }, reply) {
        if (headers['x-key'] !== 'k') return reply.code(401).send();
      },
    });
    const refused = async (options: AppOptions, hook: boolean): Promise<number[]> => {
      const app = await open(options);
      if (hook) app.addHook('onRequest', async (_request, reply) => reply.code(401).send());
      const url = await app.listen({ port: 0, host: '127.0.0.1' });
      const { status } = await fetch(`${url}/realtime/events?channel=prices`);
      const upgrade = await new Promise<number>((resolve) => {
        const socket = new WebSocket(`${url.replace('http', 'ws')}/realtime`);
        socket.on('unexpected-response', (request, { statusCode }) => {
          request.destroy();
          resolve(statusCode ?? 0);
        });
        socket.on('open', () => {
          socket.terminate();
          resolve(101);
        });
        socket.on('error', () => undefined);
      });
      return [status, upgrade];
    };
    expect(await refused({ middleware: { use: [guard] } }, false)).toStrictEqual([401, 401]);
    expect(await refused({}, true)).toStrictEqual([401, 401]);
  });

  it('is a part of health, and ends before the cache and after the monitor', async () => {
    const app = await open();
    await app.listen({ port: 0, host: '127.0.0.1' });
    await expect
      .poll(() => app.health.snapshot())
      .toMatchObject({ state: 'ready', parts: { realtime: { state: 'ok' } } });
    const { ok, steps } = await app.lifecycle.stop();
    const names = steps.map(({ name }) => name);
    expect(ok).toBe(true);
    expect(names.indexOf('monitor')).toBeLessThan(names.indexOf('realtime'));
    expect(names.indexOf('realtime')).toBeLessThan(names.indexOf('cache'));
    expect(app.health.snapshot().parts['realtime']).toMatchObject({ state: 'degraded' });
  });

  it('says good-bye to those who listen when the application stops', async () => {
    const app = await open({ realtime: { closeDelay: 50 } });
    const url = await app.listen({ port: 0, host: '127.0.0.1' });
    const reply = await fetch(`${url}/realtime/events?channel=prices`);
    const text = reply.text();
    await expect.poll(() => app.realtime.stats().connections.sse).toBe(1);
    expect(await app.lifecycle.stop()).toMatchObject({ ok: true, left: [] });
    expect(await text).toContain('retry:');
  });
});
