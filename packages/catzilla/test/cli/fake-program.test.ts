// catzilla cache against programs that answer what no healthy one does.
import { once } from 'node:events';
import { link, lstat, rename, utimes } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { socketPath } from '../../src/control/path.ts';
import type { ControlHandler } from '../../src/control/protocol.ts';
import { openControl } from '../../src/control/server.ts';
import { answerControl } from '../../src/threads/control.ts';
import { createApp } from '../../src/app/create-app.ts';
import { folder, run } from './support/run.ts';

const INFO = { pid: 7, file: '/srv/\u001b[2Japp.js', mode: 'start', threads: 1 };

async function fake(answers: Readonly<Record<string, unknown>>) {
  const socket = join(await folder(), 's');
  const asked: [string, unknown][] = [];
  const handle: ControlHandler = async (command, args) => {
    asked.push([command, args]);
    return command === 'info' ? INFO : answers[command];
  };
  const server = await openControl(socket, handle);
  onTestFinished(() => server.close());
  return {
    asked,
    cache: (args: readonly string[], options = {}) =>
      run(['cache', ...args, '--socket', socket], options),
  };
}

const STATS = {
  http: {
    hits: 0,
    misses: 0,
    stale: 0,
    staleIfError: 0,
    stored: 0,
    notStored: 3,
    collapsed: 0,
    purges: 0,
    purged: 0,
    faults: 2,
    reasons: { private: 1, 'no-store': 2 },
  },
  routes: [],
  health: {
    ok: false,
    backend: 'unreachable',
    tiers: { memory: 'down', remote: 'down', disk: 'off' },
    lastFault: { at: 'now', operation: 'get', message: 'it \u001b broke', code: undefined },
  },
};

it('shows a cache that is not at work, with its last fault, and no control character of others', async () => {
  const { cache } = await fake({ 'cache.stats': STATS });
  const { stdout, code } = await cache(['stats']);
  expect(code).toBe(0);
  expect(stdout).toContain('/srv/\\x1b[2Japp.js (start, pid 7)\n');
  expect(stdout).toMatch(/^health +not at work, engine unreachable, remote down$/m);
  expect(stdout).toMatch(/^hits +0 of 0, –$/m);
  expect(stdout).toMatch(/^stored +0, not stored 3 \(no-store 2, private 1\)$/m);
  expect(stdout).toMatch(/^faults +2$/m);
  expect(stdout).toMatch(/^last fault +get at now: it \\x1b broke$/m);
  expect(stdout).not.toContain('entries');
  expect(stdout).not.toContain('\u001b');
});

it('fails where a purge did not reach every tier', async () => {
  const { cache, asked } = await fake({ 'cache.purge': { purged: 2, ok: false } });
  const { code, stdout, stderr } = await cache(['purge', '--tag', 'a', '--url', '/a']);
  expect([code, stdout]).toStrictEqual([1, 'purged: 2 responses in memory\n']);
  expect(stderr).toContain('not every tier has taken it');
  const args = { tags: ['a'], urls: ['/a'], patterns: [], all: false, soft: false };
  expect(asked).toStrictEqual([['cache.purge', args]]);
});

it('shows twenty of the URLs that were not stored', async () => {
  const row = (i: number) => ({ url: `/${i}`, status: 0, stored: false, ms: 1 });
  const { cache, asked } = await fake({
    'cache.warm': Array.from({ length: 16 }, (_, i) => row(i)),
  });
  const input = Array.from({ length: 32 }, (_, i) => `/${i}`).join('\r\n');
  const { code, stdout } = await cache(['warm', '-', '--host', 'a.example'], { input });
  expect(code).toBe(1);
  expect(stdout).toContain('stored 0 of 32\n');
  expect(stdout).toContain('and 12 more\n');
  expect(asked).toMatchObject([
    ['cache.warm', { host: 'a.example', concurrency: 4, timeout: 30_000 }],
    ['cache.warm', { host: 'a.example' }],
  ]);
});

it('asks for no more URLs at once than take the time that the program has for an answer', async () => {
  const { cache, asked } = await fake({ 'cache.warm': [] });
  const urls = Array.from({ length: 16 }, (_, i) => `/${i}`);
  const input = urls.join('\n');
  for (const timeout of ['125000', '200000', '500000']) {
    await cache(['warm', '-', '--host', 'a', '--timeout', timeout], { input });
  }
  const sizes = asked.map(([, args]) => (args as { urls: readonly string[] }).urls.length);
  expect(sizes).toStrictEqual([16, 8, 8, 4, 4, 4, 4]);
  expect(asked.at(-1)).toMatchObject(['cache.warm', { timeout: 500_000 }]);
});

async function deadSocket(path: string): Promise<void> {
  const server = createServer().listen(path);
  await once(server, 'listening');
  await link(path, `${path}.kept`);
  server.close();
  await once(server, 'close');
  await rename(`${path}.kept`, path);
}

it('removes old sockets of nobody, and leaves new ones', async () => {
  const env = { XDG_RUNTIME_DIR: await folder() };
  const old = await socketPath('/srv/old.js', env);
  const fresh = await socketPath('/srv/fresh.js', env);
  await deadSocket(old);
  await deadSocket(fresh);
  await utimes(old, 1, 1);
  const { code, stderr } = await run(['cache', 'keys'], { env });
  expect([code, stderr]).toStrictEqual([1, expect.stringContaining('no program runs') as string]);
  await expect(lstat(old)).rejects.toMatchObject({ code: 'ENOENT' });
  expect((await lstat(fresh)).isSocket()).toBe(true);
});

it('names a program that does not say what it is by its socket', async () => {
  const env = { XDG_RUNTIME_DIR: await folder() };
  const paths = [await socketPath('/srv/a.js', env), await socketPath('/srv/b.js', env)];
  const server = await openControl(paths[0]!, async () => INFO);
  onTestFinished(() => server.close());
  const mute = createServer((socket) => socket.once('data', () => socket.end())).listen(paths[1]);
  onTestFinished(() => void mute.close());
  await once(mute, 'listening');
  const { stderr } = await run(['cache', 'keys'], { env });
  expect(stderr).toContain(`--app: /srv/\\x1b[2Japp.js, ${paths[1]}`);
});

it('answers in a thread as over the socket', async () => {
  const app = await createApp({ env: false, cache: false });
  onTestFinished(() => app.close());
  expect(await answerControl(app, { command: 'state', args: {} })).toStrictEqual({
    state: 'starting',
  });
});
