// The program `catzilla`, as a user runs it: built, in a process of its own, on an application in a folder that is gone after
// the test. Invariant: no process outlives its test; each is signalled by its own handle only.
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, onTestFinished } from 'vitest';

const MAIN = fileURLToPath(new URL('../../../bin/catzilla.js', import.meta.url));
/** Longest wait for what a process is to say; a test that hangs says what came until then. */
const LONGEST = 60_000;

/** A line of the log. */
export interface Line {
  readonly level: number;
  readonly msg: string;
  readonly thread?: number;
  readonly [field: string]: unknown;
}

// Control sockets of programs that are killed stay behind.
const runtime = mkdtempSync(join(tmpdir(), 'catzilla-run-'));
afterAll(() => rm(runtime, { recursive: true, force: true }));

/** One run of the program. */
export class Program {
  readonly #child: ChildProcess;
  readonly lines: Line[] = [];
  /** What it wrote to stdout that is no line of the log, and to stderr. */
  text = '';
  stderr = '';
  /** Its exit code, or the signal that ended it. */
  readonly ended: Promise<number | string>;
  #heard: () => void = () => {};

  constructor(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    this.#child = spawn(process.execPath, [MAIN, ...args], {
      env: {
        ...process.env,
        NODE_ENV: undefined,
        PORT: undefined,
        HOST: undefined,
        XDG_RUNTIME_DIR: runtime,
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let rest = '';
    this.#child.stdout!.setEncoding('utf8').on('data', (part: string) => {
      const lines = (rest + part).split('\n');
      rest = lines.pop()!;
      for (const line of lines) this.#take(line);
      this.#heard();
    });
    this.#child.stderr!.setEncoding('utf8').on('data', (part: string) => {
      this.stderr += part;
    });
    this.ended = new Promise((resolve) => {
      this.#child.once('close', (code, signal) => {
        resolve(signal ?? code!);
        this.#heard();
      });
    });
    onTestFinished(async () => {
      if (this.#child.exitCode === null && this.#child.signalCode === null) {
        this.#child.kill('SIGKILL');
      }
      await this.ended;
    });
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** Waits for a line of the log.
   * @param count  how many there are to be
   * @throws when it ends, or 60 s are over, without it */
  async line(what: string | ((line: Line) => boolean), count = 1): Promise<Line> {
    const is = typeof what === 'string' ? ({ msg }: Line) => msg.includes(what) : what;
    const latest = setTimeout(() => this.#heard(), LONGEST);
    const begun = performance.now();
    try {
      for (;;) {
        const found = this.lines.filter(is);
        if (found.length >= count) return found[count - 1]!;
        if (!this.isRunning || performance.now() - begun >= LONGEST) {
          const heard = this.lines.map(({ thread, msg }) => `${thread}: ${msg}`).join('\n');
          throw new Error(`no line ${String(what)}; got\n${heard}\n${this.text}\n${this.stderr}`);
        }
        await new Promise<void>((resolve) => {
          this.#heard = resolve;
        });
      }
    } finally {
      clearTimeout(latest);
    }
  }

  /** Waits until it listens.
   * @returns the port */
  async port(): Promise<number> {
    const { port } = await this.line(
      ({ thread, port: found }) => thread === 0 && found !== undefined,
    );
    return port as number;
  }

  #take(line: string): void {
    try {
      this.lines.push(JSON.parse(line) as Line);
    } catch {
      this.text += `${line}\n`;
    }
  }
}

/** Writes an application module.
 * @returns its absolute path */
export async function application(source: string, name = 'app.mjs'): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'catzilla-start-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, name);
  await writeFile(file, source);
  return file;
}

/** `catzilla start` on a free port of 127.0.0.1. */
export function start(
  file: string,
  args: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): Program {
  return new Program(['start', file, '--port', '0', ...args], env);
}
