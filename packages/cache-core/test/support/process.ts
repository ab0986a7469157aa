// Runs code in Node processes that a test talks with, stops and kills. They import the package as users do, from dist.
// Invariant: a process that was started has ended when `endProcesses` has; each is signalled by its own handle only.
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CacheOptions } from '../../src/index.ts';

const packageUrl = new URL('../../dist/index.js', import.meta.url).href;
const running = new Set<Process>();
const folders: string[] = [];
let serial = 0;

type Signal = 'SIGKILL' | 'SIGSTOP' | 'SIGCONT' | 'SIGTERM';

/** A process that was started. */
export class Process {
  readonly #child: ChildProcess;
  readonly #messages: unknown[] = [];
  /** How it ended: an exit code or a signal. */
  readonly ended: Promise<number | string>;

  constructor(command: readonly string[], env: typeof process.env = process.env) {
    const [file, ...args] = command as [string, ...string[]];
    this.#child = spawn(file, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'], env });
    this.#child.on('message', (message) => this.#messages.push(message));
    this.ended = new Promise((resolve) => {
      this.#child.once('exit', (code, signal) => {
        running.delete(this);
        resolve(signal ?? code!);
      });
    });
    running.add(this);
  }

  /** Its next message, in order; none is lost.
   * @throws when it ends before it has sent one */
  async next(): Promise<unknown> {
    const gone = this.ended.then((how) => new Error(`the process ended with ${how}`));
    while (this.#messages.length === 0) {
      const end = await Promise.race([once(this.#child, 'message'), gone]);
      if (end instanceof Error && this.#messages.length === 0) throw end;
    }
    return this.#messages.shift();
  }

  send(message: string | unknown[]): void {
    this.#child.send(message);
  }

  /** Sends a signal, and does not wait for what it does. */
  signal(signal: Signal): void {
    this.#child.kill(signal);
  }

  /** Ends it wherever it is. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.ended;
  }
}

/** Starts a process that runs the body of an async function with `openCache`, `data` and `send` in scope; what it is
 * sent are messages of `process`. */
export function startProcess(body: string, data: unknown, flags: readonly string[] = []): Process {
  const program = `
    import { openCache } from ${JSON.stringify(packageUrl)};
    const data = ${JSON.stringify(data)};
    const send = (message) => process.send(message);
    const exitWhenAlone = () => process.exit();
    process.once('disconnect', exitWhenAlone); // the test is gone
    ${body}`;
  return new Process([process.execPath, ...flags, '--input-type=module', '-e', program]);
}

/** Kills what still runs and removes the folders of `machineCache`. For afterEach. */
export async function endProcesses(): Promise<void> {
  await Promise.all([...running].map((child) => child.kill()));
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
}

/** A folder that is gone after the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'cache-core-'));
  folders.push(folder);
  return folder;
}

/** What to open a cache of scope 'machine' with that no other test has. */
export function machineCache(options: CacheOptions = {}): {
  readonly name: string;
  readonly options: CacheOptions;
} {
  const name = `hazard-${process.pid}-${serial++}`;
  const path = join(temporaryFolder(), 'arena');
  return { name, options: { scope: 'machine', path, sweepInterval: false, ...options } };
}
