// catzilla dev and its parts, without a terminal.
import { EventEmitter } from 'node:events';
import { mkdir, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import type { Output } from '../../src/cli/command.ts';
import { cache } from '../../src/cli/commands/cache.ts';
import { devCommand } from '../../src/cli/commands/dev.ts';
import { logPrinter } from '../../src/cli/dev/log-printer.ts';
import { execArgvFor } from '../../src/cli/dev/typescript.ts';
import { AppProcess } from '../../src/dev/app-process.ts';
import { FileWatch } from '../../src/dev/file-watch.ts';
import { folder, run } from './support/run.ts';

const ENTRY = new URL('../../dist/dev/child.js', import.meta.url);

/** One run of dev in this process; its application has a process of its own. */
function dev(cwd: string, args: readonly string[] = [], env: Record<string, string> = {}) {
  const signals = new EventEmitter();
  let text = '';
  let heard: () => void = () => undefined;
  const ended = run(['dev', 'app.mjs', '--port', '0', ...args], {
    cwd,
    env: { PATH: process.env['PATH']!, ...env },
    commands: [devCommand(ENTRY), cache],
    signals,
    onStdout: (all) => {
      text = all;
      heard();
    },
  });
  void ended.then(() => heard());
  let isOver = false;
  void ended.finally(() => (isOver = true));
  onTestFinished(async () => {
    if (!isOver) signals.emit('SIGTERM');
    await ended;
  });
  return {
    ended,
    stop: (signal: string) => void signals.emit(signal),
    /** Waits for the nth of a pattern. */
    async until(what: RegExp, count = 1): Promise<RegExpMatchArray> {
      for (;;) {
        const found = [...text.matchAll(new RegExp(what.source, 'g'))];
        if (found.length >= count) return found[count - 1]!;
        if (isOver) throw new Error(`not shown: ${what.source}; but ${text}`);
        await new Promise<void>((resolve) => (heard = resolve));
      }
    },
  };
}

const APP = `
export const config = { builtins: false, monitor: false };
export default async (app) => { app.get('/', async () => 'x'); };
`;

it('prints events as JSON, reached by its control socket, and ends with code 0 by SIGTERM', async () => {
  const cwd = await folder({ 'app.mjs': APP });
  const server = dev(cwd, ['--json', '--socket', 's']);
  const [line] = await server.until(/\{"event":"listening".*\}/);
  const { port, address, dashboard } = JSON.parse(line) as Record<string, unknown>;
  expect(address).toBe(`http://127.0.0.1:${String(port)}`);
  expect(dashboard).toBe(false);
  const stats = await run(['cache', 'stats', '--socket', 's', '--json'], { cwd });
  expect(stats.json()).toMatchObject({ program: { mode: 'dev', threads: 1, address } });
  await writeFile(join(cwd, 'app.mjs'), 'export default 5;');
  await server.until(/\{"event":"changed","files":\[".*app\.mjs"\]\}/);
  const [failed] = await server.until(/\{"event":"failed".*\}/);
  expect(JSON.parse(failed)).toMatchObject({ error: { code: 'CATZ_APP_MODULE' } });
  const nobody = await run(['cache', 'stats', '--socket', 's', '--json'], { cwd });
  expect(nobody.code).toBe(1);
  expect(nobody.stderr).toContain('no thread serves now');
  server.stop('SIGTERM');
  expect((await server.ended).code).toBe(0);
});

it('tells where the dashboard is, which answers there', async () => {
  const source = 'export default async () => {};';
  const cwd = await folder({ 'app.mjs': source });
  const server = dev(cwd, ['--no-control', '--raw-logs']);
  const [, page] = await server.until(
    /catzilla dashboard at (http:\/\/127\.0\.0\.1:\d+\/_catzilla\/)/,
  );
  const reply = await fetch(page!);
  expect(reply.status).toBe(200);
  expect(reply.headers.get('content-type')).toContain('text/html');
  server.stop('SIGTERM');
  expect((await server.ended).code).toBe(0);
});

it('watches what it was told to, and restarts on the same port', async () => {
  const cwd = await folder({ 'app.mjs': APP });
  await mkdir(join(cwd, 'views', 'inner'), { recursive: true });
  await writeFile(join(cwd, 'data.json'), '1');
  const server = dev(cwd, [
    '--no-control',
    '--watch',
    'views',
    '--watch',
    'data.json',
    '--raw-logs',
  ]);
  const port = (await server.until(/listening at http:\/\/127\.0\.0\.1:(\d+)/))[1]!;
  await writeFile(join(cwd, 'views', 'inner', 'a.html'), 'a');
  await server.until(/a\.html(?: and \d more)? changed: restarting/);
  expect((await server.until(/catzilla listening at http:\/\/127\.0\.0\.1:(\d+)/, 2))[1]).toBe(
    port,
  );
  await writeFile(join(cwd, 'data.json'), '2');
  await server.until(/data\.json changed: restarting/);
  server.stop('SIGINT');
  server.stop('SIGINT');
  expect((await server.ended).code).toBe(0);
});

it('fails for a folder to watch that is not there, and serves without a control socket', async () => {
  const cwd = await folder({ 'app.mjs': APP });
  const lost = await dev(cwd, ['--no-control', '--watch', 'none']).ended;
  expect([lost.code, lost.stderr]).toStrictEqual([1, expect.stringContaining('ENOENT') as string]);
  const named = await dev(cwd, ['--socket', 'no/such/s', '--json']).ended;
  expect(JSON.parse(named.stderr)).toMatchObject({ error: { code: 'CATZ_CLI_SOCKET' } });
  const server = dev(cwd, [], { XDG_RUNTIME_DIR: join(cwd, 'app.mjs') });
  await server.until(/listening at/);
  server.stop('SIGINT');
  expect((await server.ended).stderr).toContain('no control socket');
});

it('takes HOST and PORT from the environment, and refuses a wrong port: CATZ_CLI_USAGE', async () => {
  const { code, stderr } = await run(['dev', 'app.mjs'], { env: { PORT: 'x' } });
  expect(code).toBe(2);
  expect(stderr).toContain('expected PORT to be a whole number');
});

function launch(file: string) {
  const files: string[] = [];
  const one = new AppProcess({
    file,
    host: '127.0.0.1',
    port: 0,
    env: { PATH: process.env['PATH'] },
    execArgv: [],
    entry: ENTRY,
    onFile: (imported) => files.push(imported),
    onStdout: () => undefined,
    onStderr: () => undefined,
  });
  onTestFinished(async () => {
    one.kill();
    await one.ended;
  });
  return { one, files };
}

it('tells which files an application imports, of both kinds of modules, and not those of packages', async () => {
  const cwd = await folder({
    'app.mjs': `import './esm.mjs'; import './common.cjs'; ${APP}`,
    'esm.mjs': `import 'pkg';`,
    'common.cjs': `require('./inner.cjs');`,
    'inner.cjs': '',
  });
  await mkdir(join(cwd, 'node_modules', 'pkg'), { recursive: true });
  await writeFile(join(cwd, 'node_modules', 'pkg', 'index.js'), '');
  const { one, files } = launch(join(cwd, 'app.mjs'));
  await one.ready;
  const own = files
    .filter((file) => file.startsWith(cwd))
    .map((file) => file.slice(cwd.length + 1));
  expect([...new Set(own)].sort()).toStrictEqual(['app.mjs', 'common.cjs', 'esm.mjs', 'inner.cjs']);
  await one.stop('done');
  expect(await one.ended).toBe(0);
});

it('answers questions while it serves, and CATZ_CLI_THREAD at any other time', async () => {
  const cwd = await folder({
    'app.mjs': `export const config = { builtins: false };
export default async (app) => { app.get('/slow', () => new Promise(() => {})); };`,
  });
  const slow = { command: 'cache.warm', args: { urls: ['/slow'] } };
  const { one } = launch(join(cwd, 'app.mjs'));
  await expect(one.ask('state', {}, 9_000)).rejects.toMatchObject({ code: 'CATZ_CLI_THREAD' });
  await one.ready;
  expect(await one.ask('state', {}, 9_000)).toBe('ready');
  await expect(one.ask('nothing', {}, 9_000)).rejects.toThrow('no answer nothing');
  await expect(one.ask('control', slow, 10)).rejects.toThrow('none within 10 ms');
  const asked = one.ask('control', slow, 60_000);
  one.kill();
  await expect(asked).rejects.toThrow('it does not serve now');
  await one.ended;
  await one.stop('twice');
  await expect(one.ask('state', {}, 9_000)).rejects.toMatchObject({ code: 'CATZ_CLI_THREAD' });
});

it('kills an application that does not end', async () => {
  const cwd = await folder({
    'app.mjs': `export const config = { builtins: false, monitor: false };
export default async (app) => { app.addHook('onClose', async () => { for (;;); }); };`,
  });
  const { one } = launch(join(cwd, 'app.mjs'));
  await one.ready;
  await one.stop('changed');
  expect(await one.ended).toBe('SIGKILL');
});

function watching() {
  const watch = new FileWatch();
  onTestFinished(() => watch.close());
  return watch;
}

it('notices changes of content, files that come and go, and those that are replaced', async () => {
  const cwd = await folder({ a: '1', new: '3' });
  const file = join(cwd, 'a');
  const watch = watching();
  await watch.add(file);
  await watch.add(join(cwd, 'late'));
  await writeFile(file, '2');
  expect(await watch.next()).toStrictEqual([file]);
  await rename(join(cwd, 'new'), file);
  expect(await watch.next()).toStrictEqual([file]);
  await writeFile(join(cwd, 'late'), '');
  expect(await watch.next()).toStrictEqual([join(cwd, 'late')]);
  await rm(file);
  expect(await watch.next()).toStrictEqual([file]);
});

it('notices no touch, no other file, and keeps what comes while nobody waits', async () => {
  const cwd = await folder({ a: '1', b: '1', c: '1' });
  const watch = watching();
  await watch.add(join(cwd, 'a'));
  await watch.add(join(cwd, 'b'));
  await utimes(join(cwd, 'a'), 1, 1);
  await writeFile(join(cwd, 'c'), '2');
  await writeFile(join(cwd, 'b'), '2');
  expect(await watch.next()).toStrictEqual([join(cwd, 'b')]);
});

it('watches a file of a folder that does not exist as soon as it is asked again', async () => {
  const cwd = await folder();
  const watch = watching();
  await watch.add(join(cwd, 'x', 'a'));
  await mkdir(join(cwd, 'x'));
  await watch.add(join(cwd, 'x', 'a'));
  await writeFile(join(cwd, 'x', 'a'), '1');
  expect(await watch.next()).toStrictEqual([join(cwd, 'x', 'a')]);
});

it('ends a wait when it is closed', async () => {
  const watch = watching();
  const waiting = watch.next();
  watch.close();
  expect(await waiting).toBeUndefined();
  expect(await watch.next()).toBeUndefined();
});

it('starts Node for TypeScript by tsx, else as it is where it can, else not at all: CATZ_CLI_START', () => {
  const none = { canStrip: false, tsx: undefined };
  expect(execArgvFor('/a.js', none)).toStrictEqual(['--enable-source-maps']);
  expect(execArgvFor('/a.ts', { canStrip: true, tsx: '/x/tsx.mjs' })).toStrictEqual([
    '--enable-source-maps',
    '--import',
    'file:///x/tsx.mjs',
  ]);
  expect(execArgvFor('/a.mts', { ...none, canStrip: true })).toHaveLength(1);
  expect(() => execArgvFor('/a.ts', none)).toThrow('npm install --save-dev tsx');
});

it('prints lines of the log for people, and others as they are', async () => {
  let text = '';
  const output: Output = { write: (part: string | Uint8Array) => ((text += String(part)), true) };
  const options = { isPlain: false, colours: false };
  const print = await logPrinter(output, import.meta.filename, options);
  const line = JSON.stringify({ level: 30, time: 0, pid: 1, hostname: 'h', msg: 'hello é', n: 1 });
  const bytes = Buffer.from(`${line}\nplain é\n{"half":`);
  for (const byte of bytes) print(Buffer.from([byte]));
  expect(text).toMatch(/INFO: hello é \{"n":1\}\nplain é\n$/);
  text = '';
  const raw = await logPrinter(output, import.meta.filename, { ...options, isPlain: true });
  raw(Buffer.from(line));
  expect(text).toBe(line);
  text = '';
  const lacking = await logPrinter(output, '/a.js', { ...options, find: () => undefined });
  lacking(Buffer.from(line));
  expect(text).toBe(line);
});

it('tells in words what happens', async () => {
  const cwd = await folder({
    'app.mjs': 'export default async () => { setTimeout(() => process.exit(7), 50); };',
  });
  const server = dev(cwd, ['--no-control']);
  await server.until(/catzilla ended with 7: waiting for a change\n/);
  await writeFile(join(cwd, 'app.mjs'), 'export default 5;');
  await server.until(/catzilla app\.mjs changed: restarting\n/);
  await server.until(
    /catzilla did not start: expected .* a function .*\ncatzilla waiting for a change\n/,
  );
  server.stop('SIGINT');
  expect((await server.ended).code).toBe(0);
});
