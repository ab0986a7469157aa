import { AsyncLocalStorage } from 'node:async_hooks';
import { PassThrough } from 'node:stream';
import type { FastifyReply } from 'fastify';
import { describe, expect, it, vi } from 'vitest';
import { Collapser } from '../src/collapse.ts';
import { gate, get, listen, makeApp, RawClient, settle, until } from './helpers.ts';

describe('equal misses', () => {
  it('run the handler once: 1000 at the same time', async () => {
    const app = await makeApp({ ttl: 60_000 });
    let runs = 0;
    app.get('/a', async () => {
      await settle(3);
      return { runs: ++runs };
    });
    const answers = await Promise.all(Array.from({ length: 1000 }, () => get(app, '/a')));
    expect(runs).toBe(1);
    expect(new Set(answers.map((answer) => answer.body))).toEqual(new Set(['{"runs":1}']));
    const stats = app.cache.stats();
    expect(stats).toMatchObject({ stored: 1, hits: 999, misses: 1, collapsed: 999, timeouts: 0 });
  });

  it('run the handler once when it calls reply.send later, and through foreign onSend hooks', async () => {
    const app = await makeApp({ ttl: 60_000 });
    let runs = 0;
    app.addHook('onSend', async () => {
      await settle(1);
    });
    app.get('/a', (_, reply) => {
      setImmediate(() => reply.send(`${++runs}`));
    });
    const answers = await Promise.all(Array.from({ length: 20 }, () => get(app, '/a')));
    expect(runs).toBe(1);
    expect(answers.every((answer) => answer.body === '1' && answer.status === 200)).toBe(true);
  });

  it('run the handler once while a stream fills the entry', async () => {
    const app = await makeApp({ ttl: 60_000 });
    let runs = 0;
    app.get('/a', (_, reply) => {
      runs++;
      const stream = new PassThrough();
      stream.write('streamed ');
      setTimeout(() => stream.end('body'), 20);
      return reply.send(stream);
    });
    const answers = await Promise.all(Array.from({ length: 20 }, () => get(app, '/a')));
    expect(runs).toBe(1);
    expect(answers.every((answer) => answer.body === 'streamed body')).toBe(true);
  });

  it('of different variants get each their own', async () => {
    const app = await makeApp({ ttl: 60_000 });
    let runs = 0;
    app.get('/a', async (request, reply) => {
      await settle(2);
      runs++;
      return reply.header('vary', 'x-v').send(String(request.headers['x-v']));
    });
    const answers = await Promise.all(
      Array.from({ length: 30 }, (_, i) => get(app, '/a', { 'x-v': String(i % 3) })),
    );
    answers.forEach((answer, i) => expect(answer.body).toBe(String(i % 3)));
    expect(runs).toBe(3);
  });

  it('of different queries do not wait for each other', async () => {
    const app = await makeApp({ ttl: 60_000 });
    const held = gate();
    app.get<{ Querystring: { q: string } }>('/a', async (request) => {
      if (request.query.q === '1') await held.opened;
      return request.query.q;
    });
    const first = get(app, '/a?q=1');
    expect((await get(app, '/a?q=2')).body).toBe('2');
    held.open();
    expect((await first).body).toBe('1');
  });

  it('are not collapsed when told so', async () => {
    const app = await makeApp({ ttl: 60_000, collapse: false });
    let runs = 0;
    app.get('/a', async () => {
      await settle(3);
      return `${++runs}`;
    });
    await Promise.all([get(app, '/a'), get(app, '/a'), get(app, '/a')]);
    expect(runs).toBe(3);
  });

  it('keep the asynchronous context of their own request', async () => {
    const context = new AsyncLocalStorage<string>();
    const app = await makeApp({});
    const seen: string[] = [];
    app.addHook('onRequest', (request, _reply, done) => {
      context.run(String(request.headers['x-user']), done);
    });
    app.get('/a', async (request) => {
      await settle(2);
      seen.push(`${String(request.headers['x-user'])}=${context.getStore()}`);
      return 'not storable';
    });
    await Promise.all(['ann', 'bob', 'cid'].map((user) => get(app, '/a', { 'x-user': user })));
    expect(seen.sort()).toEqual(['ann=ann', 'bob=bob', 'cid=cid']);
  });
});

