import Fastify from 'fastify';
import type { FastifyInstance } from 'fastify';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Hello } from '../../src/dashboard/frame.ts';
import { open } from './support.ts';
import type { Opening } from './support.ts';

const same = { host: 'localhost', 'sec-fetch-site': 'same-origin' };

function misuse(message: string): TypeError {
  return Object.assign(new TypeError(message), { code: 'CATZ_FASTIFY_CACHE_OPTION' });
}

/** A response cache that takes note. */
function cacheOf() {
  return {
    purge: vi.fn(async () => ({ ok: true, purged: 2 })),
    purgePath: vi.fn(async (pattern: string) => {
      if (!pattern.startsWith('/')) throw misuse('no pattern');
      return { ok: true, purged: 7 };
    }),
    purgeTags: vi.fn(async () => ({ ok: false })),
    purgeAll: vi.fn(async () => ({ ok: true, purged: 9 })),
    warm: vi.fn(async (urls: readonly string[]) =>
      urls.map((url, at) => ({
        url,
        status: 200,
        stored: at === 0,
        reason: at === 0 ? undefined : 'no-store',
        ms: 1,
      })),
    ),
  };
}

async function acting(parts: object, opening: Opening = {}) {
  const { app } = await open({
    ...opening,
    dashboard: { actions: true, ...(opening.dashboard as object) },
    prepare: (app) => {
      for (const [name, part] of Object.entries(parts)) app.decorate(name, part);
    },
  });
  const { token } = await hello(app);
  const post = (
    action: string,
    payload: unknown,
    headers: Record<string, string> = { ...same, 'x-catzilla-token': token },
  ) =>
    app.inject({
      method: 'POST',
      url: `/_catzilla/actions/${action}`,
      headers: { 'content-type': 'application/json', ...headers },
      payload: typeof payload === 'string' ? payload : JSON.stringify(payload),
    });
  return { app, token, post };
}

async function hello(app: FastifyInstance): Promise<Hello> {
  return (await app.inject({ url: '/_catzilla/data/hello', headers: same })).json();
}

