// `catzilla dev`: one process of the application at a time, a new one whenever a file that it imported has changed.
// A process, not a thread and not `node --watch`: nothing of the old code, its caches or its native handles is left; and the
// port, a failed start and the end are ours to handle.
// Invariant: the next process starts when the one before has ended, so that they never share a port. One that failed is told
// of, and waited for until a file changes.
import { setTimeout as delay } from 'node:timers/promises';
import { AppProcess } from './app-process.ts';
import { FileWatch } from './file-watch.ts';
import type { Listening } from './messages.ts';

/** What to run. */
export interface DevOptions {
  /** Absolute path of the application module. */
  readonly file: string;
  readonly host: string;
  /** 0: the system chooses one, which is then kept. */
  readonly port: number;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Of Node. */
  readonly execArgv: readonly string[];
  /** The module that runs in the process. Default: ours. */
  readonly entry?: URL;
  /** Further files and folders whose change restarts it; absolute. */
  readonly watch: readonly string[];
  readonly onStdout: (chunk: Buffer) => void;
  readonly onStderr: (chunk: Buffer) => void;
  readonly onEvent: (event: DevEvent) => void;
}

/** What has happened. */
export type DevEvent =
  | ({ readonly event: 'listening'; readonly ms: number } & Listening)
  /** It did not start. */
  | { readonly event: 'failed'; readonly error: Error }
  /** It ended by itself. */
  | { readonly event: 'ended'; readonly code: number | NodeJS.Signals }
  | { readonly event: 'changed'; readonly files: readonly string[] };

/** How long one that failed may go on, ms. */
const LAST_WORDS = 1_000;

/** Runs the application, again and again. */
export class DevServer {
  readonly #options: DevOptions;
  readonly #watch: FileWatch = new FileWatch();
  #port: number;
  #address: string | undefined;
  #process: AppProcess | undefined;
  #isStopping = false;

  constructor(options: DevOptions) {
    this.#options = options;
    this.#port = options.port;
  }

  /** Where it listens; undefined before it has. */
  get address(): string | undefined {
    return this.#address;
  }

  /** [1] where the application serves, as a supervisor of one thread. */
  get serving(): readonly number[] {
    return this.#process?.isReady === true ? [1] : [];
  }

  /** Asks the application.
   * @throws CATZ_CLI_THREAD where it does not serve; what the answer threw */
  async ask(name: string, payload: unknown, timeout: number): Promise<unknown> {
    return this.#process!.ask(name, payload, timeout);
  }

  /** Runs until stop().
   * @throws what looking at `watch` throws */
  async run(): Promise<void> {
    const { watch, file, onEvent } = this.#options;
    for (const path of watch) await this.#watch.addTree(path);
    await this.#watch.add(file);
    while (!this.#isStopping) {
      this.#process = this.#launch();
      const files = await this.#watch.next();
      if (files !== undefined) onEvent({ event: 'changed', files });
      await this.#process.stop(files === undefined ? 'stopped' : 'changed');
    }
  }

  /** Ends it; a second call waits for nothing. */
  stop(): void {
    if (this.#isStopping) this.#process?.kill();
    this.#isStopping = true;
    this.#watch.close();
  }

  #launch(): AppProcess {
    const { file, host, env, execArgv, entry, onStdout, onStderr } = this.#options;
    const begun = performance.now();
    const launched = new AppProcess({
      file,
      host,
      port: this.#port,
      env,
      execArgv,
      ...(entry && { entry }),
      onStdout,
      onStderr,
      onFile: (imported) => void this.#watch.add(imported),
    });
    void this.#tellOf(launched, begun);
    return launched;
  }

  async #tellOf(launched: AppProcess, begun: number): Promise<void> {
    const { onEvent } = this.#options;
    // Of one that was told to end, nothing is told.
    const isCurrent = (): boolean => !launched.isStopping && !this.#isStopping;
    try {
      const { address, port, dashboard } = await launched.ready;
      this.#port = port;
      this.#address = address;
      const ms = Math.round(performance.now() - begun);
      if (isCurrent()) onEvent({ event: 'listening', address, port, dashboard, ms });
    } catch (error) {
      // What it has to say of it comes first, unless it does not end by itself.
      await Promise.race([launched.ended, delay(LAST_WORDS, undefined, { ref: false })]);
      launched.kill();
      if (isCurrent()) onEvent({ event: 'failed', error: error as Error });
      return;
    }
    const code = await launched.ended;
    if (isCurrent()) onEvent({ event: 'ended', code });
  }
}
