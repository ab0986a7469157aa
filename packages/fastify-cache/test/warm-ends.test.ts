// Warming what never ends: each URL has its time, a signal ends the rest, and whoever was asked sees that nobody waits any more.
import { getEventListeners } from 'node:events';
import { PassThrough } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { describe, expect, it, vi } from 'vitest';
import { errors } from '../src/index.ts';
import { atEnd, gate, get, makeApp, settle } from './helpers.ts';

const TIMEOUT = 3_600_000;

/** Time that stands still: only what the test lets pass is over. */
function stopTime(): void {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  atEnd(() => vi.useRealTimers());
}

interface Slow {
  readonly app: FastifyInstance;
  /** What the handlers saw of their end. */
  readonly seen: string[];
  readonly stream: PassThrough;
  /** One that never ends was asked for. */
  readonly begun: Promise<void>;
}

async function makeSlow(): Promise<Slow> {
  const app = await makeApp({ ttl: 60_000 });
  const seen: string[] = [];
  const stream = new PassThrough();
  const { open, opened: begun } = gate();
  const watch = (request: FastifyRequest, reply: FastifyReply): void => {
    request.raw.on('close', () => seen.push('request'));
    reply.raw.on('close', () => seen.push('reply'));
    request.signal.addEventListener('abort', () => seen.push('signal'));
    open();
  };
  app.addHook('onRequestAbort', async (_request) => void seen.push('onRequestAbort'));
  app.get('/a', () => 'a');
  app.get('/b', () => 'b');
  app.get('/hung', async (request, reply) => {
    watch(request, reply);
    await new Promise(() => undefined);
  });
  app.get('/stream', (request, reply) => {
    watch(request, reply);
    stream.write('x');
    return reply.type('text/plain').send(stream);
  });
  app.get('/events', (request, reply) => {
    watch(request, reply);
    reply.hijack();
    reply.raw.writeHead(200, { 'content-type': 'text/event-stream' });
    reply.raw.write('data: x\n\n');
  });
  app.get('/read', async (request, reply) => {
    reply.raw.on('close', () => seen.push('reply'));
    for await (const _chunk of request.raw) seen.push('body');
    open();
    await new Promise(() => undefined);
  });
  app.get('/asks-itself', async (request, reply) => {
    await app.inject('/b');
    watch(request, reply);
    await new Promise(() => undefined);
  });
  const onRequest = async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    watch(request, reply);
    await new Promise(() => undefined);
  };
  app.get('/hook', { onRequest }, () => 'x');
  app.get(
    '/read-in-hook',
    {
      onRequest: async (request) => {
        for await (const _chunk of request.raw) seen.push('body');
        open();
        await new Promise(() => undefined);
      },
    },
    () => 'x',
  );
  return { app, seen, stream, begun };
}

describe('a URL that takes longer than timeout', () => {
  const all = ['onRequestAbort', 'reply', 'request', 'signal'];
  it.each([
    ['/hung', all],
    ['/stream', all],
    ['/asks-itself', all],
    ['/events', ['onRequestAbort', 'reply', 'request']],
    ['/read', ['reply']],
    ['/hook', ['reply', 'request', 'signal']],
    ['/read-in-hook', []],
  ])('has a row, and %s sees its end by %j', async (url, expected) => {
    const { app, seen, begun } = await makeSlow();
    stopTime();
    const warming = app.cache.warm([url, '/a', '/b'], { timeout: TIMEOUT, concurrency: 1 });
    await begun;
    await settle();
    vi.advanceTimersByTime(TIMEOUT);
    const rows = await warming;
    vi.useRealTimers();
    expect(rows).toMatchObject([
      { url, status: 0, stored: false, reason: 'timeout' },
      { url: '/a', status: 200, stored: true },
      { url: '/b', status: 200, stored: true },
    ]);
    expect(rows[0]!.ms).toBeGreaterThan(0);
    await vi.waitFor(() => expect(seen.toSorted()).toEqual(expected));
  });

  it('has its stream destroyed, and leaves nothing of its copy', async () => {
    const { app, stream, begun } = await makeSlow();
    stopTime();
    const warming = app.cache.warm(['/stream'], { timeout: TIMEOUT });
    await begun;
    await settle();
    vi.advanceTimersByTime(TIMEOUT);
    await warming;
    vi.useRealTimers();
    await vi.waitFor(() => expect(stream.destroyed).toBe(true));
    expect(app.cache.stats().inflightBytes).toBe(0);
    expect((await app.cache.warm(['/a']))[0]).toMatchObject({ stored: true });
  });

  it('holds up nobody who waits for the same answer', async () => {
    const app = await makeApp({ ttl: 60_000, collapse: { timeout: 2 * TIMEOUT } });
    const begun = gate();
    let runs = 0;
    app.get('/once-hung', async () => {
      begun.open();
      if (++runs === 1) await new Promise(() => undefined);
      return 'x';
    });
    stopTime();
    const warming = app.cache.warm(['/once-hung'], { timeout: TIMEOUT });
    await begun.opened;
    const waiting = get(app, '/once-hung');
    await settle();
    expect(runs).toBe(1);
    vi.advanceTimersByTime(TIMEOUT);
    expect(await warming).toMatchObject([{ reason: 'timeout' }]);
    expect((await waiting).body).toBe('x');
  });

  it('leaves alone whom it waited for', async () => {
    const app = await makeApp({ ttl: 60_000, collapse: { timeout: 2 * TIMEOUT } });
    const begun = gate();
    const held = gate();
    app.get('/slow', async () => {
      begun.open();
      await held.opened;
      return 'x';
    });
    const first = get(app, '/slow');
    await begun.opened;
    stopTime();
    const warming = app.cache.warm(['/slow'], { timeout: TIMEOUT });
    await settle();
    vi.advanceTimersByTime(TIMEOUT);
    expect(await warming).toMatchObject([{ reason: 'timeout' }]);
    vi.useRealTimers();
    held.open();
    expect((await first).body).toBe('x');
    expect((await get(app, '/slow')).cache).toContain('hit');
  });
});

