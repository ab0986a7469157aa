// The order in which middleware runs: rules one by one, then random lists against a model that sorts anew for each request.
import { describe, expect, test } from 'vitest';
import { group, middleware } from '../../src/index.ts';
import type { Middleware } from '../../src/index.ts';
import { makeApp } from '../constant/apps.ts';
import { randomFrom } from '../support/random.ts';
import { VERSIONS } from '../fastify/versions.ts';
import { define, noter, until } from './support.ts';

describe.each(VERSIONS)('with Fastify %s', (_version, make) => {
  test('lower priorities run first, and posts and afters close like brackets', async () => {
    const ran: string[] = [];
    const note = noter(ran);
    const app = makeApp(make);
    await app.register(middleware, {
      use: [note('late', { priority: 900 }), note('early', { priority: 100 }), note('mid')],
    });
    app.get('/', () => {
      ran.push('handler');
      return 'x';
    });
    await app.inject('/');
    await until(() => ran.length === 10);
    expect(ran).toEqual([
      'early',
      'mid',
      'late',
      'handler',
      'late.post',
      'mid.post',
      'early.post',
      'late.after ok',
      'mid.after ok',
      'early.after ok',
    ]);
  });

  test('of one priority: global, outer group, inner group, route, as listed; closing in reverse', async () => {
    const ran: string[] = [];
    const note = noter(ran);
    const app = makeApp(make);
    await app.register(middleware, { use: [note('g1'), note('g2')] });
    const outer = group({ prefix: '/o', middleware: [note('o1'), note('o2')] });
    const inner = outer.group({ prefix: '/i', middleware: [note('i')] });
    inner.get('/', { config: { middleware: [note('r1'), note('r2')] } }, async () => 'x');
    await app.register(outer.plugin);
    await app.inject('/o/i');
    const names = ['g1', 'g2', 'o1', 'o2', 'i', 'r1', 'r2'];
    expect(ran.slice(0, 14)).toEqual([...names, ...names.map((one) => `${one}.post`).reverse()]);
    const order = { onRequest: [], preValidation: [], preHandler: names };
    expect(app.middlewareOrder('get', '/o/i')).toEqual({
      ...order,
      post: names.toReversed(),
      after: names.toReversed(),
    });
  });

  test('points go before priorities', async () => {
    const ran: string[] = [];
    const note = noter(ran);
    const app = makeApp(make);
    await app.register(middleware, {
      use: [
        note('h', { priority: 0 }),
        note('v', { at: 'preValidation', priority: 5 }),
        note('r', { at: 'onRequest', priority: 900 }),
      ],
    });
    app.addHook('preHandler', async () => void ran.push('plain preHandler'));
    app.addHook('preParsing', async () => void ran.push('plain preParsing'));
    app.get('/', () => 'x');
    await app.inject('/');
    expect(ran.slice(0, 5)).toEqual(['r', 'plain preParsing', 'v', 'h', 'plain preHandler']);
  });

  test('our hooks stand where the plugin was registered among plain ones', async () => {
    const ran: string[] = [];
    const app = makeApp(make);
    app.addHook('preHandler', async () => void ran.push('before'));
    await app.register(middleware, {
      use: [noter(ran)('ours', { post: undefined, after: undefined })],
    });
    app.addHook('preHandler', async () => void ran.push('after'));
    app.get('/', { preHandler: async () => void ran.push('route') }, () => 'x');
    await app.inject('/');
    expect(ran).toEqual(['before', 'ours', 'after', 'route']);
  });
});

test('posts without a pre go by their priority, before those of pairs', async () => {
  const ran: string[] = [];
  const note = noter(ran);
  const app = makeApp();
  const alone = { pre: undefined, after: undefined };
  await app.register(middleware, {
    use: [
      note('pair'),
      note('p2', alone),
      note('p1', { ...alone, priority: 100 }),
      note('p3', alone),
    ],
  });
  app.get('/', () => 'x');
  await app.ready();
  expect(app.middlewareOrder('GET', '/')?.post).toEqual(['p1', 'p2', 'p3', 'pair']);
});

