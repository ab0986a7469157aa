// The command line, run in this process: with streams, an environment and a directory for sockets of the test's own.
import { EventEmitter } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { onTestFinished } from 'vitest';
import type { Command } from '../../../src/cli/command.ts';
import { runCli } from '../../../src/cli/run-cli.ts';

/** What a run has come to. */
export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** stdout as JSON, of whatever form the test expects. */
  json<T = Readonly<Record<string, unknown>>>(): T;
}

/** How to run. */
export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** What is typed or piped in. */
  readonly input?: string;
  readonly isTTY?: boolean;
  /** Default: as isTTY. */
  readonly isInputTTY?: boolean;
  readonly commands?: readonly Command[];
  /** Given the signals to send. */
  readonly signals?: EventEmitter;
  /** Called with all that stdout has had, after each write. */
  readonly onStdout?: (text: string) => void;
}

/** Runs a command line. */
export async function run(argv: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const { env = {}, cwd = '/', input, isTTY = false, commands, signals, onStdout } = options;
  const written = { stdout: '', stderr: '' };
  const stream = (name: 'stdout' | 'stderr') =>
    Object.assign(new PassThrough(), {
      isTTY,
      write(text: string | Uint8Array) {
        written[name] += typeof text === 'string' ? text : Buffer.from(text).toString();
        if (name === 'stdout') onStdout?.(written.stdout);
        return true;
      },
    });
  const terminal = {
    stdout: stream('stdout'),
    stderr: stream('stderr'),
    env,
    cwd,
    signals: signals ?? new EventEmitter(),
    openInput: () => {
      const given = Object.assign(new PassThrough(), { isTTY: options.isInputTTY ?? isTTY });
      given.end(input);
      return given;
    },
  };
  const code = await runCli(argv, terminal, commands);
  return {
    code,
    ...written,
    json: <T>() => JSON.parse(written.stdout) as T,
  };
}

/** A folder that is gone after the test. Its path is short, for sockets. */
export async function folder(files: Readonly<Record<string, string>> = {}): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'cz-'));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) await writeFile(join(path, name), text);
  return path;
}
