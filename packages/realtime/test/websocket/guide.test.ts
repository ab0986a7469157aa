// The program of the guide is run as it stands there, from the built package, and does what the page says.
import { spawn, spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { open, startApp } from './support.ts';

const GUIDE = new URL('../../../../docs/guide/live-channels.md', import.meta.url);

/** Starts the first program of the page, and gives its port. */
async function start(): Promise<number> {
  const [, program] = /^```js\n(.*?)^```$/ms.exec(await readFile(GUIDE, 'utf8'))!;
  const cache = new URL('../../.cache/', import.meta.url);
  await mkdir(cache, { recursive: true });
  const folder = await mkdtemp(fileURLToPath(new URL('guide-', cache)));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await writeFile(join(folder, 'app.mjs'), program!);
  const child = spawn(process.execPath, ['app.mjs'], {
    cwd: folder,
    env: { ...process.env, PORT: '0' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let output = '';
  for await (const text of child.stdout) {
    output += String(text);
    const [, port] = /:(\d+)\s/.exec(output) ?? [];
    if (port !== undefined) return Number(port);
  }
  throw new Error(`ended without an address: ${output}`);
}

describe('the program of the guide', () => {
  it('publishes prices, and lets members into their rooms', async () => {
    const port = await start();
    const ada = await open(port, { headers: { cookie: 'user=ada' } });
    await ada.subscribe('prices');
    const answer = await fetch(`http://127.0.0.1:${port}/prices/coffee`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: '{"price":5}',
    });
    const { id } = (await answer.json()) as { id: string };
    const message = await ada.next('message');
    expect(message).toMatchObject({ id, data: { name: 'coffee', price: 5 } });

    const entered = await ada.subscribe('rooms/harbour');
    expect(entered).toMatchObject({ channels: [{ members: [{ data: { name: 'ada' } }] }] });
    const bob = await open(port, { headers: { cookie: 'user=bob' } });
    await bob.subscribe('rooms/harbour');
    expect(await ada.next('presence')).toMatchObject({
      event: 'join',
      data: { data: { name: 'bob' } },
    });
    bob.send({ type: 'publish', channel: 'rooms/harbour', data: { text: 'Ahoy' } });
    expect(await ada.next('message')).toMatchObject({ data: { text: 'Ahoy' } });
    const wrong = { type: 'publish', channel: 'rooms/harbour', data: 'Ahoy' };
    expect(await bob.ask(wrong, 'error')).toMatchObject({ code: 'CATZ_REALTIME_DATA' });

    const eve = await open(port, { headers: { cookie: 'user=eve' } });
    const asked = { type: 'subscribe', channel: 'rooms/harbour' };
    expect(await eve.ask(asked, 'error')).toMatchObject({ code: 'CATZ_REALTIME_FORBIDDEN' });
  });
});

/** Runs nginx with the settings of the guide before a port, and gives its own. */
async function startNginx(port: number): Promise<number> {
  const [, settings] = /```nginx\n(.*?)```/s.exec(await readFile(GUIDE, 'utf8'))!;
  const [, map, location] = /^(.*?)(location .*)$/s.exec(settings!)!;
  const folder = await mkdtemp(join(tmpdir(), 'catzilla-nginx-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const { port: own } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  const kinds = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  const temporary = kinds.map((kind) => `${kind}_temp_path ${folder}/${kind};`).join(' ');
  await writeFile(
    join(folder, 'nginx.conf'),
    `daemon off; master_process off; pid ${folder}/pid; error_log ${folder}/error.log;
    events {} http { access_log off; ${temporary} ${map}
    upstream app { server 127.0.0.1:${port}; }
    server { listen 127.0.0.1:${own}; ${location} } }`,
  );
  const nginx = spawn('nginx', ['-p', folder, '-e', join(folder, 'error.log'), '-c', 'nginx.conf']);
  const ended = new Promise((resolve) => nginx.once('exit', resolve));
  onTestFinished(async () => {
    nginx.kill('SIGTERM');
    await ended;
  });
  for (;;) {
    const answer = await fetch(`http://127.0.0.1:${own}/`).catch(() => undefined);
    if (answer !== undefined) return own;
    if (nginx.exitCode !== null) throw new Error(await readFile(`${folder}/error.log`, 'utf8'));
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe('nginx with the settings of the guide', () => {
  it('lets pages of its own host in, on whatever port, and no others', async (context) => {
    if (spawnSync('nginx', ['-v']).status !== 0) context.skip('nginx is not installed');
    const { app, port } = await startApp();
    const own = await startNginx(port);
    const client = await open(own, { origin: `http://127.0.0.1:${own}` });
    await client.subscribe('open/1');
    await app.realtime.publish('open/1', 'hello');
    expect(await client.next('message')).toMatchObject({ data: 'hello' });
    await expect(open(own, { origin: 'http://evil.example' })).rejects.toThrow('403');
  });
});