describe('a purge', () => {
  it.each([
    ['tag', 'city:1', 'purgeTags', [['city:1'], { soft: false }]],
    ['url', '/cities/1', 'purge', ['/cities/1', { soft: false }]],
    ['pattern', '/cities/**', 'purgePath', ['/cities/**', { soft: false }]],
    ['all', '', 'purgeAll', [{ soft: false }]],
  ] as const)('of kind %s reaches the cache', async (kind, value, method, args) => {
    const cache = cacheOf();
    const { post } = await acting({ cache });
    const reply = await post('purge', { kind, value, soft: false });
    expect(reply.statusCode).toBe(200);
    expect(reply.headers['cache-control']).toBe('no-store');
    expect(cache[method].mock.calls).toStrictEqual([args]);
  });

  it('tells how it ended', async () => {
    const { post } = await acting({ cache: cacheOf() });
    expect((await post('purge', { kind: 'url', value: '/a' })).json()).toStrictEqual({
      ok: true,
      purged: 2,
      text: 'URL /a was purged (2 in memory)',
    });
    expect((await post('purge', { kind: 'tag', value: 'a', soft: true })).json()).toStrictEqual({
      ok: false,
      purged: null,
      text: 'tag a was made stale; not every tier has taken it yet, and will be told again',
    });
    expect((await post('purge', { kind: 'all', soft: true })).json().text).toBe(
      'everything was made stale (9 in memory)',
    );
  });

  it('is logged with what was asked for, and told as an event', async () => {
    const info = vi.fn();
    const none = (): void => undefined;
    const rest = { fatal: none, error: none, warn: none, debug: none, trace: none, level: 'info' };
    const logger = { ...rest, info, child: () => logger } as object;
    const app = Fastify({ loggerInstance: logger as never }) as never;
    const { post } = await acting({ cache: cacheOf() }, { app });
    await post('purge', { kind: 'url', value: '/secret-place', soft: false });
    await post('warm', { urls: ['/a', '/b'] });
    expect(info.mock.calls).toContainEqual([
      { kind: 'url', value: '/secret-place', soft: false, ok: true, purged: 2 },
      'dashboard: purge',
    ]);
    expect(info.mock.calls).toContainEqual([{ urls: 2, stored: 1 }, 'dashboard: warm']);
    const { events } = await hello(app);
    expect(events).toMatchObject([
      { kind: 'action', level: 'info', text: 'from the dashboard: 1 URL was purged' },
      { kind: 'action', level: 'warn', text: 'from the dashboard: 1 of 2 URLs warmed' },
    ]);
  });

  it('names what was purged in events only where keys are shown', async () => {
    const { app, post } = await acting({ cache: cacheOf() }, { dashboard: { showKeys: true } });
    await post('purge', { kind: 'url', value: '/place' });
    expect((await hello(app)).events[0]!.text).toBe(
      'from the dashboard: URL /place was purged (2 in memory)',
    );
  });

  it.each([
    ['[]', 'expected a body that is an object of JSON'],
    ['null', 'expected a body that is an object of JSON'],
    ['{"kind":', 'expected a body of JSON'],
    [{ kind: 'everything' }, 'expected kind to be one of tag, url, pattern, all'],
    [{ kind: 'toString', value: 'x' }, 'expected kind to be one of'],
    [{ kind: 'url' }, 'expected value to be a text of 1 to 2048 characters'],
    [{ kind: 'url', value: 5 }, 'expected value to be'],
    [{ kind: 'tag', value: 'x'.repeat(2049) }, 'expected value to be'],
    [{ kind: 'tag', value: 'x', soft: 'yes' }, 'expected soft to be true or false'],
    [{ kind: 'pattern', value: 'x' }, 'expected value to be a pattern as /products/**'],
  ])('%j is refused with CATZ_MONITOR_ACTION', async (body, message) => {
    const cache = cacheOf();
    const { post } = await acting({ cache });
    const reply = await post('purge', body);
    expect(reply.statusCode).toBe(400);
    if (body !== '{"kind":') {
      expect(reply.json()).toMatchObject({ code: 'CATZ_MONITOR_ACTION' });
    }
    expect(reply.json().message).toContain(message);
    expect(cache.purge).not.toHaveBeenCalled();
  });

  it('of an application without the part is refused with CATZ_MONITOR_NO_PART', async () => {
    const { post } = await acting({});
    const reply = await post('purge', { kind: 'url', value: '/a' });
    expect(reply.statusCode).toBe(404);
    expect(reply.json()).toMatchObject({
      code: 'CATZ_MONITOR_NO_PART',
      message: 'the application has no response cache',
    });
  });

  it('reaches the tiers where there is no response cache', async () => {
    const tiers = {
      name: 'app',
      on: () => () => undefined,
      invalidateTags: vi.fn(async () => ({ ok: true })),
      clear: vi.fn(async () => ({ ok: true })),
    };
    const { post } = await acting({ tiers });
    await post('purge', { kind: 'tag', value: 'a', soft: true });
    expect(tiers.invalidateTags.mock.calls).toStrictEqual([[['a'], { soft: true }]]);
    await post('purge', { kind: 'all' });
    expect(tiers.clear).toHaveBeenCalledTimes(1);
    expect((await post('purge', { kind: 'all', soft: true })).statusCode).toBe(404);
  });

  it('that fails is an error of the application, and not told', async () => {
    const purge = async () => {
      throw new TypeError('a fault with a secret');
    };
    const { app, post } = await acting({ cache: { ...cacheOf(), purge } });
    expect((await post('purge', { kind: 'url', value: '/a' })).statusCode).toBe(500);
    expect((await hello(app)).events).toStrictEqual([]);
  });
});

