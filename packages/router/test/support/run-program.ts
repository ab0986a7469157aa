// Runs the program that a page of the guide shows, in a process of its own, inside the package, where its imports resolve.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

const GUIDE = new URL('../../../../docs/guide/', import.meta.url);

/** Starts a program of a page; it ends with the test.
 * @param number  which one, from 0
 * @returns the URL at which it listens, without a slash at the end */
export async function runProgram(page: string, number = 0): Promise<string> {
  const text = await readFile(new URL(page, GUIDE), 'utf8');
  const program = [...text.matchAll(/^```js\n(.*?)^```$/gms)][number]?.[1];
  if (program === undefined) throw new Error(`${page} shows no program ${number}`);
  const cache = new URL('../../.cache/', import.meta.url);
  await mkdir(cache, { recursive: true });
  const folder = await mkdtemp(fileURLToPath(new URL('guide-', cache)));
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
  for await (const chunk of child.stdout.setEncoding('utf8')) {
    output += String(chunk);
    const url = /http:\/\/[^\s/]+(?=\s)/.exec(output);
    if (url !== null) return url[0];
  }
  throw new Error(`${page}: the program ended without an address: ${output}`);
}
