// The writer's thread, seen from the thread of the store: one promise per request, answered in order.
// Invariant: it holds the process only while a request is under way; if the thread ends by itself, every request rejects.
import { Worker } from 'node:worker_threads';
import type { TransferListItem } from 'node:worker_threads';
import { programUrl } from '@catzilla/common';
import type { WriterReply, WriterRequest } from './writer.ts';

export interface WriterClient {
  /** Rejects with what the writer threw: `code` as lmdb or the file system gave it. */
  ask(request: WriterRequest, transfer?: TransferListItem[]): Promise<WriterReply>;
  /** Ends the thread. Idempotent. */
  end(): Promise<void>;
}

interface Waiting {
  resolve(reply: WriterReply): void;
  reject(error: unknown): void;
}

type Answer =
  | { readonly reply: WriterReply }
  | { readonly error: { readonly message: string; readonly code?: unknown } };

/** Starts the thread. */
export function startWriter(): WriterClient {
  // Without the flags of this process: they may load what the thread does not need.
  const worker = new Worker(programUrl('writer-worker', import.meta.url), { execArgv: [] });
  const waiting: Waiting[] = [];
  let ended: Error | undefined;

  function fail(error: Error): void {
    ended ??= error;
    for (const { reject } of waiting.splice(0)) reject(ended);
  }
  worker.on('message', (answer: Answer) => {
    const next = waiting.shift();
    if (waiting.length === 0) worker.unref();
    if ('reply' in answer) next?.resolve(answer.reply);
    else next?.reject(Object.assign(new Error(answer.error.message), answer.error));
  });
  worker.on('error', fail);
  const exit = new Promise<void>((resolve) => {
    worker.on('exit', (code) => {
      fail(new Error(`the writer's thread has ended with code ${code}`));
      resolve();
    });
  });
  worker.unref();

  return {
    ask(request, transfer = []) {
      if (ended !== undefined) return Promise.reject(ended);
      return new Promise((resolve, reject) => {
        waiting.push({ resolve, reject });
        worker.ref();
        worker.postMessage(request, transfer);
      });
    },
    async end() {
      if (ended === undefined) {
        worker.ref();
        worker.postMessage('end');
      }
      await exit;
    },
  };
}