test('middlewareOrder knows HEAD, constraints, and what it does not know', async () => {
  const app = makeApp();
  const one = noter([]);
  await app.register(middleware, {});
  app.get('/a', () => 'x');
  for (const host of ['a.example', 'b.example']) {
    const config = { middleware: [one(host)] };
    app.get('/b', { constraints: { host }, config }, () => 'x');
  }
  await app.ready();
  expect(app.middlewareOrder('HEAD', '/a')).toMatchObject({ preHandler: [] });
  expect(app.middlewareOrder('POST', '/a')).toBeUndefined();
  expect(app.middlewareOrder('GET', '/b')?.post).toEqual(['a.example']);
  const order = (host: string) => app.middlewareOrder('GET', '/b', { constraints: { host } });
  expect(order('b.example')?.post).toEqual(['b.example']);
  expect(order('c.example')).toBeUndefined();
});

const POINTS = ['onRequest', 'preValidation', 'preHandler'] as const;

/** The model: what ran, worked out from the rules, without any list that is kept. */
function model(all: readonly Middleware[]): string[] {
  const rest = POINTS.flatMap((point) => {
    const here = all.filter(({ pre, at }) => pre !== undefined && at === point);
    const sorted: Middleware[] = [];
    for (let priority = 0; priority <= 1000; priority++) {
      sorted.push(...here.filter((one) => one.priority === priority));
    }
    return sorted;
  });
  const posts: string[] = [];
  for (let priority = 0; priority <= 1000; priority++) {
    const here = all.filter((one) => one.post !== undefined && one.postPriority === priority);
    posts.push(...here.filter(({ pre }) => pre === undefined).map(({ name }) => name));
    posts.push(
      ...rest
        .filter((one) => here.includes(one))
        .map(({ name }) => name)
        .reverse(),
    );
  }
  return [...rest.map(({ name }) => name), ...posts.map((name) => `${name}.post`)];
}

test('random middleware at random places runs as a model says', async () => {
  for (let seed = 1; seed <= 60; seed++) {
    const random = randomFrom(seed);
    const ran: string[] = [];
    let count = 0;
    const some = (): Middleware[] =>
      Array.from({ length: random.int(4) }, () => {
        const name = `m${count++}`;
        const kind = random.int(3);
        const isAsync = random.int(3) === 0;
        const run = (what: string) =>
          isAsync ? async () => void ran.push(what) : () => void ran.push(what);
        return define({
          name,
          priority: random.pick([0, 100, 500, 500, 900, 1000]),
          ...(kind !== 1 && { pre: run(name), at: random.pick(POINTS) }),
          ...(kind !== 0 && { post: run(`${name}.post`) }),
          ...(kind !== 0 && random.int(3) === 0 && { postPriority: random.pick([0, 500, 700]) }),
        });
      });
    const levels = [some(), some(), some(), some()] as const;
    const app = makeApp();
    await app.register(middleware, { use: levels[0] });
    const outer = group({ prefix: '/o', middleware: levels[1] });
    const inner = outer.group({ prefix: '/i', middleware: levels[2] });
    inner.post('/', { config: { middleware: levels[3] } }, async () => 'x');
    await app.register(outer.plugin);
    const answer = await app.inject({ method: 'POST', url: '/o/i', payload: { a: 1 } });
    expect([answer.body, ran], `seed ${seed}`).toEqual(['x', model(levels.flat())]);
    const order = app.middlewareOrder('POST', '/o/i')!;
    const told = [
      ...POINTS.flatMap((point) => order[point]),
      ...order.post.map((one) => `${one}.post`),
    ];
    expect(told, `seed ${seed}`).toEqual(ran);
  }
});
