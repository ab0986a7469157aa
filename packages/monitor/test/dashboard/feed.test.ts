import { createServer, get } from 'node:http';
import type { ServerResponse } from 'node:http';
import { connect as connectHttp2 } from 'node:http2';
import { connect } from 'node:net';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import Fastify from 'fastify';
import type { FastifyBaseLogger, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { Events } from '../../src/dashboard/events.ts';
import type { Frame, Hello } from '../../src/dashboard/frame.ts';
import { SentFrame } from '../../src/dashboard/sent-frame.ts';
import { Viewer } from '../../src/dashboard/viewer.ts';
import type { History } from '../../src/history/history.ts';
import { FIRST, pointOf } from '../../src/history/point.ts';
import { deferred, listen, open, snapshotOf, watch } from './support.ts';

afterEach(() => vi.restoreAllMocks());

/** Snapshots that come one after the other, each a second later than the one before. */
function steps() {
  let taken = 0;
  return {
    get taken() {
      return taken;
    },
    take: () => {
      taken += 1;
      return snapshotOf({ at: (1_000_000 + taken * 1000) as never, http: { requests: taken * 7 } });
    },
  };
}

describe('the feed', () => {
  it('says hello, then sends a frame at once and one for each second', async () => {
    const { take } = steps();
    const { app } = await open({ take, dashboard: { title: 'Shop' } });
    const stream = await watch(await listen(app));
    expect(stream.response.headers).toMatchObject({
      'content-type': 'text/event-stream',
      'cache-control': 'no-store, no-transform',
      'x-content-type-options': 'nosniff',
    });
    const hello = await stream.next();
    expect(hello.event).toBe('hello');
    expect(hello.data).toMatchObject({ title: 'Shop', actions: false, seconds: [], minutes: [] });
    const first = await stream.next();
    expect(first.event).toBe('frame');
    // Since the process began.
    expect((first.data as Frame).point.requests).toBe(0.63636);
    const second = (await stream.next()).data as Frame;
    expect(second.point.requests).toBe(7);
    expect(second.totals.requests).toBe(14);
  });

  it('takes one look for all viewers, and gives one that comes later the last frame at once', async () => {
    const counted = steps();
    const { app } = await open({ take: counted.take });
    const port = await listen(app);
    const a = await watch(port);
    await a.next();
    const first = await a.next();
    const b = await watch(port);
    await b.next();
    expect(await b.next()).toStrictEqual(first);
    expect(counted.taken).toBe(1);
    expect(await b.next()).toStrictEqual(await a.next());
    expect(counted.taken).toBe(2);
  });

  it('looks no more once the last viewer has gone, and begins anew with the next', async () => {
    const counted = steps();
    const stopped = vi.spyOn(globalThis, 'clearInterval');
    const { app } = await open({ take: counted.take });
    const port = await listen(app);
    const stream = await watch(port);
    await stream.next();
    await stream.next();
    stream.close();
    await vi.waitFor(() => expect(stopped).toHaveBeenCalled());
    const { taken } = counted;
    const again = await watch(port);
    await again.next();
    await again.next();
    expect(counted.taken).toBe(taken + 1);
    const hello = (await app.inject('/_catzilla/data/hello')).json<Hello>();
    // The first frames of both were no seconds: they told of the time since the start.
    expect(hello.seconds).toHaveLength(taken - 1);
  });

  it('says hello without points, which are asked for compressed', async () => {
    const { app, dashboard } = await open();
    const { at, ...figures } = pointOf(FIRST, snapshotOf());
    const history = dashboard.history as History;
    for (let i = 0; i < 900; i++) history.takeSecond({ at: at + i, ...figures });
    const stream = await watch(await listen(app));
    expect((await stream.next()).data).toMatchObject({ seconds: [], minutes: [] });
    const url = '/_catzilla/data/hello';
    const plain = await app.inject(url);
    expect(plain.headers).not.toHaveProperty('content-encoding');
    expect(plain.json<Hello>().seconds).toHaveLength(900);
    const small = await app.inject({ url, headers: { 'accept-encoding': 'br, gzip' } });
    expect(small.headers['content-encoding']).toBe('gzip');
    expect(gunzipSync(small.rawPayload).toString()).toBe(plain.body);
    expect(small.rawPayload.length).toBeLessThan(plain.rawPayload.length / 5);
  });

  it('sets no timer below a minute while nobody watches', async () => {
    const intervals = vi.spyOn(globalThis, 'setInterval');
    const { app } = await open();
    await app.ready();
    const timeouts = vi.spyOn(globalThis, 'setTimeout');
    await app.inject('/_catzilla/');
    await app.inject('/_catzilla/data/hello');
    await app.inject('/_catzilla/data/routes');
    const isOurs = (call: unknown[]) => String(call[0]).includes('tick');
    expect(intervals.mock.calls.filter(isOurs).map(([, ms]) => ms)).toStrictEqual([60_000]);
    expect(intervals.mock.results.map(({ value }) => (value as NodeJS.Timeout).hasRef())).toContain(
      false,
    );
    expect(timeouts.mock.calls.filter(([, ms]) => (ms ?? 0) < 60_000)).toStrictEqual([]);
  });

  it('keeps a point each minute while nobody watches, asking for no more than counts', async () => {
    const ticks: (() => void)[] = [];
    vi.spyOn(globalThis, 'setInterval').mockImplementation(((tick: () => void) => {
      ticks.push(tick);
      return { unref: () => ({ hasRef: () => false }) };
    }) as never);
    const { take } = steps();
    const { app, dashboard } = await open({ take, dashboard: false });
    await app.ready();
    expect(dashboard.history.minutes()).toHaveLength(0);
    for (const tick of ticks) tick();
    await vi.waitFor(() => expect(dashboard.history.minutes()).toHaveLength(1));
    expect(dashboard.history.seconds()).toHaveLength(0);
    expect(dashboard.history.bytes).toBeGreaterThan(0);
  });

  it('sees each minute what has changed, also while nobody watches', async () => {
    const ticks: (() => void)[] = [];
    vi.spyOn(globalThis, 'setInterval').mockImplementation(((tick: () => void) => {
      ticks.push(tick);
      return { unref: () => undefined };
    }) as never);
    let state = 'ready';
    const snapshot = () => ({ state, parts: {}, checks: {} });
    const { app, dashboard } = await open({
      prepare: (app) => app.decorate('health', { snapshot } as never),
    });
    await app.ready();
    const minute = async (count: number): Promise<void> => {
      for (const tick of ticks) tick();
      await vi.waitFor(() => expect(dashboard.history.minutes()).toHaveLength(count));
    };
    await minute(1);
    state = 'failing';
    await minute(2);
    const hello = (await app.inject('/_catzilla/data/hello')).json<Hello>();
    expect(hello.minutes).toHaveLength(2);
    expect(hello.events).toMatchObject([
      { kind: 'health', level: 'error', text: 'the application is failing' },
    ]);
  });

  it('logs a minute that could not be kept, and keeps the next', async () => {
    const ticks: (() => void)[] = [];
    vi.spyOn(globalThis, 'setInterval').mockImplementation(((tick: () => void) => {
      ticks.push(tick);
      return { unref: () => undefined };
    }) as never);
    const warned = vi.fn();
    let isBroken = true;
    const { app, dashboard } = await open({
      app: Fastify({ loggerInstance: loggerWith({ warn: warned }) }),
      take: () => {
        if (isBroken) throw new Error('not now');
        return snapshotOf();
      },
    });
    await app.ready();
    for (const tick of ticks) tick();
    await vi.waitFor(() => expect(warned).toHaveBeenCalledTimes(1));
    isBroken = false;
    for (const tick of ticks) tick();
    await vi.waitFor(() => expect(dashboard.history.minutes()).toHaveLength(1));
  });

  it('goes on after a look that failed, and logs it once as a warning', async () => {
    let looks = 0;
    const warned = vi.fn();
    const app = Fastify({ loggerInstance: loggerWith({ warn: warned }) });
    await open({
      app,
      take: () => {
        looks += 1;
        if (looks === 1) throw new Error('not now');
        return snapshotOf();
      },
    });
    const stream = await watch(await listen(app));
    await stream.next();
    expect((await stream.next()).event).toBe('frame');
    expect(warned).toHaveBeenCalledTimes(1);
  });

  it('ends its streams at shutdown with a time to come back, and takes no more', async () => {
    const { app } = await open();
    const stream = await watch(await listen(app));
    await stream.next();
    await stream.next();
    const rest = stream.rest();
    await app.close();
    expect(await rest).toMatch(/retry: \d+\n\n$/);
  });

  it('refuses more viewers than it may have with CATZ_MONITOR_VIEWERS_LIMIT', async () => {
    const { app } = await open({ dashboard: { maxViewers: 1 } });
    const port = await listen(app);
    await watch(port);
    const refused = await watch(port);
    expect(refused.response.statusCode).toBe(503);
    expect(JSON.parse(await refused.rest())).toMatchObject({ code: 'CATZ_MONITOR_VIEWERS_LIMIT' });
  });

  it.each([false, true])(
    'gives no place to one that left while its guard was asked (HTTP/2: %j)',
    async (http2) => {
      const asked = deferred();
      const gone = deferred();
      const answered = deferred();
      const guard = async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
        if (request.headers['x-leaves'] === undefined) return;
        reply.raw.once('close', () => gone.resolve());
        asked.resolve();
        await gone.promise;
        setImmediate(() => answered.resolve());
      };
      const app = Fastify({ http2 } as object) as unknown as FastifyInstance;
      await open({ app, dashboard: { guard, maxViewers: 1 } });
      const port = await listen(app);
      const path = '/_catzilla/data/feed';
      const headers = { 'x-leaves': 'yes' };
      const session = http2 ? connectHttp2(`http://127.0.0.1:${port}`) : undefined;
      onTestFinished(() => session?.destroy());
      const leaving = session
        ? session.request({ ':path': path, ...headers })
        : get({ host: '127.0.0.1', port, path, headers });
      leaving.on('error', () => undefined);
      await asked.promise;
      leaving.destroy();
      await answered.promise;
      const status = await new Promise((resolve, reject) => {
        if (session)
          session.request({ ':path': path }).on('response', (head) => resolve(head[':status'])); // prettier-ignore
        else watch(port).then(({ response }) => resolve(response.statusCode), reject);
      });
      expect(status).toBe(200);
    },
  );

  it('is not opened for the application itself, as to warm it: that would never end', async () => {
    const { app } = await open();
    expect((await app.inject('/_catzilla/data/feed')).statusCode).toBe(404);
  });

  it('sends what hooks of the application have set, and has no HEAD that would never end', async () => {
    const { app } = await open({
      prepare: (app) =>
        app.addHook('onRequest', async (_request, reply) => {
          void reply.header('x-of-the-app', 'yes');
          reply.raw.setHeader('content-security-policy', "default-src 'none'; sandbox");
        }),
    });
    const stream = await watch(await listen(app));
    expect(stream.response.headers['x-of-the-app']).toBe('yes');
    expect(stream.response.headers['content-security-policy']).toContain("script-src 'self'");
    const head = await app.inject({ method: 'HEAD', url: '/_catzilla/data/feed' });
    expect(head.statusCode).toBe(404);
  });
});