describe('warming', () => {
  it('gives what became of each URL', async () => {
    const cache = cacheOf();
    const { post } = await acting({ cache });
    const reply = await post('warm', { urls: ['/a', '/b'] });
    expect(reply.json()).toStrictEqual({
      results: [
        { url: '/a', status: 200, stored: true, ms: 1 },
        { url: '/b', status: 200, stored: false, reason: 'no-store', ms: 1 },
      ],
    });
    expect(cache.warm.mock.calls).toMatchObject([[['/a', '/b'], { signal: { aborted: false } }]]);
  });

  /** An action that warms until it is given up; resolves once it does. */
  async function endless() {
    const begun = vi.fn();
    const warm = async (urls: readonly string[], { signal }: { signal: AbortSignal }) => {
      begun();
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      return urls.map((url) => ({ url, status: 0, stored: false, reason: 'aborted', ms: 1 }));
    };
    return { begun, ...(await acting({ cache: { ...cacheOf(), warm } })) };
  }

  it('gives up what is left before the page gives up, and says so', async () => {
    const { begun, post } = await endless();
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const replied = post('warm', { urls: ['/never'] });
    await vi.waitFor(() => expect(begun).toHaveBeenCalled());
    vi.advanceTimersByTime(50_000);
    const { results } = (await replied).json();
    expect(results).toMatchObject([{ url: '/never', stored: false, reason: 'aborted' }]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('ends with the page that waits for it', async () => {
    const { app, token, begun } = await endless();
    const origin = await app.listen({ port: 0, host: '127.0.0.1' });
    const closing = new AbortController();
    const asked = fetch(`${origin}/_catzilla/actions/warm`, {
      method: 'POST',
      headers: { ...same, 'content-type': 'application/json', 'x-catzilla-token': token },
      body: JSON.stringify({ urls: ['/never'] }),
      signal: closing.signal,
    });
    await vi.waitFor(() => expect(begun).toHaveBeenCalled());
    closing.abort();
    await expect(asked).rejects.toThrow('aborted');
    await vi.waitFor(async () =>
      expect((await hello(app)).events).toMatchObject([
        { text: 'from the dashboard: 0 of 1 URLs warmed' },
      ]),
    );
  });

  it.each([
    {},
    { urls: '/a' },
    { urls: [] },
    { urls: [5] },
    { urls: [''] },
    { urls: Array.from({ length: 101 }, () => '/a') },
  ])('of %j is refused', async (body) => {
    const { post } = await acting({ cache: cacheOf() });
    const reply = await post('warm', body);
    expect(reply.statusCode).toBe(400);
    expect(reply.json().message).toBe('expected urls to be a list of 1 to 100 texts');
  });

  it('of what the cache takes for no URL is refused, with what it says', async () => {
    const warm = async () => {
      throw misuse('no URL');
    };
    const { post } = await acting({ cache: { ...cacheOf(), warm } });
    const reply = await post('warm', { urls: ['nowhere'] });
    expect(reply.json().message).toBe(
      'expected each of urls to be a path or a URL of this application: no URL',
    );
  });
});

describe('an action', () => {
  it('is refused with CATZ_MONITOR_ACTIONS_OFF where actions are off, and no token is given out', async () => {
    const cache = cacheOf();
    const { token, post } = await acting({ cache }, { dashboard: { actions: false } });
    expect(token).toBe('');
    for (const each of ['purge', 'warm']) {
      const reply = await post(each, { kind: 'all' });
      expect(reply.statusCode).toBe(403);
      expect(reply.json().code).toBe('CATZ_MONITOR_ACTIONS_OFF');
    }
    expect(cache.purgeAll).not.toHaveBeenCalled();
  });

  it.each([
    ['without a token', () => ({ ...same })],
    ['with another token', () => ({ ...same, 'x-catzilla-token': 'a'.repeat(32) })],
    ['with an empty token', () => ({ ...same, 'x-catzilla-token': '' })],
    [
      'of a page of another site',
      (token: string) => ({
        host: 'localhost',
        'x-catzilla-token': token,
        'sec-fetch-site': 'cross-site',
      }),
    ],
    [
      'of another origin, by an old browser',
      (token: string) => ({
        host: 'localhost',
        'x-catzilla-token': token,
        origin: 'http://evil.example',
      }),
    ],
    ['of no browser', (token: string) => ({ host: 'localhost', 'x-catzilla-token': token })],
  ])('%s is refused with CATZ_MONITOR_TOKEN', async (_what, headersOf) => {
    const cache = cacheOf();
    const { token, post } = await acting({ cache });
    const reply = await post('purge', { kind: 'all' }, headersOf(token) as never);
    expect(reply.statusCode).toBe(403);
    expect(reply.json().code).toBe('CATZ_MONITOR_TOKEN');
    expect(cache.purgeAll).not.toHaveBeenCalled();
  });

  it('of an old browser is known by its origin, whatever the scheme in front of a proxy', async () => {
    const { token, post } = await acting(
      { cache: cacheOf() },
      {
        dashboard: { guard: async () => undefined },
      },
    );
    const headers = { host: 'Shop.example:8443', 'x-catzilla-token': token };
    const reply = await post(
      'purge',
      { kind: 'all' },
      {
        ...headers,
        origin: 'https://shop.example:8443',
      },
    );
    expect(reply.statusCode).toBe(200);
  });

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x'])(
    'of the type %s, which a form could send, is refused',
    async (type) => {
      const cache = cacheOf();
      const { token, post } = await acting({ cache });
      const headers = { ...same, 'x-catzilla-token': token, 'content-type': type };
      expect((await post('purge', { kind: 'all' }, headers)).statusCode).toBe(415);
      expect(cache.purgeAll).not.toHaveBeenCalled();
    },
  );

  it('by GET is none', async () => {
    const { app, token } = await acting({ cache: cacheOf() });
    const headers = { ...same, 'x-catzilla-token': token };
    const reply = await app.inject({ url: '/_catzilla/actions/purge?kind=all', headers });
    expect(reply.statusCode).toBe(404);
  });
});
