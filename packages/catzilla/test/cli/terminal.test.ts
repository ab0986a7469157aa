// The command line as a person drives it, in a real terminal.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { folder } from './support/run.ts';
import { noTerminal, TerminalRun } from './support/terminal.ts';

const APP = (word: string) => `
export const config = { builtins: false, monitor: false };
export default async (app) => { app.get('/', async () => ${JSON.stringify(word)}); };
`;
const CACHED = `
export const config = { builtins: false, cache: { ttl: 60_000 } };
export default async (app) => { app.get('/a', async () => 'a'); };
`;

async function get(port: string, path = '/'): Promise<string> {
  return (await fetch(`http://127.0.0.1:${port}${path}`)).text();
}

const inTerminal = it.skipIf(noTerminal !== undefined);

inTerminal(
  'dev serves, restarts on a change, shows a failed start, and ends with Ctrl-C',
  async () => {
    const cwd = await folder({
      'app.mjs': `import { word } from './word.mjs';
export const config = { builtins: false, monitor: false };
export default async (app) => { app.get('/', async () => word); };`,
      'word.mjs': `export const word = 'one';`,
    });
    const env = { XDG_RUNTIME_DIR: await folder() };
    const dev = new TerminalRun(['dev', 'app.mjs', '--port', '0'], cwd, env);
    const port = (await dev.until(/catzilla listening at http:\/\/127\.0\.0\.1:(\d+) \(/))[1]!;
    expect(await get(port)).toBe('one');
    await dev.until(/INFO: request completed/);
    expect(dev.shown).toContain('\u001b[32mlistening\u001b[39m');

    await writeFile(join(cwd, 'word.mjs'), `export const word = 'two';`);
    await dev.until(/word\.mjs changed: restarting/);
    expect((await dev.until(/catzilla listening at http:\/\/127\.0\.0\.1:(\d+) \(/, 2))[1]).toBe(
      port,
    );
    expect(await get(port)).toBe('two');

    await writeFile(join(cwd, 'word.mjs'), `export const word = ;`);
    await dev.until(/did not start: .*Unexpected token/);
    expect(dev.text).toMatch(/word\.mjs:1\nexport const word = ;/);
    await writeFile(join(cwd, 'word.mjs'), `export const word = 'three';`);
    await dev.until(/catzilla listening at/, 3);
    expect(await get(port)).toBe('three');

    dev.type('\x03');
    expect(await dev.ended).toBe(0);
    await expect(get(port)).rejects.toThrow('fetch failed');
  },
);

inTerminal(
  'dev waits for an application that ends by itself, and for one that is not there yet',
  async () => {
    const cwd = await folder({
      'app.mjs': `export default async () => { setTimeout(() => process.exit(3), 300); };`,
    });
    const dev = new TerminalRun(['dev', 'app.mjs', '--port', '0', '--no-control'], cwd);
    await dev.until(/ended with 3: waiting for a change/);
    await writeFile(join(cwd, 'app.mjs'), `import './late.mjs'; ${APP('x')}`);
    await dev.until(/did not start/);
    await writeFile(join(cwd, 'late.mjs'), '');
    const port = (await dev.until(/catzilla listening at http:\/\/127\.0\.0\.1:(\d+) \(/, 2))[1]!;
    expect(await get(port)).toBe('x');
    dev.type('\x03');
    expect(await dev.ended).toBe(0);
  },
);

inTerminal('dev runs TypeScript', async () => {
  const cwd = await folder({
    'app.ts': `import type { FastifyInstance } from 'fastify';
const word: string = 'typed';
export const config = { builtins: false, monitor: false };
export default async (app: FastifyInstance): Promise<void> => { app.get('/', async () => word); };`,
  });
  const dev = new TerminalRun(['dev', 'app.ts', '--port', '0', '--no-control'], cwd);
  const port = (await dev.until(/catzilla listening at http:\/\/127\.0\.0\.1:(\d+) \(/))[1]!;
  expect(await get(port)).toBe('typed');
  dev.type('\x03');
  expect(await dev.ended).toBe(0);
});

inTerminal('cache purge --all of a program of start asks, and does what was answered', async () => {
  const cwd = await folder({ 'app.mjs': CACHED });
  const env = { XDG_RUNTIME_DIR: await folder() };
  const start = new TerminalRun(
    ['start', 'app.mjs', '--port', '0', '--threads', '2', '--shutdown-delay', '0'],
    cwd,
    env,
  );
  const port = (await start.until(/"msg":"listening at http:\/\/127\.0\.0\.1:(\d+)"/))[1]!;
  const keys = async (): Promise<string> => {
    const listed = new TerminalRun(['cache', 'keys'], cwd, env);
    expect(await listed.ended).toBe(0);
    return listed.text;
  };
  expect(await get(port, '/a')).toBe('a');
  expect(await keys()).toContain(`http://127.0.0.1:${port}/a`);

  const refused = new TerminalRun(['cache', 'purge', '--all'], cwd, env);
  await refused.until(/Purge every response of this cache\? \[y\/N\]/);
  refused.type('n\r');
  expect(await refused.ended).toBe(1);
  expect(refused.text).toContain('nothing was purged');
  const interrupted = new TerminalRun(['cache', 'purge', '--all'], cwd, env);
  await interrupted.until(/\[y\/N\]/);
  interrupted.type('\x03');
  expect(await interrupted.ended).toBe(1);
  expect(await keys()).toContain(`http://127.0.0.1:${port}/a`);

  const agreed = new TerminalRun(['cache', 'purge', '--all', '--app', 'app.mjs'], cwd, env);
  await agreed.until(/\[y\/N\]/);
  agreed.type('y\r');
  expect(await agreed.ended).toBe(0);
  expect(agreed.text).toContain('purged: 1 response in memory');
  expect(await keys()).toBe('');

  start.type('\x03');
  expect(await start.ended).toBe(0);
});

inTerminal('colours are shown on a terminal, and not with NO_COLOR', async () => {
  const cwd = await folder({ 'app.mjs': APP('x') });
  const coloured = new TerminalRun(['routes', 'app.mjs'], cwd);
  expect(await coloured.ended).toBe(0);
  expect(coloured.shown).toContain('\u001b[1mmethod\u001b[22m');
  const plain = new TerminalRun(['routes', 'app.mjs'], cwd, { NO_COLOR: '1' });
  expect(await plain.ended).toBe(0);
  expect(plain.shown).toContain('method');
  expect(plain.shown).not.toContain('\u001b');
});

inTerminal('a command ends although the application has left something open', async () => {
  const cwd = await folder({
    'app.mjs': `import { writeFileSync } from 'node:fs';
export default async () => { writeFileSync('loaded', ''); setInterval(() => {}, 1000); };`,
  });
  const routes = new TerminalRun(['routes', 'app.mjs'], cwd);
  expect(await routes.ended).toBe(0);
  expect(await readFile(join(cwd, 'loaded'), 'utf8')).toBe('');
});
