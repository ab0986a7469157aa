// `catzilla start` as a user runs it: real processes, real connections.
import { createServer } from 'node:http';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { availableParallelism } from 'node:os';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ask, askAll, Client, isListening } from './support/client.ts';
import type { Answer } from './support/client.ts';
import { application, Program, start } from './support/program.ts';
import type { Line } from './support/program.ts';

/** Says in each answer which thread gave it, and by which worker: a thread that was replaced has another. */
const APP = `
  import { threadId, workerData } from 'node:worker_threads';
  export const config = { cache: { ttl: 600_000 }, shutdown: { shutdownDelay: 300 } };
  export default async (app) => {
    app.addHook('onRequest', async (request, reply) => {
      reply.header('x-thread', workerData.thread).header('x-worker', threadId);
    });
    const live = { config: { cache: false } };
    app.get('/who', live, async () => ({ thread: workerData.thread }));
    let runs = 0;
    app.get('/value', async () => ({ thread: workerData.thread, worker: threadId, runs: ++runs }));
    app.get('/value/:id', { config: { cache: { tags: ['values'] } } }, async (request) => ({
      id: request.params.id, worker: threadId, runs: ++runs,
    }));
    app.post('/purge', async () => { await app.cache.purgePath('/value'); return {}; });
    app.post('/purge-tag', async () => { await app.cache.purgeTags('values'); return {}; });
    app.get('/slow', live, async () => new Promise((resolve) => setTimeout(resolve, 200, 'slow')));
    app.get('/throw', live, async () => { setImmediate(() => { throw new Error('nobody caught me'); }); return new Promise(() => {}); });
    app.get('/reject', live, async () => { setImmediate(() => { void Promise.reject(new Error('nobody awaited me')); }); return new Promise(() => {}); });
    app.get('/exit', live, async () => { process.exit(3); });
    app.get('/hang', live, async () => new Promise(() => {}));
    app.get('/block', live, async () => { for (;;); });
  };`;

const isStarted = ({ thread, msg }: Line): boolean =>
  thread === 0 && msg.startsWith('listening at ');

async function serving(args: readonly string[] = [], source = APP) {
  const program = start(await application(source), args);
  return { program, port: await program.port() };
}

describe('one port, two threads', () => {
  it('is served by both, with one cache: what one stores, the other answers', async () => {
    const { port } = await serving(['--threads', '2']);
    const first = await ask(port, '/value');
    expect(first.headers['cache-status']).toContain('stored');
    const stored = JSON.parse(first.body) as { thread: number };
    const answers = await askAll(port, '/value', 2);
    expect([...answers.keys()].sort()).toStrictEqual(['1', '2']);
    for (const { body, headers } of answers.values()) {
      expect(body).toBe(first.body);
      expect(headers['cache-status']).toMatch(/^catzilla; hit/);
    }
    expect(['1', '2']).toContain(String(stored.thread));
  });

  it('sees in each what was purged in the other, by path and by tag', async () => {
    const { port } = await serving(['--threads', '2']);
    for (const [path, purge] of [
      ['/value', '/purge'],
      ['/value/7', '/purge-tag'],
    ] as const) {
      const before = await askAll(port, path, 2);
      const bodies = new Set([...before.values()].map(({ body }) => body));
      expect(bodies.size).toBe(1);
      const purged = await ask(port, purge, 'POST');
      expect(purged.status).toBe(200);
      const after = await askAll(port, path, 2);
      expect([...after.keys()].sort()).toStrictEqual(['1', '2']);
      const [old] = bodies;
      for (const { body } of after.values()) expect(body).not.toBe(old);
      expect(new Set([...after.values()].map(({ body }) => body)).size).toBe(1);
    }
  });

  it('names the thread in each line of the log', async () => {
    const { program } = await serving(['--threads', '2']);
    program.signal('SIGTERM');
    expect(await program.ended).toBe(0);
    expect(program.text).toBe('');
    expect(new Set(program.lines.map(({ thread }) => thread))).toStrictEqual(new Set([0, 1, 2]));
    expect(program.stderr).toBe('');
  });

  it('starts as many threads as there are cores with auto', async () => {
    const { program } = await serving(['--threads', 'auto']);
    const { threads } = await program.line(isStarted);
    expect(threads).toBe(availableParallelism());
  });
});