describe('a viewer', () => {
  /** A response that takes nothing while it is full. */
  function response() {
    const written: string[] = [];
    return {
      written,
      destroyed: false,
      ended: false,
      writableLength: 0,
      write(bytes: Buffer) {
        written.push(bytes.toString());
        return true;
      },
      end() {
        this.ended = true;
      },
      destroy() {
        this.destroyed = true;
      },
      once: () => undefined,
    };
  }

  const frame = (events: Events): SentFrame => new SentFrame({ point: {} } as never, events);
  const eventsOf = (text: string): unknown =>
    (JSON.parse(text.slice(text.indexOf('data: ') + 6)) as Frame).events;

  it('that is slow is left out, holds one write at most, and is told later of what happened', () => {
    const events = new Events();
    const fake = response();
    const viewer = new Viewer(fake as unknown as ServerResponse, events.last);
    viewer.offer(frame(events));
    expect(fake.written).toHaveLength(1);
    fake.writableLength = 1;
    events.add('gap', () => ({ level: 'warn', text: 'missed' }));
    for (let i = 0; i < 50; i++) viewer.offer(frame(events));
    expect(fake.written).toHaveLength(1);
    fake.writableLength = 0;
    viewer.offer(frame(events));
    expect(fake.written).toHaveLength(2);
    expect(eventsOf(fake.written[1]!)).toMatchObject([{ kind: 'gap', text: 'missed' }]);
    viewer.offer(frame(events));
    expect(eventsOf(fake.written[2]!)).toStrictEqual([]);
  });

  it('that takes nothing for a minute is cut off', () => {
    const fake = response();
    const viewer = new Viewer(fake as unknown as ServerResponse, 0);
    fake.writableLength = 1;
    for (let i = 0; i < 60; i++) viewer.offer(frame(new Events()));
    expect(fake.destroyed).toBe(false);
    viewer.offer(frame(new Events()));
    expect(fake.destroyed).toBe(true);
  });

  it('is ended after an hour, so that the guard is asked again', () => {
    const fake = response();
    const viewer = new Viewer(fake as unknown as ServerResponse, 0);
    const one = frame(new Events());
    for (let i = 0; i < 3599; i++) viewer.offer(one);
    expect(fake.ended).toBe(false);
    viewer.offer(one);
    expect(fake.ended).toBe(true);
  });

  it('that takes nothing at the end is not waited for', () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const fake = response();
    const viewer = new Viewer(fake as unknown as ServerResponse, 0);
    viewer.end('');
    expect(fake).toMatchObject({ destroyed: false, ended: true });
    vi.advanceTimersByTime(500);
    expect(fake.destroyed).toBe(true);
  });
});

