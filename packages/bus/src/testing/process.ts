// One server process: started from a config file in its folder, known by pid, gone when this process is gone.
// Invariant: it has printed that it accepts connections before it is handed out, so no other server that took the port
// first can be mistaken for it; it never outlives us (setpriv's parent-death signal where there is one, else 'exit').
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { errors } from '../errors.ts';
import { redisBinary } from './binary.ts';
import { until } from './until.ts';

/** A running process. */
export interface ServerProcess {
  readonly pid: number;
  readonly isRunning: boolean;
  signal(name: 'SIGSTOP' | 'SIGCONT'): void;
  /** SIGKILL, which ends a stopped process too; resolves when it is gone. */
  kill(): Promise<void>;
}

const SETPRIV = '/usr/bin/setpriv';
const running = new Set<ChildProcess>();
const folders = new Set<string>();
let isWatching = false;

/** Starts a server and waits until it accepts connections.
 * @param dir   its folder: gets `redis.conf` (kept when it is there: a sentinel writes into it) and `log`
 * @param conf  lines of redis.conf
 * @returns undefined when the port was taken
 * @throws CATZ_BUS_SERVER_START, CATZ_BUS_NO_SERVER */
export async function startProcess(
  dir: string,
  conf: readonly string[],
  args: readonly string[] = [],
): Promise<ServerProcess | undefined> {
  const file = join(dir, 'redis.conf');
  if (!existsSync(file)) writeFileSync(file, `${conf.join('\n')}\n`);
  const log = join(dir, 'log');
  const output = openSync(log, 'w');
  const command = [redisBinary(), file, ...args];
  const [program = '', ...rest] = existsSync(SETPRIV)
    ? [SETPRIV, '--pdeathsig', 'KILL', ...command]
    : command;
  const child = spawn(program, rest, { cwd: dir, stdio: ['ignore', output, output] });
  closeSync(output);
  child.unref();
  watch(child);
  const ended = new Promise<void>((resolve) => {
    child.once('error', () => resolve());
    child.once('exit', () => resolve());
  });
  const hasEnded = (): boolean =>
    child.pid === undefined || child.exitCode !== null || child.signalCode !== null;
  const printed = (): string => readFileSync(log, 'utf8');
  await until(
    `a server in ${dir}`,
    () => hasEnded() || /Ready to accept connections|Sentinel ID is/.test(printed()),
  );
  if (hasEnded()) {
    if (/in use/.test(printed())) return undefined;
    throw new errors.SERVER_START(command[0], printed().trim().split('\n').slice(-3).join(' | '));
  }
  return {
    pid: child.pid ?? 0,
    get isRunning() {
      return !hasEnded();
    },
    signal: (name) => void child.kill(name),
    async kill() {
      child.kill('SIGKILL');
      // Ended by us: now its end may be waited for, even if nothing else keeps the process alive.
      child.ref();
      await ended;
    },
  };
}

/** Removes a folder now, or at the end of the process if it is still there then. */
export function removeAtExit(dir: string): () => void {
  folders.add(dir);
  return () => {
    folders.delete(dir);
    rmSync(dir, { recursive: true, force: true });
  };
}

function watch(child: ChildProcess): void {
  running.add(child);
  child.once('exit', () => running.delete(child));
  if (isWatching) return;
  isWatching = true;
  process.once('exit', () => {
    for (const one of running) one.kill('SIGKILL');
    for (const dir of folders) rmSync(dir, { recursive: true, force: true });
  });
}