describe('a thread that ends by itself', () => {
  it.each([
    ['/throw', 'nobody caught me'],
    ['/reject', 'nobody awaited me'],
    ['/exit', 'exit code 3'],
  ])(
    'under load, by %s, costs the requests of its own connections, and is replaced',
    async (path, reason) => {
      const { program, port } = await serving(['--threads', '2']);
      const clients = Array.from({ length: 8 }, () => new Client(port));
      const homes = await Promise.all(clients.map(async (one) => (await one.ask('/who')).thread));
      const victim = await ask(port, '/who');
      let ended = false;
      const failed: string[] = [];
      let answered = 0;
      const load = clients.map(async (one, i) => {
        while (!ended) {
          try {
            const answer = await one.ask('/who');
            expect(answer.status).toBe(200);
            homes[i] = answer.thread;
            answered++;
          } catch {
            failed.push(homes[i]!);
          }
        }
      });
      const [dead] = await Promise.all([
        crash(port, path),
        program.line(
          (line) => line.level === 60 && String((line['err'] as Error).message) === reason,
        ),
      ]);
      await program.line('serves again');
      const before = answered;
      const replaced = await askAll(port, '/who', 2);
      expect([...replaced.keys()].sort()).toStrictEqual(['1', '2']);
      ended = true;
      await Promise.all(load);
      for (const client of clients) client.close();
      expect(answered).toBeGreaterThan(before);
      expect(failed.filter((thread) => thread !== dead)).toStrictEqual([]);
      expect(victim.status).toBe(200);
      program.signal('SIGTERM');
      expect(await program.ended).toBe(0);
    },
  );

  it('leaves its cache to the one that follows, even where it was alone', async () => {
    const { program, port } = await serving(['--threads', '1']);
    const before = await ask(port, '/value');
    await crash(port, '/throw');
    await program.line('serves again');
    const after = await ask(port, '/value');
    expect(after.body).toBe(before.body);
    expect(after.headers['cache-status']).toMatch(/^catzilla; hit/);
    expect(after.headers['x-worker']).not.toBe(before.headers['x-worker']);
  });

  it('lets clients wait where it was alone, instead of refusing them', async () => {
    const { program, port } = await serving(['--threads', '1']);
    await crash(port, '/exit');
    await program.line('has ended by itself');
    const answers = await Promise.all([ask(port, '/who'), ask(port, '/who')]);
    expect(answers.map(({ status }) => status)).toStrictEqual([200, 200]);
  });

  it('ends the process with the reason the fifth time within a minute', async () => {
    const source = `export default async (app) => {
      app.addHook('onListen', async () => { setTimeout(() => { throw new Error('again and again'); }, 10); });
    };`;
    const program = start(await application(source), ['--threads', '1']);
    expect(await program.ended).toBe(1);
    expect(program.stderr).toBe(
      'catzilla: 5 threads ended by themselves within 60 s, the last of them with: again and again\n',
    );
    expect(program.lines.filter(({ level }) => level === 60)).toHaveLength(5);
  });
});