describe('those who wait are freed', () => {
  const wait = { timeout: 60_000 };

  it('when the reply cannot be stored: each runs its handler, and the key is marked', async () => {
    const app = await makeApp({ collapse: wait });
    let runs = 0;
    let most = 0;
    let now = 0;
    app.get('/a', async () => {
      most = Math.max(most, ++now);
      await settle(3);
      now--;
      return `${++runs}`;
    });
    const answers = await Promise.all(Array.from({ length: 10 }, () => get(app, '/a')));
    expect(runs).toBe(10);
    expect(new Set(answers.map((answer) => answer.body)).size).toBe(10);
    expect(answers.filter((answer) => answer.cache.includes('collapsed=?0'))).toHaveLength(9);
    expect(most).toBeGreaterThan(1);
    const collapsed = app.cache.stats().collapsed;
    await Promise.all([get(app, '/a'), get(app, '/a')]);
    expect(app.cache.stats().collapsed).toBe(collapsed);
  });

  it('all at once, also without marks', async () => {
    const app = await makeApp({ collapse: { ...wait, hitForMiss: false } });
    let most = 0;
    let now = 0;
    app.get('/a', async () => {
      most = Math.max(most, ++now);
      await settle(3);
      now--;
      return 'not storable';
    });
    await Promise.all(Array.from({ length: 10 }, () => get(app, '/a')));
    expect(most).toBe(9);
  });

  it('to wait for one of them, when only the credentials of the first forbade to store', async () => {
    const app = await makeApp({ ttl: 60_000, collapse: wait });
    let runs = 0;
    app.get('/a', async (request) => {
      const run = ++runs;
      await settle(2);
      return `${String(request.headers.cookie)} ${run}`;
    });
    const first = get(app, '/a', { cookie: 'ann' });
    const others = Array.from({ length: 9 }, () => get(app, '/a'));
    expect((await first).body).toBe('ann 1');
    for (const answer of await Promise.all(others)) expect(answer.body).toBe('undefined 2');
  });

  it('when a purge makes the reply out of date: one of them fills anew for the others', async () => {
    const app = await makeApp({ ttl: 60_000, collapse: wait });
    const held = gate();
    let runs = 0;
    app.get('/a', async () => {
      const run = ++runs;
      if (run === 1) await held.opened;
      else await settle(2);
      return `${run}`;
    });
    const answers = Array.from({ length: 10 }, () => get(app, '/a'));
    await until(() => app.cache.stats().collapsed === 9);
    await app.cache.purge('/a');
    held.open();
    const bodies = (await Promise.all(answers)).map((answer) => answer.body);
    expect(bodies.sort()).toEqual(['1', ...Array.from({ length: 9 }, () => '2')]);
  });

  it('when the handler throws, at once or later', async () => {
    const app = await makeApp({ ttl: 60_000, collapse: wait });
    let runs = 0;
    app.get('/later', async () => {
      await settle(2);
      runs++;
      throw new Error('broken');
    });
    app.get('/now', () => {
      runs++;
      throw new Error('broken');
    });
    for (const url of ['/later', '/now']) {
      const answers = await Promise.all([get(app, url), get(app, url), get(app, url)]);
      expect(answers.map((answer) => answer.status)).toEqual([500, 500, 500]);
    }
    expect(runs).toBe(6);
  });

  it('when the client of the fill goes away', async () => {
    const app = await makeApp({ ttl: 60_000, collapse: wait });
    let runs = 0;
    app.get('/a', async (_, reply) => {
      if (++runs === 1) {
        await new Promise((resolve) => reply.raw.once('close', resolve));
        return reply;
      }
      return 'second';
    });
    const port = await listen(app);
    const first = new RawClient(port);
    first.send('GET /a HTTP/1.1\r\nHost: x\r\n\r\n');
    await until(() => runs === 1);
    const second = new RawClient(port);
    second.send('GET /a HTTP/1.1\r\nHost: x\r\n\r\n');
    await until(() => app.cache.stats().collapsed === 1);
    first.socket.destroy();
    expect((await second.response()).body.toString()).toBe('second');
  });

  it('when the reply is hijacked, at once or later', async () => {
    const app = await makeApp({ ttl: 60_000, collapse: wait });
    let runs = 0;
    let base = 0;
    const hijack = (reply: FastifyReply): void => {
      const run = ++runs;
      reply.hijack();
      // The first ends only when the second runs: nothing but the hijack can free it.
      void until(() => run > base + 1 || runs > run).then(() => reply.raw.end(`own ${run}`));
    };
    app.get('/at-once', (_, reply) => hijack(reply));
    app.get('/later', async (_, reply) => {
      await settle(2);
      hijack(reply);
    });
    for (const url of ['/at-once', '/later']) {
      base = runs;
      const answers = await Promise.all([get(app, url), get(app, url)]);
      expect(answers.map((answer) => answer.body)).toEqual([`own ${base + 1}`, `own ${base + 2}`]);
    }
    expect(runs).toBe(4);
  });

  it('when the time is over', async () => {
    const app = await makeApp({ ttl: 60_000, collapse: { timeout: 200 } });
    const held = gate();
    let runs = 0;
    app.get('/a', async () => {
      if (++runs === 1) await held.opened;
      return `${runs}`;
    });
    await app.ready();
    // At once: it counts from the beginning of the fill.
    const [first, second] = [get(app, '/a'), get(app, '/a')];
    expect((await second).body).toBe('2');
    expect(app.cache.stats().timeouts).toBe(1);
    held.open();
    await first;
  });

  it('when there are too many', async () => {
    const app = await makeApp({ ttl: 60_000, collapse: { maxWaiters: 2 } });
    const held = gate();
    let runs = 0;
    app.get('/a', async () => {
      if (++runs === 1) await held.opened;
      return `${runs}`;
    });
    const waiting = [get(app, '/a'), get(app, '/a'), get(app, '/a')];
    await until(() => app.cache.stats().collapsed === 2);
    expect((await get(app, '/a')).cache).toContain('stored');
    held.open();
    await Promise.all(waiting);
    expect(runs).toBe(2);
  });

  it('when the application closes', async () => {
    const app = await makeApp({ ttl: 60_000, collapse: wait });
    const held = gate();
    let runs = 0;
    app.get('/a', async () => {
      if (++runs === 1) await held.opened;
      return `${runs}`;
    });
    const answers = [get(app, '/a'), get(app, '/a')];
    await until(() => app.cache.stats().collapsed === 1);
    const closing = app.close();
    await until(() => runs === 2);
    held.open();
    await Promise.all([...answers, closing]);
  });
});

