// One user's data must not reach another, on whatever way: fresh, stale, in place of an error, validated, as HEAD, 304 or a
// range, early or by identity. The handler writes who asks into body, fields and cookies; whoever asks must find nobody else.
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { FastifyCacheOptions, RouteCacheOptions } from '../../src/index.ts';
import { get, makeApp, settle } from '../helpers.ts';

beforeEach(() => vi.useFakeTimers({ toFake: ['Date'], now: 1_700_000_000_000 }));
afterEach(() => vi.useRealTimers());

const USERS = ['ann', 'bob', 'cleo'] as const;
type User = (typeof USERS)[number] | 'nobody';

interface Scheme {
  /** The field a user is known by. */
  readonly field: 'authorization' | 'cookie' | 'x-api-key';
  /** What the handler says of freshness. */
  readonly control: string | undefined;
  readonly options: FastifyCacheOptions;
  readonly route: RouteCacheOptions;
}

const WINDOWS = { staleWhileRevalidate: 5_000, staleIfError: 20_000 };
const SWR = 'max-age=2, stale-while-revalidate=5, stale-if-error=20';

// Cookies and API keys count only where a ttl makes a reply cacheable: a handler that speaks of freshness has to say Vary.
const SCHEMES: Record<string, Scheme> = {
  'Authorization, max-age': { field: 'authorization', control: SWR, options: {}, route: {} },
  'Authorization, ttl': {
    field: 'authorization',
    control: undefined,
    options: { ttl: 2_000, ...WINDOWS },
    route: {},
  },
  'Authorization, identity': {
    field: 'authorization',
    control: `private, ${SWR}`,
    options: { identity: (request) => request.headers.authorization ?? null },
    route: {},
  },
  'Authorization, private': {
    field: 'authorization',
    control: `private, ${SWR}`,
    options: {},
    route: {},
  },
  'Cookie, ttl': {
    field: 'cookie',
    control: undefined,
    options: { ttl: 2_000, ...WINDOWS },
    route: {},
  },
  'Cookie, ttl by override': {
    field: 'cookie',
    control: 'max-age=0',
    options: { ttl: 2_000, ttlMode: 'override', ...WINDOWS },
    route: {},
  },
  'Cookie, one cookie in the key': {
    field: 'cookie',
    control: undefined,
    options: { ttl: 2_000, cookies: { key: ['user'] }, ...WINDOWS },
    route: {},
  },
  'Cookie, named in Vary': {
    field: 'cookie',
    control: SWR,
    options: { vary: { add: ['cookie'] } },
    route: {},
  },
  'API key, ttl': {
    field: 'x-api-key',
    control: undefined,
    options: { ttl: 2_000, ...WINDOWS },
    route: {},
  },
  'API key, heuristic': {
    field: 'x-api-key',
    control: undefined,
    options: { ttl: 2_000, heuristic: true, ...WINDOWS },
    route: {},
  },
};

const LOOKUPS: Record<string, RouteCacheOptions> = {
  'after the guards': {},
  'in onRequest': { lookup: 'onRequest' },
};

const userOf = ({ field }: Scheme, request: FastifyRequest): User => {
  const value = String(request.headers[field] ?? '');
  return USERS.find((user) => value.includes(user)) ?? 'nobody';
};

const credentialOf = ({ field }: Scheme, user: User): Record<string, string> => {
  if (user === 'nobody') return {};
  return { [field]: field === 'cookie' ? `user=${user}` : `Bearer ${user}` };
};

/** What the handler does with the next requests. */
interface Origin {
  fails: boolean;
  setsCookie: 'no' | 'reply' | 'raw';
  validates: boolean;
}

async function serve(
  scheme: Scheme,
  lookup: RouteCacheOptions,
  origin: Origin,
): Promise<FastifyInstance> {
  const app = await makeApp({ collapse: false, ...scheme.options });
  const handler = (request: FastifyRequest, reply: FastifyReply): unknown => {
    const user = userOf(scheme, request);
    if (origin.fails) return reply.code(503).send(`out of order, ${user}`);
    if (scheme.control !== undefined) void reply.header('cache-control', scheme.control);
    void reply.header('etag', `"${user}"`).header('x-user', user);
    if (origin.setsCookie === 'reply') void reply.header('set-cookie', `sid=${user}`);
    if (origin.setsCookie === 'raw') reply.raw.setHeader('Set-Cookie', `sid=${user}`);
    if (origin.validates && request.headers['if-none-match'] === `"${user}"`) {
      return reply.code(304).send();
    }
    return reply.type('text/plain').send(`for ${user} alone`);
  };
  app.get('/me', { config: { cache: { ...scheme.route, ...lookup } } }, handler);
  await app.ready();
  return app;
}

interface Step {
  readonly user: User;
  readonly method: 'GET' | 'HEAD';
  /** Whose ETag is sent as condition. */
  readonly condition: User | undefined;
  readonly range: boolean;
  readonly origin: Origin;
  /** ms that pass before it. */
  readonly wait: number;
}