describe('the time', () => {
  /** Whether a held route was given up once so many ms had passed. */
  async function isGivenUp(after: number, options?: { timeout: number | false }): Promise<boolean> {
    const app = await makeApp({ ttl: 60_000 });
    const held = gate();
    const begun = gate();
    app.get('/slow', async () => {
      begun.open();
      await held.opened;
      return 'x';
    });
    stopTime();
    const warming = app.cache.warm(['/slow'], options);
    await begun.opened;
    vi.advanceTimersByTime(after);
    held.open();
    const [row] = await warming;
    expect(vi.getTimerCount()).toBe(0);
    vi.useRealTimers();
    return row!.reason === 'timeout';
  }

  it('is 30 s, unless it is given or off', async () => {
    expect(await isGivenUp(29_999)).toBe(false);
    expect(await isGivenUp(30_000)).toBe(true);
    expect(await isGivenUp(30_000, { timeout: 60_000 })).toBe(false);
    expect(await isGivenUp(3_600_000, { timeout: false })).toBe(false);
  });
});

describe('the signal', () => {
  it('gives up what is under way, and asks for nothing more', async () => {
    const { app, seen, begun } = await makeSlow();
    const asked: string[] = [];
    app.addHook('onRequest', async (request) => void asked.push(request.url));
    app.get('/c', () => 'c');
    const ending = new AbortController();
    const urls = ['/a', '/hung', '/b', '/c'];
    const warming = app.cache.warm(urls, {
      concurrency: 1,
      timeout: false,
      signal: ending.signal,
    });
    await begun;
    ending.abort();
    expect((await warming).map(({ status, stored, reason }) => [status, stored, reason])).toEqual([
      [200, true, undefined],
      [0, false, 'aborted'],
      [0, false, 'aborted'],
      [0, false, 'aborted'],
    ]);
    await vi.waitFor(() => expect(seen).toContain('reply'));
    await settle();
    expect(asked).toEqual(['/a', '/hung']);
    expect(app.cache.stats().misses).toBe(2);
  });

  it('that is aborted already lets nothing be asked for', async () => {
    const { app } = await makeSlow();
    const rows = await app.cache.warm(['/a'], { signal: AbortSignal.abort() });
    expect(rows).toMatchObject([{ url: '/a', status: 0, stored: false, reason: 'aborted' }]);
    expect(app.cache.stats().misses).toBe(0);
  });

  it('has one listener, however many URLs are asked for at a time, and none afterwards', async () => {
    const { app } = await makeSlow();
    const { signal } = new AbortController();
    let most = 0;
    app.get('/n/:n', async () => {
      most = Math.max(most, getEventListeners(signal, 'abort').length);
      return 'x';
    });
    const urls = Array.from({ length: 20 }, (_, n) => `/n/${n}`);
    const rows = await app.cache.warm(urls, { concurrency: 20, signal });
    expect(rows.every(({ stored }) => stored)).toBe(true);
    expect(most).toBe(1);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });
});

it.each([
  [{ timeout: 0 }, 'expected options.timeout to be false or a duration in ms above 0'],
  [{ timeout: true }, 'expected options.timeout to be false or a duration in ms above 0'],
  [{ timeout: Infinity }, 'expected options.timeout to be false or a duration in ms above 0'],
  [{ signal: {} }, 'expected options.signal to be an AbortSignal, got an object'],
])('%j is refused (CATZ_FASTIFY_CACHE_OPTION)', async (options, sentence) => {
  const { app } = await makeSlow();
  const refused = app.cache.warm(['/a'], options as object);
  await expect(refused).rejects.toThrow(sentence);
  await expect(refused).rejects.toThrow(errors.OPTION);
});
