// The program of docs/guide/streaming.md, run as it stands there, and what the page says that it answers.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { openEvents } from '../sse/event-client.ts';

const PAGE = new URL('../../../../docs/guide/streaming.md', import.meta.url);

/** Runs the first program of the page inside the package, where its imports resolve. */
async function run(page: string): Promise<number> {
  const program = /^```js\n(.*?)^```$/ms.exec(page)![1]!;
  const cache = fileURLToPath(new URL('../../.cache/', import.meta.url));
  await mkdir(cache, { recursive: true });
  const folder = await mkdtemp(`${cache}streams-`);
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await writeFile(`${folder}/app.mjs`, program);
  const child = spawn(process.execPath, [`${folder}/app.mjs`], {
    env: { ...process.env, PORT: '0' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(async () => {
    if (child.exitCode === null && child.kill()) await once(child, 'close');
  });
  let output = '';
  for await (const text of child.stdout.setEncoding('utf8')) {
    output += String(text);
    const url = /http:\/\/[^:]+:(\d+)/.exec(output);
    if (url !== null) return Number(url[1]);
  }
  throw new Error(`ended without an address: ${output}`);
}

it('the guide answers what it says', async () => {
  const page = await readFile(PAGE, 'utf8');
  const sample = /^```sh\ncurl \S+\n(.*?)^```$/ms.exec(page)![1]!;
  const port = await run(page);
  const read = async (path: string): Promise<string> => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`);
    expect(response.status).toBe(200);
    return response.text();
  };
  expect(await read('/rows')).toBe(sample);
  expect(JSON.parse(await read('/rows.json'))).toHaveLength(3);
  expect(await read('/progress')).toContain(
    'event: progress\ndata: {"done":3,"of":3}\n\nevent: done\ndata: all rows are there\n\n',
  );
  const listener = await openEvents(port, 'channel=prices');
  const response = await fetch(`http://127.0.0.1:${port}/prices/coffee`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: '{"eur":4.2}',
  });
  expect(response.status).toBe(200);
  await listener.until(({ heard }) => heard.length === 1);
  expect(listener.heard).toMatchObject([
    { event: 'coffee', data: '{"channel":"prices","data":{"eur":4.2}}' },
  ]);
  listener.leave();
});
