// The program of the guide page, run as it stands there and looked at in a browser.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { describe, expect, it, onTestFinished } from 'vitest';
import { args, executablePath, suiteName } from './browser.ts';

const PAGE = new URL('../../../../docs/guide/live-invalidation.md', import.meta.url);

/** Runs the first program of the page inside the package, where its imports resolve, and gives its URL. */
async function run(): Promise<string> {
  const text = await readFile(PAGE, 'utf8');
  const program = /^```js\n(.*?)^```$/ms.exec(text)![1]!;
  const cache = fileURLToPath(new URL('../../.cache/', import.meta.url));
  await mkdir(cache, { recursive: true });
  const folder = await mkdtemp(`${cache}live-`);
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
  for await (const data of child.stdout.setEncoding('utf8')) {
    output += String(data);
    const url = /http:\/\/\S+/.exec(output);
    if (url !== null) return url[0];
  }
  throw new Error(`ended without an address: ${output}`);
}

describe.skipIf(executablePath === undefined)(suiteName('the guide to live invalidation'), () => {
  it('shows a price, and the next one when it is changed', async () => {
    const [url, browser] = await Promise.all([
      run(),
      chromium.launch({ executablePath: executablePath!, args }),
    ]);
    onTestFinished(() => browser.close());
    const page = await browser.newPage();
    const complaints: string[] = [];
    page.on('console', (message) => {
      // Browsers ask for an icon that no program of a guide has.
      if (!message.location().url.endsWith('/favicon.ico')) complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(error.message));
    await page.goto(url);
    // No code in the page: its content security policy has no room for ours.
    const shows = (text: string): Promise<void> => page.getByText(text, { exact: true }).waitFor();
    await shows('4.2');
    const change = (price: number): Promise<Response> =>
      fetch(`${url}/prices/coffee`, {
        method: 'PUT',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ price }),
      });
    expect((await change(5)).status).toBe(200);
    await shows('5');
    await change(6);
    await shows('6');
    expect(complaints).toEqual([]);
  });
});
