// The program without a terminal, as scripts run it: JSON on stdout and nothing else, notes on stderr, exit codes.
import { spawn } from 'node:child_process';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { folder } from './support/run.ts';

const MAIN = fileURLToPath(new URL('../../bin/catzilla.js', import.meta.url));

interface Done {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function start(args: readonly string[], cwd: string, runtime: string) {
  const child = spawn(process.execPath, [MAIN, ...args], {
    cwd,
    env: { ...process.env, XDG_RUNTIME_DIR: runtime, NODE_ENV: undefined, PORT: undefined },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const text = { stdout: '', stderr: '' };
  let heard: () => void = () => undefined;
  child.stdout.setEncoding('utf8').on('data', (part: string) => {
    text.stdout += part;
    heard();
  });
  child.stderr.setEncoding('utf8').on('data', (part: string) => (text.stderr += part));
  const done = new Promise<Done>((resolve) => {
    child.once('close', (code) => {
      resolve({ code, ...text });
      heard();
    });
  });
  onTestFinished(async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
    await done;
  });
  return {
    child,
    done,
    async until(what: RegExp): Promise<RegExpExecArray> {
      for (;;) {
        const found = what.exec(text.stdout);
        if (found !== null) return found;
        if (child.exitCode !== null)
          throw new Error(`not said: ${what.source}; but ${text.stderr}`);
        await new Promise<void>((resolve) => (heard = resolve));
      }
    },
  };
}

const APP = `
export const config = { builtins: false, cache: { ttl: 60_000 } };
export default async (app) => { app.get('/a', async () => 'a'); };
`;

it('gives JSON of every command, from a program of two threads', async () => {
  const cwd = await folder({ 'app.mjs': APP, 'urls.txt': '/a' });
  const runtime = await folder();
  const server = start(
    ['start', 'app.mjs', '--port', '0', '--threads', '2', '--shutdown-delay', '0'],
    cwd,
    runtime,
  );
  const port = (await server.until(/"port":(\d+)/))[1]!;
  const ask = async (args: readonly string[], input = ''): Promise<Done & { json: unknown }> => {
    const asked = start([...args, '--json'], cwd, runtime);
    asked.child.stdin.end(input);
    const done = await asked.done;
    return { ...done, json: done.stdout === '' ? undefined : (JSON.parse(done.stdout) as unknown) };
  };

  expect(await ask(['cache', 'warm', '-'], '/a\n')).toMatchObject({
    code: 0,
    stderr: '',
    json: { stored: 1, urls: 1 },
  });
  const cached = await fetch(`http://127.0.0.1:${port}/a`);
  expect(cached.headers.get('cache-status')).toContain('hit');
  expect(await ask(['cache', 'stats'])).toMatchObject({
    code: 0,
    json: { program: { threads: 2, mode: 'start' }, http: { stored: 1 }, engine: { entries: 1 } },
  });
  expect(await ask(['cache', 'keys'])).toMatchObject({
    code: 0,
    json: { keys: [{ url: `http://127.0.0.1:${port}/a`, kind: 'url' }], more: false },
  });
  const refused = await ask(['cache', 'purge', '--all'], 'y\n');
  expect([refused.code, refused.stdout]).toStrictEqual([2, '']);
  expect(JSON.parse(refused.stderr)).toMatchObject({ error: { code: 'CATZ_CLI_USAGE' } });
  expect(await ask(['cache', 'purge', '--all', '--yes'])).toMatchObject({
    code: 0,
    json: { purged: 1, ok: true },
  });
  expect(await ask(['routes', 'app.mjs'])).toMatchObject({ code: 0, json: { conflicts: [] } });
  expect(await ask(['doctor', 'app.mjs'])).toMatchObject({ code: 0, json: { ok: true } });

  server.child.kill('SIGTERM');
  expect((await server.done).code).toBe(0);
  const gone = await ask(['cache', 'stats']);
  expect(gone.code).toBe(1);
  expect(JSON.parse(gone.stderr)).toMatchObject({ error: { code: 'CATZ_CLI_CONTROL' } });
});

it('start without a control socket cannot be asked', async () => {
  const cwd = await folder({ 'app.mjs': APP });
  const runtime = await folder();
  const args = ['start', 'app.mjs', '--port', '0', '--shutdown-delay', '0', '--no-control'];
  const server = start(args, cwd, runtime);
  await server.until(/"port":\d+/);
  const asked = start(['cache', 'stats', '--app', 'app.mjs'], cwd, runtime);
  expect(await asked.done).toMatchObject({ code: 1, stdout: '' });
  server.child.kill('SIGTERM');
  expect((await server.done).code).toBe(0);
});

it('dev ends its application when it is killed itself', async () => {
  const cwd = await folder({ 'app.mjs': APP });
  const dev = start(['dev', 'app.mjs', '--port', '0', '--json'], cwd, await folder());
  const port = (await dev.until(/"port":(\d+)/))[1]!;
  expect(await (await fetch(`http://127.0.0.1:${port}/a`)).text()).toBe('a');
  dev.child.kill('SIGKILL');
  await dev.done;
  // The application is nobody's child now: that it listens no more is all that can be seen of its end.
  const url = `http://127.0.0.1:${port}/a`;
  const isThere = async (): Promise<boolean> => fetch(url).then(Boolean, () => false);
  while (await isThere()) await setTimeout(20);
});
