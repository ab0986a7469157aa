// The program `catzilla` in a real pseudo-terminal, by `script` of util-linux: what is typed goes in, what is shown comes out.
// Invariant: nothing outlives its test. Ended are only processes that were started here, by their own handles.
import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { onTestFinished } from 'vitest';

const MAIN = fileURLToPath(new URL('../../../bin/catzilla.js', import.meta.url));
const LONGEST = 60_000;

/** Why there is no terminal for tests; undefined: there is one. */
export const noTerminal: string | undefined =
  spawnSync('script', ['-qefc', 'true', '/dev/null']).status === 0
    ? undefined
    : 'there is no `script` of util-linux';

/** One run in a terminal. */
export class TerminalRun {
  readonly #child: ChildProcess;
  /** All that was shown. */
  shown = '';
  /** Its exit code. */
  readonly ended: Promise<number | null>;
  #heard: () => void = () => undefined;

  constructor(args: readonly string[], cwd: string, env: Readonly<Record<string, string>> = {}) {
    const command = [process.execPath, MAIN, ...args].map((word) => `'${word}'`).join(' ');
    const clean = { ...process.env, NODE_ENV: undefined, PORT: undefined, HOST: undefined };
    // exec: what is typed reaches the program itself, and its end is that of the terminal.
    this.#child = spawn('script', ['-qefc', `exec ${command}`, '/dev/null'], {
      cwd,
      env: { ...clean, NO_COLOR: undefined, FORCE_COLOR: undefined, TERM: 'xterm', ...env },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.#child.stdout!.setEncoding('utf8').on('data', (part: string) => {
      this.shown += part;
      this.#heard();
    });
    this.ended = new Promise((resolve) => {
      this.#child.once('close', (code) => {
        resolve(code);
        this.#heard();
      });
    });
    onTestFinished(async () => {
      // The end of the terminal is a hang-up for what runs in it.
      if (this.#child.exitCode === null && this.#child.signalCode === null) this.#child.kill();
      await this.ended;
    });
  }

  /** What was shown, without colours. */
  get text(): string {
    return stripVTControlCharacters(this.shown).replaceAll('\r\n', '\n');
  }

  type(text: string): void {
    this.#child.stdin!.write(text);
  }

  /** Waits until it shows something.
   * @param count  how often
   * @returns what matched last */
  async until(what: RegExp, count = 1): Promise<RegExpMatchArray> {
    const all = new RegExp(what.source, `${what.flags}g`);
    const begun = performance.now();
    const late = setTimeout(() => this.#heard(), LONGEST);
    try {
      for (;;) {
        const found = [...this.text.matchAll(all)];
        if (found.length >= count) return found[count - 1]!;
        const isOver = this.#child.exitCode !== null || performance.now() - begun >= LONGEST;
        if (isOver) throw new Error(`not shown: ${what.source}; but\n${this.text}`);
        await new Promise<void>((resolve) => (this.#heard = resolve));
      }
    } finally {
      clearTimeout(late);
    }
  }
}
