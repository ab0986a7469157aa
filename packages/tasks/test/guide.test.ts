// The programs of guide, README and backends page are run as they stand there, from the built package, and print what the page says.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { redisSkipReason, startRedis } from '@catzilla/bus/testing';
import { describe, expect, onTestFinished, test } from 'vitest';

const ROOT = new URL('../../../', import.meta.url);
const GUIDE = 'docs/guide/tasks.md';

/** A block of a page, and the text block after it, which is what it prints. */
interface Block {
  readonly code: string;
  readonly output: string | undefined;
}

async function blocksOf(page: string): Promise<Block[]> {
  const text = await readFile(new URL(page, ROOT), 'utf8');
  return [...text.matchAll(/^```js\n(.*?)^```$(?:\n\n^```text\n(.*?)^```$)?/gms)].map(
    ([, code, output]) => ({ code: code!, output }),
  );
}

/** Name of the file that a block is, where it says so. */
function fileOf({ code }: Block): string | undefined {
  return /^\/\/ (\S+\.mjs)\n/.exec(code)?.[1];
}

async function run(program: string, others: readonly Block[] = []): Promise<string> {
  const cache = new URL('../.cache/', import.meta.url);
  await mkdir(cache, { recursive: true });
  const folder = await mkdtemp(fileURLToPath(new URL('guide-', cache)));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  for (const other of others) {
    const name = fileOf(other);
    if (name !== undefined) await writeFile(join(folder, name), other.code);
  }
  await writeFile(join(folder, 'app.mjs'), program);
  const child = spawn(process.execPath, ['app.mjs'], { cwd: folder });
  onTestFinished(() => void child.kill('SIGKILL'));
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const [code] = (await once(child, 'close')) as [number | null];
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout;
}

const guide = await blocksOf(GUIDE);
const programs = guide.filter(({ output }) => output !== undefined);
const [first] = programs;
const fragments = guide.filter((block) => block.output === undefined && !fileOf(block));

/** The first program, registered as a fragment of the page says. */
function firstWith({ code }: Block): string {
  const [imports, register] = [
    /^import .*$/m.exec(code)![0],
    /^await app\.register.*/ms.exec(code)![0],
  ];
  const changed = first!.code.replace(/^await app\.register\(.*\);$/m, () => register);
  expect(changed).not.toBe(first!.code);
  return `${imports}\n${changed}`;
}

describe('the guide', () => {
  test.for(programs.map((block, i) => [i + 1, block] as const))(
    'program %i prints what the page says',
    async ([, { code, output }]) => {
      expect(await run(code, guide)).toBe(output);
    },
  );

  test('has two ways to change the backend of its first program', () => {
    expect(fragments).toHaveLength(2);
  });

  test('its first program does the same in a folder', async () => {
    const [durable] = fragments;
    expect(durable!.code).toContain('dir:');
    expect(await run(firstWith(durable!))).toBe(first!.output);
  });

  test('its first program does the same on Redis', async (context) => {
    const reason = redisSkipReason();
    if (reason !== undefined) return context.skip(reason);
    const redis = await startRedis();
    onTestFinished(() => redis.stop());
    const [, onRedis] = fragments;
    expect(onRedis!.code).toContain('port: 6379');
    const code = firstWith(onRedis!).replace('port: 6379', `port: ${redis.port}`);
    expect(await run(code)).toBe(first!.output);
  });
});

test('the example of the README prints what it says', async () => {
  const [example, ...rest] = await blocksOf('packages/tasks/README.md');
  expect(rest).toEqual([]);
  expect(await run(example!.code)).toBe(example!.output);
});

test('the options of the backends page are options', async () => {
  const [options] = await blocksOf('docs/tasks-backends.md');
  const tries = `
import { createTasks } from '@catzilla/tasks';
for (const options of [inMemory, inFolder, onRedis, onPostgres]) {
  console.log(await createTasks({ tasks: [], ...options }).backendKind());
}
`;
  expect(await run(`${options!.code}${tries}`)).toBe('embedded\nembedded\nredis\npostgres\n');
});

test('the threads of the backends page do what it says', async () => {
  const [, thread, main, ...rest] = await blocksOf('docs/tasks-backends.md');
  expect(rest).toEqual([]);
  expect(await run(main!.code, [thread!])).toBe(main!.output);
});
