// Processes that share a cache file answer from what any of them has computed, and hear each other's purges.
import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { atEnd } from './helpers.ts';

const server = fileURLToPath(new URL('support/machine-server.mjs', import.meta.url));

interface Peer {
  readonly child: ChildProcess;
  /** Asks the server; the parsed body, and our member of Cache-Status. */
  ask(url: string, method?: string): Promise<{ body: Record<string, unknown>; status: string }>;
  stop(signal?: NodeJS.Signals): Promise<void>;
}

async function start(path: string): Promise<Peer> {
  const child = fork(server, [path], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const exit = once(child, 'exit');
  atEnd(() => child.kill('SIGKILL'));
  const [{ port }] = (await once(child, 'message')) as [{ port: number }];
  return {
    child,
    async ask(url, method = 'GET') {
      // One host for all: it is part of the key, and their ports differ.
      const sent = request({ port, path: url, method, headers: { host: 'example.test' } }).end();
      const [answer] = (await once(sent, 'response')) as [IncomingMessage];
      const status = String(answer.headers['cache-status'] ?? '');
      return { body: JSON.parse(await text(answer)) as Record<string, unknown>, status };
    },
    async stop(signal) {
      if (signal === undefined) child.disconnect();
      else child.kill(signal);
      await exit;
    },
  };
}

it('serves what another process computed, until any of them purges it', async (context) => {
  if (process.platform !== 'linux') return context.skip("scope 'machine' is for Linux");
  const folder = mkdtempSync(join(tmpdir(), 'fastify-cache-machine-'));
  atEnd(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'pages.arena');
  const [one, two] = await Promise.all([start(path), start(path)]);

  const first = await one.ask('/value');
  const second = await two.ask('/value');
  expect(second.body).toEqual(first.body);
  expect(second.status).toMatch(/catzilla; hit/);
  expect((await two.ask('/computed')).body).toEqual({ computed: 0 });

  // Hot in both near-caches: the purge of one must reach the copies of the other.
  for (let i = 0; i < 20; i++) await Promise.all([one.ask('/value'), two.ask('/value')]);
  await two.ask('/purge', 'POST');
  const third = await one.ask('/value');
  expect(third.status).not.toMatch(/catzilla; hit/);
  expect(third.body).not.toEqual(first.body);
  expect((await two.ask('/value')).body).toEqual(third.body);

  // What a killed process has stored is served by the others, and by those who come after all are gone.
  await one.stop('SIGKILL');
  expect((await two.ask('/value')).status).toMatch(/catzilla; hit/);
  await two.stop();
  const three = await start(path);
  const later = await three.ask('/value');
  expect(later.body).toEqual(third.body);
  expect(later.status).toMatch(/catzilla; hit/);
  await three.stop();
});
