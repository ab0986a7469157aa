// The threads of one task: a piscina of its own.
// Invariant: at most `max` calls are in it at once, for the queue in front of it takes no more jobs than that: none waits inside,
// where a full pool may let some wait for ever. A call that is aborted ends its thread, and settles only once that is gone, so
// that the next attempt cannot run beside it.
// Each task has its own, so that what ends a thread or fills its heap touches no other task. Threads without work end by themselves.
import { once } from 'node:events';
import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads';
import type { Worker } from 'node:worker_threads';
import type { Piscina } from 'piscina';
import { programUrl } from '@catzilla/common';
import type { TaskMeta } from '../../define/context.ts';
import type { ThreadOptions } from '../types.ts';
import { fromWire } from './message.ts';
import type { ThreadAnswer, ThreadCall } from './message.ts';

const IDLE = 10_000;
const MEBIBYTE = 1_048_576;

export class ThreadPool {
  readonly #file: string;
  readonly #max: number;
  readonly #options: ThreadOptions;
  readonly #onError: (error: unknown) => void;
  #pool: Piscina | undefined;

  /** @param max  threads
   * @param onError  hears of threads that failed without a call */
  constructor(file: URL, max: number, options: ThreadOptions, onError: (error: unknown) => void) {
    this.#file = file.href;
    this.#max = max;
    this.#options = options;
    this.#onError = onError;
  }

  /** Threads that run. */
  get threads(): number {
    return this.#pool?.threads.length ?? 0;
  }

  /** Calls the task's function in a thread.
   * @param signal  ends the thread
   * @param onProgress  what the function says of its progress
   * @throws what the function threw; an error of Node when the thread died (ERR_WORKER_OUT_OF_MEMORY) */
  async run(
    input: unknown,
    meta: TaskMeta,
    signal: AbortSignal,
    onProgress: (value: number | object) => void,
  ): Promise<unknown> {
    const pool = (this.#pool ??= await this.#open());
    signal.throwIfAborted();
    const { port1, port2 } = new MessageChannel();
    port1.on('message', onProgress);
    port1.unref();
    const ended: Promise<unknown>[] = [];
    const stop = new AbortController();
    const onAbort = (): void => {
      const before = [...pool.threads];
      stop.abort(signal.reason);
      for (const thread of before) {
        if (!pool.threads.includes(thread)) ended.push(exitOf(thread));
      }
    };
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      const call: ThreadCall = { file: this.#file, input, meta, port: port2 };
      const answer = (await pool.run(call, {
        transferList: [port2],
        signal: stop.signal,
      })) as ThreadAnswer;
      if ('error' in answer) throw fromWire(answer.error);
      return answer.json === undefined ? undefined : (JSON.parse(answer.json) as unknown);
    } catch (error) {
      await Promise.all(ended);
      throw signal.aborted ? signal.reason : error;
    } finally {
      signal.removeEventListener('abort', onAbort);
      // The answer came through another port, and may have overtaken what was said before it.
      for (let last = receiveMessageOnPort(port1); last; last = receiveMessageOnPort(port1)) {
        onProgress(last.message as number | object);
      }
      port1.close();
    }
  }

  /** Ends all threads. */
  async close(): Promise<void> {
    await this.#pool?.destroy();
  }

  async #open(): Promise<Piscina> {
    const { Piscina } = await import('piscina');
    // Another call may have been faster.
    if (this.#pool !== undefined) return this.#pool;
    const { idleTimeout = IDLE, maxHeapBytes } = this.#options;
    const pool = new Piscina({
      filename: programUrl('thread-main', import.meta.url).href,
      minThreads: 0,
      maxThreads: this.#max,
      idleTimeout,
      // A thread that sleeps in Atomics.wait() between calls would not finish what a function left behind, a socket to close.
      atomics: 'disabled',
      ...(maxHeapBytes === undefined
        ? {}
        : { resourceLimits: { maxOldGenerationSizeMb: Math.ceil(maxHeapBytes / MEBIBYTE) } }),
    });
    pool.on('error', this.#onError);
    return pool;
  }
}

async function exitOf(thread: Worker): Promise<void> {
  // -1: it has ended already.
  if (thread.threadId !== -1) await once(thread, 'exit');
}
