// The first program in the guide and the example of the README are run as they stand there, from the built package.
import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';

const root = new URL('../../../', import.meta.url);

test('the first program of the guide prints what the guide says', async () => {
  expect(await outputOf('docs/guide/dependency-injection.md')).toBe(
    "committed\nrolled back\nno coffee\n[ 'tea for Ada' ]\nclosed memory: with 1 row\n",
  );
});

test('the example of the README prints what it says', async () => {
  const output = await outputOf('packages/di/README.md');
  expect(output).toBe('{"id":"7","name":"Ada"}\nclosed\n');
});

async function outputOf(page: string): Promise<string> {
  const text = await readFile(new URL(page, root), 'utf8');
  const program = /^```js\n(.*?)^```$/ms.exec(text)?.[1];
  if (program === undefined) throw new Error(`${page} shows no program`);
  const cache = new URL('../.cache/', import.meta.url);
  await mkdir(cache, { recursive: true });
  const folder = await mkdtemp(fileURLToPath(new URL('guide-', cache)));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await writeFile(`${folder}/app.mjs`, program);
  const { stdout, stderr } = spawnSync(process.execPath, [`${folder}/app.mjs`], {
    encoding: 'utf8',
    timeout: 120_000,
  });
  expect(stderr).toBe('');
  return stdout;
}
