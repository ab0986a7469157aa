// What is measured of middleware, which requests are, and Server-Timing.
import { describe, expect, test } from 'vitest';
import { dynamicRoutes, middleware } from '../../src/index.ts';
import { Timings } from '../../src/middleware/timings.ts';
import { makeChain } from '../../src/middleware/chain.ts';
import { makeApp } from '../constant/apps.ts';
import { define, noter, until } from './support.ts';

const later = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('all: each part of each middleware is counted by route pattern', async () => {
  const ran: string[] = [];
  const app = makeApp();
  await app.register(middleware, {
    timings: 'all',
    use: [
      noter(ran)('a', { at: 'onRequest' }),
      define({ name: 'b', pre: later, post: later, after: later }),
    ],
  });
  app.get('/users/:id', () => 'x');
  for (let i = 0; i < 3; i++) await app.inject(`/users/${i}`);
  await until(() => app.middlewareTimings().series.every(({ count }) => count === 3));
  const { every, boundsMs, series } = app.middlewareTimings();
  expect(every).toBe(1);
  expect(series.map(({ middleware: name, part }) => `${name}.${part}`).sort()).toEqual([
    'a.after',
    'a.post',
    'a.pre',
    'b.after',
    'b.post',
    'b.pre',
  ]);
  for (const one of series) {
    expect(one).toMatchObject({ method: 'GET', route: '/users/:id', count: 3 });
    expect(one.sumMs).toBeGreaterThan(0);
    expect(one.buckets).toHaveLength(boundsMs.length + 1);
    expect(one.buckets.reduce((sum, count) => sum + count, 0)).toBe(3);
  }
});

test('sampled: one request in 128 of each route', async () => {
  const app = makeApp();
  await app.register(middleware, { use: [define({ name: 'a', pre: () => undefined })] });
  app.get('/a', () => 'x');
  app.get('/b', () => 'x');
  for (let i = 0; i < 256; i++) await app.inject('/a');
  for (let i = 0; i < 127; i++) await app.inject('/b');
  const { every, series } = app.middlewareTimings();
  expect(every).toBe(128);
  expect(series).toMatchObject([{ route: '/a', count: 2 }]);
});

test('off: none', async () => {
  const app = makeApp();
  await app.register(middleware, {
    timings: 'off',
    use: [define({ name: 'a', pre: () => undefined })],
  });
  app.get('/', () => 'x');
  for (let i = 0; i < 130; i++) await app.inject('/');
  expect(app.middlewareTimings()).toMatchObject({ every: 0, series: [] });
});

test('what throws and what rejects is measured, too', async () => {
  for (const pre of [
    () => {
      throw new Error('no');
    },
    async () => {
      throw new Error('no');
    },
  ]) {
    const app = makeApp();
    await app.register(middleware, { timings: 'all', use: [define({ name: 'a', pre })] });
    app.get('/', () => 'x');
    await app.inject('/');
    expect(app.middlewareTimings().series).toMatchObject([{ middleware: 'a', count: 1 }]);
  }
});

test('requests without a route and dynamic routes have labels, never URLs', async () => {
  const app = makeApp();
  await app.register(middleware, {
    timings: 'all',
    use: [define({ name: 'a', on404: true, pre: () => undefined })],
  });
  const table = dynamicRoutes({ name: 't', prefix: '/t' });
  await app.register(table.plugin);
  table.add({ method: 'GET', url: '/:id', handler: async () => 'x' });
  table.commit();
  await app.inject('/none');
  for (const id of ['1', '2']) await app.inject(`/t/${id}`);
  const labels = app
    .middlewareTimings()
    .series.map(({ method, route, count }) => ({ method, route, count }));
  expect(labels).toEqual([
    { method: '', route: '404', count: 1 },
    { method: 'GET', route: '/t/:id', count: 2 },
  ]);
});

describe('a histogram', () => {
  const step = () => {
    const chain = makeChain([define({ name: 'a', pre: () => undefined })], {
      method: 'GET',
      route: '/',
    });
    return { chain, step: chain.pres[0]! };
  };

  test('counts a duration in the first bucket that holds it', () => {
    const timings = new Timings('all');
    const one = step();
    for (const ms of [0, 0.01, 0.011, 1, 4999, 5000, 5001])
      timings.add(one.chain, one.step, 'pre', ms);
    expect(timings.snapshot().series[0]!.buckets).toEqual([2, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 2, 1]);
  });

  test('is one for all chains of a route', () => {
    const timings = new Timings('all');
    for (const one of [step(), step()]) timings.add(one.chain, one.step, 'pre', 1);
    expect(timings.snapshot().series).toMatchObject([{ count: 2, sumMs: 2 }]);
  });

  test('is not kept for more than 10,000 routes', () => {
    const timings = new Timings('all');
    const list = [define({ name: 'a', pre: () => undefined })];
    for (let i = 0; i < 10_010; i++) {
      const chain = makeChain(list, { method: 'GET', route: `/${i}` });
      timings.add(chain, chain.pres[0]!, 'pre', 1);
    }
    expect(timings.snapshot().series).toHaveLength(10_000);
  });
});

describe('Server-Timing', () => {
  test('tells what has run, beside what others say, and measures no series by itself', async () => {
    const app = makeApp();
    await app.register(middleware, {
      serverTiming: true,
      timings: 'off',
      use: [define({ name: 'a', pre: later }), define({ name: 'b', post: () => undefined })],
    });
    app.get('/', (_request, reply) => reply.header('server-timing', 'db;dur=5').send('x'));
    const { headers } = await app.inject('/');
    expect(headers['server-timing']).toMatch(
      /^db;dur=5, a;dur=\d+\.\d{3}, b\.post;dur=\d+\.\d{3}$/,
    );
    expect(app.middlewareTimings().series).toEqual([]);
  });

  test('is not sent where nothing has run, and once where a post has failed', async () => {
    const app = makeApp();
    const post = (): never => {
      throw new Error('no');
    };
    await app.register(middleware, { serverTiming: true });
    app.get('/none', () => 'x');
    const use = [define({ name: 'a', pre: () => undefined }), define({ name: 'b', post })];
    app.get('/failed', { config: { middleware: use } }, () => 'x');
    expect((await app.inject('/none')).headers).not.toHaveProperty('server-timing');
    expect((await app.inject('/failed')).headers['server-timing']).toMatch(
      /^a;dur=[\d.]+, b\.post;dur=[\d.]+$/,
    );
  });

  test('is sent once where an onSend hook of somebody else has failed', async () => {
    const app = makeApp();
    await app.register(middleware, {
      serverTiming: true,
      use: [define({ name: 'a', pre: () => undefined })],
    });
    let fails = true;
    app.addHook('onSend', async () => {
      if (!fails) return;
      fails = false;
      throw new Error('theirs');
    });
    app.get('/', () => 'x');
    expect((await app.inject('/')).headers['server-timing']).toMatch(/^a;dur=[\d.]+$/);
  });

  test('is off by default', async () => {
    const app = makeApp();
    await app.register(middleware, { use: [define({ name: 'a', pre: () => undefined })] });
    app.get('/', () => 'x');
    expect((await app.inject('/')).headers).not.toHaveProperty('server-timing');
  });
});
