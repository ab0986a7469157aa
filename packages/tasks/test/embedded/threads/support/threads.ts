// Real threads on stores that this thread owns, and a record of what they do.
import { once } from 'node:events';
import { Worker as Thread } from 'node:worker_threads';
import { onTestFinished } from 'vitest';
import { ownTaskStores } from '../../../../src/embedded/index.ts';
import type { MessagePort } from 'node:worker_threads';

const PROGRAM = new URL('thread.mjs', import.meta.url);

export interface Plan {
  readonly dir?: string;
  readonly durability?: string;
  readonly add?: { readonly count: number; readonly size: number };
  /** Waits for a job and for events, and does nothing else. */
  readonly wait?: boolean;
  readonly run?: { readonly concurrency: number; readonly ms: number };
}

export interface Said {
  readonly name: string;
  readonly port?: MessagePort;
  readonly added?: readonly string[];
  readonly started?: string;
  readonly ended?: string;
  readonly closed?: boolean;
}

/** What threads did: jobs that were acknowledged, and how often each began and ended. */
export class Threads {
  readonly added: string[] = [];
  readonly starts = new Map<string, number>();
  readonly ends = new Map<string, number>();
  /** Jobs that began while they were under way in a thread that nobody was ending. */
  readonly twiceAtOnce: string[] = [];
  /** How many each thread began. */
  readonly takers = new Map<string, number>();
  readonly #owner = ownTaskStores();
  readonly #active = new Map<string, string>();
  readonly #ending = new Set<string>();
  #heard = (): void => undefined;

  constructor() {
    onTestFinished(async () => {
      await this.#owner.close();
    });
  }

  start(
    name: string,
    plan: Plan,
  ): { exit: Promise<unknown>; end(): Promise<void>; terminate(): Promise<void> } {
    const thread = new Thread(PROGRAM, { workerData: { name, ...plan } });
    thread.on('message', (said: Said) => this.#hear(said));
    const exit = once(thread, 'exit');
    onTestFinished(async () => {
      await thread.terminate();
    });
    return {
      exit,
      async end() {
        thread.postMessage('end');
        await exit;
      },
      terminate: async () => {
        this.#ending.add(name);
        await thread.terminate();
      },
    };
  }

  /** Resolves as soon as something holds. */
  async until(holds: () => boolean): Promise<void> {
    while (!holds()) {
      await new Promise<void>((resolve) => {
        this.#heard = resolve;
      });
    }
  }

  close(): Promise<unknown> {
    return this.#owner.close();
  }

  #hear({ name, port, added, started, ended }: Said): void {
    if (port !== undefined) this.#owner.connect(port);
    if (added !== undefined) this.added.push(...added);
    if (started !== undefined) {
      const taker = this.#active.get(started);
      // A thread that is being ended runs nothing any more before its end is heard of here.
      if (taker !== undefined && !this.#ending.has(taker)) this.twiceAtOnce.push(started);
      this.#active.set(started, name);
      this.takers.set(name, (this.takers.get(name) ?? 0) + 1);
      this.starts.set(started, (this.starts.get(started) ?? 0) + 1);
    }
    if (ended !== undefined) {
      this.#active.delete(ended);
      this.ends.set(ended, (this.ends.get(ended) ?? 0) + 1);
    }
    this.#heard();
  }
}