describe('on a real connection', () => {
  it('one that never reads holds one frame at most, and is cut off', async () => {
    const events = new Events();
    const big = new SentFrame({ point: 'x'.repeat(200_000) } as never, events);
    const size = big.bytes(0).length;
    let highest = 0;
    const closed = new Promise<number>((resolve) => {
      const server = createServer((_request, response) => {
        const viewer = new Viewer(response, 0);
        let offered = 0;
        const offer = (): void => {
          if (response.destroyed) return resolve(offered);
          viewer.offer(big);
          offered += 1;
          highest = Math.max(highest, response.writableLength);
          setImmediate(offer);
        };
        response.writeHead(200);
        offer();
      });
      onTestFinished(() => void server.close());
      server.listen(0, '127.0.0.1', () => {
        const socket = connect((server.address() as AddressInfo).port, '127.0.0.1').pause();
        socket.on('error', () => undefined);
        socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
        onTestFinished(() => void socket.destroy());
      });
    });
    // What the kernel takes is some; after that 61 are left out.
    expect(await closed).toBeGreaterThan(61);
    expect(highest).toBeGreaterThan(0);
    // With the head of the response before it.
    expect(highest).toBeLessThanOrEqual(size + 512);
  });

  it('of HTTP/2 it is the same', async () => {
    const app = Fastify({ http2: true }) as never as FastifyInstance;
    await open({ app });
    const port = await listen(app);
    const session = connectHttp2(`http://localhost:${port}`);
    onTestFinished(() => session.destroy());
    const stream = session.request({ ':path': '/_catzilla/data/feed' });
    stream.setEncoding('utf8');
    let text = '';
    for await (const chunk of stream) {
      text += chunk as string;
      if (text.includes('event: frame')) break;
    }
    expect(text).toMatch(/^event: hello\nretry: 2000\ndata: \{.*\}\n\nevent: frame\ndata: \{/);
  });

  it('of HTTP/2 it ends at shutdown', async () => {
    const app = Fastify({ http2: true }) as never as FastifyInstance;
    await open({ app });
    const session = connectHttp2(`http://localhost:${await listen(app)}`);
    onTestFinished(() => session.destroy());
    const stream = session.request({ ':path': '/_catzilla/data/feed' });
    stream.setEncoding('utf8');
    let begun = (): void => undefined;
    const isWatching = new Promise<void>((resolve) => (begun = resolve));
    const rest = new Promise<string>((resolve) => {
      let text = '';
      stream.on('end', () => {
        // One that stays open would be waited for, with or without a feed; from Node 24 on the server closes it.
        session.close();
        resolve(text);
      });
      stream.on('data', (chunk: string) => {
        text += chunk;
        if (text.includes('event: frame')) begun();
      });
    });
    await isWatching;
    await app.close();
    expect(await rest).toMatch(/retry: \d+\n\n$/);
  });
});

function loggerWith(own: object): FastifyBaseLogger {
  const none = (): void => undefined;
  const logger = { fatal: none, error: none, warn: none, info: none, debug: none, trace: none };
  const made = { ...logger, ...own, level: 'info', child: () => made } as object;
  return made as FastifyBaseLogger;
}