describe('SIGTERM', () => {
  it('under load fails no request of clients that look at /readyz or honour Connection: close', async () => {
    const { program, port } = await serving(['--threads', '2']);
    let isReady = true;
    let answered = 0;
    const failures: unknown[] = [];
    const balancer = (async () => {
      while (isReady) {
        const { status } = await ask(port, '/readyz');
        if (status === 503) isReady = false;
      }
    })();
    // Those of one half take a new connection for each request.
    const clients = Array.from(
      { length: 12 },
      (_, i) => new Client(port, { keepAlive: i % 2 === 0 }),
    );
    const load = clients.map(async (client, i) => {
      for (let n = 0; isReady; n++) {
        try {
          const answer = await client.ask(
            i % 4 === 0 && n % 8 === 0 ? '/slow' : n % 2 ? '/value' : '/who',
          );
          if (answer.status !== 200) failures.push(answer.status);
          answered++;
        } catch (error) {
          failures.push(error);
        }
      }
    });
    while (answered < 200) await new Promise((resolve) => setTimeout(resolve, 5));
    program.signal('SIGTERM');
    await Promise.all([balancer, ...load]);
    expect(await program.ended).toBe(0);
    for (const client of clients) client.close();
    expect(failures).toStrictEqual([]);
    expect(isReady).toBe(false);
    expect(await isListening(port)).toBe(false);
  });

  it('answers what runs, and says Connection: close, before it ends', async () => {
    const { program, port } = await serving(['--threads', '2']);
    const client = new Client(port);
    await client.ask('/who');
    program.signal('SIGTERM');
    await program.line('application is draining', 2);
    const answer = await client.ask('/slow');
    expect([answer.status, answer.headers.connection]).toStrictEqual([200, 'close']);
    expect(await program.ended).toBe(0);
    client.close();
  });

  it('a second time skips the wait', async () => {
    const { program } = await serving(['--threads', '2', '--shutdown-delay', '86400000']);
    program.signal('SIGTERM');
    await program.line('application is draining', 2);
    program.signal('SIGINT');
    expect(await program.ended).toBe(0);
  });

  it('a third time ends even a thread whose loop is blocked, with exit code 1', async () => {
    const { program, port } = await serving(['--threads', '1']);
    ask(port, '/block').catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, 50));
    program.signal('SIGTERM');
    await program.line('SIGTERM: the threads drain');
    program.signal('SIGTERM');
    await program.line('SIGTERM again');
    program.signal('SIGTERM');
    expect(await program.ended).toBe(1);
    await program.line('SIGTERM once more: cut off');
  });

  it('cuts off after killAfter what does not end, names it, and exits with 1', async () => {
    const source = APP.replace('shutdownDelay: 300', 'shutdownDelay: 0, killAfter: 300');
    const { program, port } = await serving(['--threads', '2'], source);
    ask(port, '/hang').catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, 50));
    program.signal('SIGTERM');
    expect(await program.ended).toBe(1);
    const { left } = await program.line('application did not end');
    expect(left).toContain('GET /hang');
  });

  it('before the application has loaded ends it at once, with exit code 0', async () => {
    const program = start(
      await application(`
      console.log('{"msg":"loading"}');
      await new Promise(() => {});
      export default async () => {};`),
    );
    await program.line('loading');
    program.signal('SIGTERM');
    expect(await program.ended).toBe(0);
  });
});

describe('SIGHUP', () => {
  it('under load replaces every thread, and fails no request', async () => {
    const { program, port } = await serving(['--threads', '2']);
    const before = await askAll(port, '/who', 2);
    const stored = await ask(port, '/value');
    const failures: unknown[] = [];
    let [answered, ended] = [0, false];
    const clients = Array.from(
      { length: 12 },
      (_, i) => new Client(port, { keepAlive: i % 2 === 0 }),
    );
    const load = clients.map(async (client, i) => {
      for (let n = 0; !ended; n++) {
        try {
          const answer = await client.ask(n % 16 === i ? '/slow' : n % 2 ? '/who' : '/readyz');
          if (answer.status !== 200) failures.push(answer.status);
          answered++;
        } catch (error) {
          failures.push(error);
        }
      }
    });
    program.signal('SIGHUP');
    await program.line('reloaded');
    const middle = answered;
    while (answered < middle + 50) await new Promise((resolve) => setTimeout(resolve, 5));
    ended = true;
    await Promise.all(load);
    for (const client of clients) client.close();
    expect(failures).toStrictEqual([]);
    const after = await askAll(port, '/who', 2);
    const workers = (answers: Map<string, Answer>) =>
      [...answers.values()].map(({ headers }) => String(headers['x-worker']));
    expect(workers(after)).toHaveLength(2);
    for (const worker of workers(after)) expect(workers(before)).not.toContain(worker);
    expect((await ask(port, '/value')).body).toBe(stored.body);
    program.signal('SIGTERM');
    expect(await program.ended).toBe(0);
  });

  it('keeps the old threads where the new one does not load', async () => {
    const file = await application(`
      import { existsSync } from 'node:fs';
      import { threadId } from 'node:worker_threads';
      if (existsSync(new URL('./broken', import.meta.url))) throw new Error('this version is broken');
      export default async (app) => { app.get('/who', async (_request, reply) => { reply.header('x-thread', threadId); return ''; }); };`);
    const program = start(file, ['--threads', '2', '--shutdown-delay', '0']);
    const port = await program.port();
    const before = await askAll(port, '/who', 2);
    await writeFile(file.replace('app.mjs', 'broken'), '');
    program.signal('SIGHUP');
    const line = await program.line('reload failed');
    expect((line['err'] as Error).message).toContain('this version is broken');
    const after = await askAll(port, '/who', 2);
    expect([...after.keys()].sort()).toStrictEqual([...before.keys()].sort());
    program.signal('SIGTERM');
    expect(await program.ended).toBe(0);
  });
});

