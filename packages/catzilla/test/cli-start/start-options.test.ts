// What `catzilla start` makes of its command line, with threads that play an application.
import { EventEmitter } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { startCommand } from '../../src/cli/commands/start.ts';
import { runCli } from '../../src/cli/run-cli.ts';

const entry = new URL('../threads/support/fake-thread.mjs', import.meta.url);

async function started(
  args: readonly string[],
  { env = {}, plan = {} }: { env?: Readonly<Record<string, string>>; plan?: object } = {},
) {
  const cwd = await mkdtemp(join(tmpdir(), 'catzilla-start-'));
  onTestFinished(() => rm(cwd, { recursive: true, force: true }));
  await writeFile(join(cwd, 'plan.json'), JSON.stringify(plan));
  const signals = new EventEmitter();
  const lines: { msg: string; [name: string]: unknown }[] = [];
  let stderr = '';
  const stdout = {
    write(text: string | Uint8Array) {
      const line = JSON.parse(String(text)) as (typeof lines)[number];
      lines.push(line);
      signals.emit('line', line);
      return true;
    },
  };
  const given = {
    stdout,
    stderr: { write: (text: string | Uint8Array) => (stderr += String(text)) !== '' },
    env,
    cwd,
    signals,
  };
  const ended = runCli(['start', ...args], given, [startCommand(entry)]);
  const line = async (words: string): Promise<(typeof lines)[number]> => {
    for (;;) {
      const found = lines.find(({ msg }) => msg.includes(words));
      if (found !== undefined) return found;
      await new Promise((resolve) => signals.once('line', resolve));
    }
  };
  return { ended, line, signals, lines, stderr: () => stderr };
}

it('serves one thread at 127.0.0.1 until SIGTERM, and takes its listeners back', async () => {
  const { ended, line, signals } = await started(['plan.json', '--port', '0']);
  const { address, threads } = await line('listening at');
  expect(address).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  expect(threads).toBe(1);
  signals.emit('SIGTERM');
  expect(await ended).toBe(0);
  expect(signals.eventNames()).toStrictEqual([]);
});

it('reloads on SIGHUP, and ends on SIGINT', async () => {
  const { ended, line, signals } = await started(['plan.json', '--port', '0', '-t', '2']);
  expect((await line('listening at'))['threads']).toBe(2);
  signals.emit('SIGHUP');
  await line('reloaded');
  signals.emit('SIGINT');
  expect(await ended).toBe(0);
});

it('has exit code 1 where a thread did not end in order', async () => {
  const { ended, line, signals } = await started(['plan.json', '--port', '0'], {
    plan: { stop: 'unclean' },
  });
  await line('listening at');
  signals.emit('SIGTERM');
  expect(await ended).toBe(1);
});

it('reads PORT and HOST, where options say nothing', async () => {
  const env = { PORT: '0', HOST: '127.0.0.9' };
  const { ended, line, signals } = await started(['plan.json'], { env });
  expect((await line('listening at'))['address']).toMatch(/^http:\/\/127\.0\.0\.9:/);
  signals.emit('SIGTERM');
  expect(await ended).toBe(0);
});

it.each([
  [[], {}, 'expected <app>, got none'],
  [
    ['plan.json', '--port', '70000'],
    {},
    'expected --port to be a whole number from 0 to 65535, got "70000"',
  ],
  [
    ['plan.json'],
    { PORT: 'http' },
    'expected PORT to be a whole number from 0 to 65535, got "http"',
  ],
  [
    ['plan.json', '--threads', '0'],
    {},
    'expected --threads to be a whole number from 1 to 1024, got "0"; or auto',
  ],
  [['plan.json', '--threads', 'many'], {}, 'got "many"; or auto'],
  [['plan.json', '--shutdown-delay', '-1'], {}, '--shutdown-delay'],
  [['plan.json', '--thread', '2'], {}, 'did you mean --threads?'],
])('refuses %j with %j, exit code 2', async (args, env, words) => {
  const { ended, stderr, lines } = await started(args, { env });
  expect(await ended).toBe(2);
  expect(stderr()).toContain(words);
  expect(lines).toStrictEqual([]);
});

it('says in one sentence why it did not start, and in JSON where that was asked for', async () => {
  const first = await started(['plan.json', '--port', '0'], { plan: { load: 'fail' } });
  expect(await first.ended).toBe(1);
  expect(first.stderr()).toBe('catzilla: thread 1 did not start: no load\n');
  const second = await started(['plan.json', '--port', '0', '--json'], { plan: { load: 'fail' } });
  expect(await second.ended).toBe(1);
  expect(JSON.parse(second.stderr())).toStrictEqual({
    error: { code: 'CATZ_CLI_START', message: 'thread 1 did not start: no load' },
  });
});