describe('a Collapser', () => {
  const settings = { timeout: 100, maxWaiters: 2, hitForMiss: 50 };

  it('lets one fill open per key, until it is settled or overdue', async () => {
    vi.useFakeTimers();
    const collapser = new Collapser(settings);
    const first = collapser.open('k', 0);
    expect(first).toBeDefined();
    expect(collapser.open('k', 99)).toBeUndefined();
    const waiting = collapser.wait('k', 50);
    expect(collapser.wait('k', 100)).toBeUndefined();
    const second = collapser.open('k', 100);
    expect(second).toBeDefined();
    expect(await waiting).toBe('timeout');
    if (first) collapser.settle(first, 'stored');
    expect(collapser.open('k', 150)).toBeUndefined();
    if (second) collapser.settle(second, 'stored');
    expect(collapser.open('k', 150)).toBeDefined();
    collapser.close();
    vi.useRealTimers();
  });

  it('remembers marks for their time, and no more than its bound of them', () => {
    const collapser = new Collapser(settings);
    collapser.mark('k', 0);
    expect(collapser.open('k', 49)).toBeUndefined();
    expect(collapser.open('other', 49)).toBeDefined();
    expect(collapser.open('k', 50)).toBeDefined();
    for (let i = 0; i <= 4096; i++) collapser.mark(`m${i}`, 0);
    expect(collapser.open('m0', 1)).toBeDefined();
    expect(collapser.open('m4096', 1)).toBeUndefined();
    collapser.unmark('m4096');
    expect(collapser.open('m4096', 1)).toBeDefined();
    const off = new Collapser({ ...settings, hitForMiss: false });
    off.mark('k', 0);
    expect(off.open('k', 1)).toBeDefined();
  });
});

describe('a slow fill', () => {
  it('does not replace what was asked for later and is stored already', async () => {
    const app = await makeApp({ ttl: 60_000, collapse: false });
    const slow = gate();
    let runs = 0;
    app.get('/a', async () => {
      const run = ++runs;
      if (run === 1) await slow.opened;
      return `run ${run}`;
    });
    const first = get(app, '/a');
    await settle();
    expect((await get(app, '/a')).body).toBe('run 2');
    slow.open();
    expect(await first).toMatchObject({
      body: 'run 1',
      cache: expect.stringContaining('stored=?0; detail=superseded'),
    });
    expect((await get(app, '/a')).body).toBe('run 2');
  });
});