const users = fc.constantFrom<User>('ann', 'bob', 'cleo', 'nobody');
const steps = fc.array(
  fc.record<Step>({
    user: users,
    method: fc.constantFrom('GET', 'GET', 'GET', 'HEAD'),
    condition: fc.option(users, { nil: undefined, freq: 3 }),
    range: fc.boolean(),
    origin: fc.record<Origin>({
      fails: fc.boolean(),
      setsCookie: fc.constantFrom('no', 'no', 'reply', 'raw'),
      validates: fc.boolean(),
    }),
    wait: fc.constantFrom(0, 0, 500, 2_500, 6_000, 30_000),
  }),
  { minLength: 2, maxLength: 12 },
);

async function play(
  app: FastifyInstance,
  scheme: Scheme,
  origin: Origin,
  step: Step,
): Promise<void> {
  vi.setSystemTime(Date.now() + step.wait);
  Object.assign(origin, step.origin);
  const { user, method, condition, range } = step;
  const answer = await get(
    app,
    '/me',
    {
      ...credentialOf(scheme, user),
      ...(condition === undefined ? {} : { 'if-none-match': `"${condition}"` }),
      ...(range ? { range: 'bytes=4-' } : {}),
    },
    method,
  );
  const all = `${JSON.stringify(answer.headers)} ${answer.body}`;
  for (const other of [...USERS, 'nobody'].filter((name) => name !== user)) {
    expect(all, `${user} sees ${other}`).not.toContain(other);
  }
  if (answer.status === 304) expect(condition).toBe(user);
  if (method === 'GET' && answer.status === 200) expect(answer.body).toBe(`for ${user} alone`);
  await settle(2);
}

describe('no user sees another one’s reply', () => {
  for (const [name, scheme] of Object.entries(SCHEMES)) {
    for (const [place, lookup] of Object.entries(LOOKUPS)) {
      it(`known by ${name}, hits answered ${place}`, async () => {
        await fc.assert(
          fc.asyncProperty(steps, async (sequence) => {
            const origin: Origin = { fails: false, setsCookie: 'no', validates: false };
            const app = await serve(scheme, lookup, origin);
            for (const step of sequence) await play(app, scheme, origin, step);
            await app.close();
          }),
          { numRuns: 25 },
        );
      });
    }
  }
});

describe('a reply to nobody in particular', () => {
  const ORIGIN: Origin = { fails: false, setsCookie: 'no', validates: true };

  const stale = async (origin: Origin, control: string): Promise<FastifyInstance> => {
    const app = await makeApp();
    let runs = 0;
    app.get('/a', (request, reply) => {
      runs++;
      if (origin.fails) return reply.code(503).send('out of order');
      void reply.headers({ 'cache-control': control, etag: '"1"' });
      if (origin.setsCookie !== 'no') void reply.header('set-cookie', `sid=${runs}`);
      if (request.headers['if-none-match'] === '"1"') return reply.code(304).send();
      return reply.send('x');
    });
    await get(app, '/a');
    vi.setSystemTime(Date.now() + 2_000);
    return app;
  };

  it('stays without the cookie that a 304 has set for one client', async () => {
    const origin = { ...ORIGIN };
    const app = await stale(origin, 'max-age=1');
    origin.setsCookie = 'reply';
    const validated = await get(app, '/a');
    expect(validated.cache).toContain('fwd=stale; fwd-status=304');
    const hit = await get(app, '/a');
    expect(hit.headers['set-cookie']).toBeUndefined();
  });

  it('stays without the cookie that a background refresh was given', async () => {
    const origin = { ...ORIGIN, validates: false };
    const app = await stale(origin, 'max-age=1, stale-while-revalidate=60');
    origin.setsCookie = 'reply';
    expect((await get(app, '/a')).cache).toContain('hit; ttl=-');
    await settle(10);
    expect(app.cache.stats().refreshes).toBe(1);
    for (let i = 0; i < 2; i++) {
      expect((await get(app, '/a')).headers['set-cookie']).toBeUndefined();
      await settle(10);
    }
  });

  it('is not what a user with credentials gets in place of an error', async () => {
    const origin = { ...ORIGIN };
    const app = await stale(origin, 'max-age=1, stale-if-error=60');
    origin.fails = true;
    expect(await get(app, '/a')).toMatchObject({ status: 200, body: 'x' });
    expect((await get(app, '/a', { authorization: 'ann' })).status).toBe(503);
  });

  it('sends a cookie of the current request’s hook with it, and to nobody after', async () => {
    const app = await makeApp({ ttl: 60_000 });
    app.addHook('onRequest', async (request, reply) => {
      const user = request.headers['x-user'];
      if (user !== undefined) void reply.header('set-cookie', `sid=${String(user)}`);
    });
    app.get('/a', () => 'x');
    await get(app, '/a', { 'x-user': 'ann' });
    expect((await get(app, '/a')).headers['set-cookie']).toBeUndefined();
    expect((await get(app, '/a', { 'x-user': 'bob' })).headers['set-cookie']).toBe('sid=bob');
    expect((await get(app, '/a')).headers['set-cookie']).toBeUndefined();
  });

  it('is not shared by those who wait for it when it turns out to be private', async () => {
    vi.useRealTimers();
    const app = await makeApp({ ttl: 60_000 });
    app.get('/a', async (request, reply) => {
      await settle(3);
      return reply.header('cache-control', 'private').send(String(request.headers['x-user']));
    });
    await app.ready();
    const answers = await Promise.all(USERS.map((user) => get(app, '/a', { 'x-user': user })));
    expect(answers.map(({ body }) => body)).toEqual(USERS);
  });
});
