// With a lock, equal misses of several instances run the handler once; and a lock never keeps anybody waiting for nothing.
import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { chaosTier, memoryServer, memoryTier } from '@catzilla/tiers/testing';
import type { FastifyInstance } from 'fastify';
import { expect, it } from 'vitest';
import type { FastifyCacheOptions } from '../src/index.ts';
import { atEnd, gate, get, listen, makeApp, makeCache, RawClient, until } from './helpers.ts';
import { newName, useRedis } from './support/instances.ts';

const redis = useRedis();
const program = fileURLToPath(new URL('support/lock-server.mjs', import.meta.url));

/** Instances around one server in memory, which tell each other nothing. */
async function instances(
  count: number,
  options: FastifyCacheOptions = {},
): Promise<FastifyInstance[]> {
  const server = memoryServer();
  const name = newName();
  return Promise.all(
    Array.from({ length: count }, () =>
      makeApp({
        ttl: 60_000,
        collapse: { lock: true },
        cache: { name, memory: makeCache(), remote: memoryTier({ server }), bus: false },
        ...options,
      }),
    ),
  );
}

interface Report {
  readonly bodies: readonly string[];
  readonly runs: number;
}

async function startProcess(name: string): Promise<ChildProcess> {
  const child = fork(program, [redis.url, name], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  atEnd(() => child.kill('SIGKILL'));
  expect(await once(child, 'message')).toEqual(['ready', undefined]);
  return child;
}

it('two processes with 200 requests each run the handler once', async () => {
  const name = newName();
  const children = await Promise.all([startProcess(name), startProcess(name)]);
  const answers = Promise.all(
    children.map(async (child) => (await once(child, 'message'))[0] as Report),
  );
  for (const child of children) child.send({ requests: 200 });
  const [one, other] = (await answers) as [Report, Report];
  expect(one.runs + other.runs).toBe(1);
  expect(new Set([...one.bodies, ...other.bodies]).size).toBe(1);
  expect(one.bodies.length + other.bodies.length).toBe(400);
});

it('the lock is held until the remote tier has the answer, however long that takes', async () => {
  const server = memoryServer();
  const name = newName();
  const seen = { runs: 0 };
  const apps = await Promise.all(
    [40, 0].map(async (delay) => {
      const remote = chaosTier(memoryTier({ server }), {
        methods: ['fill'],
        delay,
      });
      const app = await makeApp({
        ttl: 60_000,
        collapse: { lock: { wait: 600_000 } },
        cache: { name, memory: makeCache(), remote, bus: false },
      });
      app.get('/a', async () => `${++seen.runs}`);
      return app;
    }),
  );
  const [slow, other] = apps as [FastifyInstance, FastifyInstance];
  expect((await get(slow, '/a')).body).toBe('1');
  expect((await get(other, '/a')).body).toBe('1');
});

it('who waits goes on as soon as the other instance turns out to store nothing', async () => {
  const [one, other] = (await instances(2, {
    collapse: { lock: { wait: 600_000 }, timeout: 600_000 },
  })) as [FastifyInstance, FastifyInstance];
  const held = gate();
  let runs = 0;
  one.get('/a', async (_, reply) => {
    runs++;
    await held.opened;
    reply.cache.skip('no');
    return 'one';
  });
  other.get('/a', () => `other ${++runs}`);
  const first = get(one, '/a');
  await until(() => runs === 1);
  const second = get(other, '/a');
  await until(() => other.cache.tiers.stats().remote.misses > 2);
  held.open();
  expect((await first).body).toBe('one');
  expect((await second).body).toBe('other 2');
});

it.each([
  ['throws', async (app: FastifyInstance) => get(app, '/throws')],
  ['hijacks', async (app: FastifyInstance) => get(app, '/hijacks')],
  [
    'loses its client',
    async (app: FastifyInstance) => {
      const client = new RawClient(await listen(app));
      client.send('GET /hangs HTTP/1.1\r\nHost: localhost\r\n\r\n');
      await until(() => app.cache.stats().misses === 1);
      client.socket.destroy();
    },
  ],
  [
    'takes longer than collapse.timeout',
    async (app: FastifyInstance) => {
      void get(app, '/hangs').catch(() => {});
      await until(() => app.cache.stats().misses === 1);
    },
  ],
])('a handler that %s lets the lock go', async (what, ask) => {
  const [one, other] = (await instances(2, {
    collapse: { lock: { wait: 600_000 }, timeout: what.startsWith('takes') ? 50 : 600_000 },
  })) as [FastifyInstance, FastifyInstance];
  const held = gate();
  atEnd(held.open);
  one.get('/throws', () => {
    throw new Error('no');
  });
  one.get('/hijacks', (_, reply) => {
    reply.hijack();
    reply.raw.end('own');
  });
  one.get('/hangs', async () => {
    await held.opened;
    return 'late';
  });
  for (const url of ['/throws', '/hijacks', '/hangs']) other.get(url, () => 'other');
  await ask(one);
  const url = what === 'throws' ? '/throws' : what === 'hijacks' ? '/hijacks' : '/hangs';
  expect((await get(other, url)).body).toBe('other');
});

it('who waits longer than `wait` runs the handler, and one whose client has gone does not', async () => {
  const [one, other] = (await instances(2, { collapse: { lock: { wait: 30 } } })) as [
    FastifyInstance,
    FastifyInstance,
  ];
  const held = gate();
  atEnd(held.open);
  let runs = 0;
  one.get('/a', async () => {
    await held.opened;
    return 'one';
  });
  other.get('/a', () => `other ${++runs}`);
  const first = get(one, '/a', { host: 'x' });
  await until(() => one.cache.stats().misses === 1);
  const gone = new RawClient(await listen(other));
  gone.send('GET /a HTTP/1.1\r\nHost: x\r\n\r\n');
  await until(() => other.cache.tiers.stats().remote.misses > 0);
  gone.socket.destroy();
  expect((await get(other, '/a', { host: 'x' })).body).toBe('other 1');
  held.open();
  expect((await first).body).toBe('one');
});

it('without a remote tier there is nothing to wait for', async () => {
  const app = await makeApp({ ttl: 60_000, collapse: { lock: true } });
  let runs = 0;
  app.get('/a', () => `${++runs}`);
  expect((await get(app, '/a')).body).toBe('1');
  expect((await get(app, '/a')).body).toBe('1');
});
