// One process of the application under `catzilla dev`.
// Invariant: it ends once, and whoever waits for it hears of that.
import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { cliErrors } from '../errors.ts';
import { errorOf } from '../threads/protocol.ts';
import type { DevTarget, FromChild, Listening, ToChild } from './messages.ts';

/** What it is made with. */
export interface AppProcessOptions extends DevTarget {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Of Node: `['--import', 'tsx']`. */
  readonly execArgv: readonly string[];
  /** The module that runs in it. Default: ours. */
  readonly entry?: URL;
  /** Called with each file that it imports. */
  readonly onFile: (file: string) => void;
  readonly onStdout: (chunk: Buffer) => void;
  readonly onStderr: (chunk: Buffer) => void;
}

interface Wait {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** How long it may take to stop before it is killed, ms. */
const STOP_LIMIT = 2_000;

/** One process. */
export class AppProcess {
  /** Where it listens; rejects with what it failed with. */
  readonly ready: Promise<Listening>;
  /** How it ended: its exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>;
  readonly #child: ChildProcess;
  readonly #waits: Map<number, Wait> = new Map();
  #last = 0;
  #state: 'starting' | 'ready' | 'failed' | 'ended' = 'starting';
  #isStopping = false;

  constructor(options: AppProcessOptions) {
    const { file, host, port, env, execArgv, onFile, onStdout, onStderr } = options;
    const { entry = new URL('./child.js', import.meta.url) } = options;
    this.#child = fork(entry, [], {
      env,
      execArgv: [...execArgv],
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    this.#child.stdout!.on('data', onStdout);
    this.#child.stderr!.on('data', onStderr);
    this.ended = new Promise((resolve) => {
      // After its last output.
      this.#child.once('close', (code, signal) => {
        this.#state = 'ended';
        for (const { reject } of this.#waits.values()) reject(gone());
        this.#waits.clear();
        resolve(signal ?? code ?? 1);
      });
    });
    this.ready = new Promise((resolve, reject) => {
      this.#child.on('message', (message: FromChild) => {
        if (message.type === 'file') onFile(message.file);
        else if (message.type === 'ready') {
          this.#state = 'ready';
          resolve(message);
        } else if (message.type === 'failed') {
          this.#state = 'failed';
          reject(errorOf(message.failure));
        } else this.#hear(message);
      });
      this.#child.once('error', reject);
      void this.ended.then((code) => reject(new Error(`it ended with ${code}`)));
    });
    this.ready.catch(() => undefined); // whoever waits for it sees it
    this.#tell({ type: 'start', file, host, port });
  }

  /** It listens. */
  get isReady(): boolean {
    return this.#state === 'ready';
  }

  /** It is there, in whatever state. */
  get isRunning(): boolean {
    return this.#state !== 'ended';
  }

  /** It was told to end. */
  get isStopping(): boolean {
    return this.#isStopping;
  }

  /** Has it answer a question.
   * @throws what the answer threw; CATZ_CLI_THREAD where none came in time */
  async ask(name: string, payload: unknown, timeout: number): Promise<unknown> {
    if (!this.isReady) throw gone();
    const id = ++this.#last;
    let timer: NodeJS.Timeout | undefined;
    try {
      return await new Promise((resolve, reject) => {
        this.#waits.set(id, { resolve, reject });
        const late = new cliErrors.THREAD('the application', `none within ${timeout} ms`);
        timer = setTimeout(() => reject(late), timeout);
        this.#tell({ type: 'ask', id, name, payload });
      });
    } finally {
      clearTimeout(timer);
      this.#waits.delete(id);
    }
  }

  /** Ends it: in order where it serves, else at once. */
  async stop(reason: string): Promise<void> {
    this.#isStopping = true;
    if (!this.isRunning) return;
    if (this.isReady) this.#tell({ type: 'stop', reason });
    else this.kill();
    const timer = setTimeout(() => this.kill(), STOP_LIMIT);
    await this.ended;
    clearTimeout(timer);
  }

  /** Ends it wherever it is. */
  kill(): void {
    this.#child.kill('SIGKILL');
  }

  #hear(message: Extract<FromChild, { id: number }>): void {
    const wait = this.#waits.get(message.id);
    if (message.type === 'answer') wait?.resolve(message.value);
    else wait?.reject(errorOf(message.failure));
  }

  // One that is just ending does not hear it, and need not.
  #tell(message: ToChild): void {
    this.#child.send(message, () => undefined);
  }
}

function gone(): Error {
  return new cliErrors.THREAD('the application', 'it does not serve now');
}