describe('a start that fails', () => {
  it.each([['is not there', '/nowhere/app.mjs', 'there is no such file']])(
    'says in one sentence that the module %s',
    async (_what, file, words) => {
      const program = start(file, ['--threads', '2']);
      expect(await program.ended).toBe(1);
      expect(program.stderr).toContain(words);
      expect(program.stderr.trimEnd().split('\n')).toHaveLength(1);
    },
  );

  it.each([
    ['throws while it loads', `throw new Error('no database');`, 'no database'],
    ['has no default export', `export const a = 1;`, 'its default export has to be a function'],
    [
      'throws in its function',
      `export default async () => { throw new Error('no routes'); };`,
      'no routes',
    ],
    ['ends the thread', `process.exit(7);`, 'thread 1 has ended, with exit code 7'],
    [
      'has an unknown option',
      `export const config = { cach: {} }; export default async () => {};`,
      'did you mean cache?',
    ],
    [
      'declares a route twice',
      `export default async (app) => { app.get('/', async () => ''); app.get('/', async () => ''); };`,
      'already declared',
    ],
  ])('says in one sentence that the module %s', async (_what, source, words) => {
    const program = start(await application(source), ['--threads', '1']);
    expect(await program.ended).toBe(1);
    expect(program.stderr).toMatch(/^catzilla: thread 1 did not start: /);
    expect(program.stderr).toContain(words);
    expect(program.stderr.trimEnd().split('\n')).toHaveLength(1);
  });

  it('says that the port is taken, by a server or by another catzilla', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    const { port: other } = await serving(['--threads', '2']);
    for (const port of [(server.address() as AddressInfo).port, other]) {
      const program = new Program(['start', await application(APP), '--port', String(port)]);
      expect(await program.ended).toBe(1);
      expect(program.stderr).toBe(
        `catzilla: a server at 127.0.0.1 port ${port} did not start: listen EADDRINUSE: address already in use 127.0.0.1:${port}\n`,
      );
    }
    expect((await ask(other, '/who')).status).toBe(200);
  });
});

describe('the guide', () => {
  it('prints an application that two threads serve from one cache', async () => {
    const page = new URL('../../../../docs/guide/threads.md', import.meta.url);
    const [, source] = /^```js\n(.*?)^```$/ms.exec(await readFile(page, 'utf8'))!;
    const { port } = await serving(['--threads', '2'], source);
    const first = await ask(port, '/time');
    for (let i = 0; i < 10; i++) expect((await ask(port, '/time')).body).toBe(first.body);
    expect((await ask(port, '/clock', 'POST')).status).toBe(200);
    expect((await ask(port, '/time')).headers['cache-status']).toContain('fwd=uri-miss');
  });
});

describe('where it listens', () => {
  it('is PORT and HOST of the environment, unless options say otherwise', async () => {
    const file = await application(APP);
    const program = new Program(['start', file], { PORT: '0', HOST: '127.0.0.2' });
    const { address } = await program.line(isStarted);
    expect(address).toMatch(/^http:\/\/127\.0\.0\.2:\d+$/);
    const other = new Program(['start', file, '--host', '127.0.0.3'], { PORT: '0', HOST: 'x' });
    expect((await other.line(isStarted))['address']).toMatch(/^http:\/\/127\.0\.0\.3:\d+$/);
  });
});

/** @returns the thread that it hit */
async function crash(port: number, path: string): Promise<string> {
  const client = new Client(port);
  const { thread } = await client.ask('/who');
  await client.ask(path).then(
    () => {
      throw new Error('the thread lives');
    },
    () => undefined,
  );
  client.close();
  return thread;
}
