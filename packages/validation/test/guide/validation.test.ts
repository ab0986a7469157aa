// The programs in the guide to validation, and the example of the README, are run as they stand there, from the built package.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';

const GUIDE = new URL('../../../../docs/guide/validation.md', import.meta.url);
const README = new URL('../../README.md', import.meta.url);

/** The output of a program of a page, up to its first line; it ends with the test. */
async function run(
  page: URL,
  number: number,
  change = (program: string) => program,
): Promise<string> {
  const text = await readFile(page, 'utf8');
  const program = [...text.matchAll(/^```js\n(.*?)^```$/gms)][number]?.[1];
  if (program === undefined) throw new Error(`the page shows no program ${number}`);
  const cache = new URL('../../.cache/', import.meta.url);
  await mkdir(cache, { recursive: true });
  const folder = await mkdtemp(fileURLToPath(new URL('guide-', cache)));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await writeFile(`${folder}/app.mjs`, change(program));
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
    if (output.includes('\n')) return output.trim();
  }
  throw new Error(`the program said nothing: ${output}`);
}

async function post(url: string, type: string, body: string) {
  const answer = await fetch(url, { method: 'POST', headers: { 'content-type': type }, body });
  return { status: answer.status, body: await answer.json() };
}

test('the guide to validation: answers are those that the guide names', async () => {
  const url = await run(GUIDE, 0);
  const get = async (path: string, headers = {}) =>
    (await fetch(`${url}${path}`, { headers })).json();
  expect(await get('/users?page=2&tags=a')).toEqual({ page: 2, tags: ['a'] });
  expect(await get('/users?page=0x2')).toMatchObject({
    status: 400,
    errors: [{ in: 'query', pointer: '/page' }],
  });
  expect(await post(`${url}/users`, 'application/json', '{"name":"Ann","age":"30"}')).toMatchObject(
    { status: 400 },
  );
  expect(
    await post(`${url}/users`, 'application/x-www-form-urlencoded', 'name=Ann&age=30'),
  ).toEqual({ status: 201, body: { name: 'Ann', age: 30 } });
  expect(await post(`${url}/names`, 'application/json', '{"name":"ann"}')).toEqual({
    status: 200,
    body: { name: 'ann' },
  });
  expect(await post(`${url}/names`, 'application/json', '{"name":"admin"}')).toMatchObject({
    status: 400,
    body: { errors: [{ pointer: '/name', message: 'is taken' }] },
  });
  expect(await get('/theme', { cookie: 'theme=dark' })).toEqual({ theme: 'dark' });
  expect(await get('/theme')).toEqual({ theme: 'light' });
});

test('the guide to validation: a value is validated without an application', async () => {
  expect(await run(GUIDE, 1)).toBe('{ id: 7, retries: 3 }');
});

test('the README: its example runs', async () => {
  const url = await run(README, 0, (program) =>
    program.replace(
      'await app.listen({ port: 3000 });',
      'console.log(await app.listen({ port: 0 }));',
    ),
  );
  expect(await post(`${url}/users?page=2`, 'application/json', '{"name":"Ann","extra":1}')).toEqual(
    { status: 200, body: { name: 'Ann', page: 2 } },
  );
  expect(await post(`${url}/users?page=0`, 'application/json', '{"name":"Ann"}')).toMatchObject({
    status: 400,
  });
});
