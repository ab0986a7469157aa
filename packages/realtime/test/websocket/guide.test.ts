// The program of the guide is run as it stands there, from the built package, and does what the page says.
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { open } from './support.ts';

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
