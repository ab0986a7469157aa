// The writer's thread: requests in, answers out, in order. Ends when told.
import { parentPort } from 'node:worker_threads';
import { loadLmdb } from './load.ts';
import { createWriter } from './writer.ts';
import type { WriterRequest } from './writer.ts';

const answer = createWriter(loadLmdb());

parentPort?.on('message', (request: WriterRequest | 'end') => {
  if (request === 'end') {
    answer({ op: 'shut' });
    parentPort?.close();
    return;
  }
  try {
    parentPort?.postMessage({ reply: answer(request) });
  } catch (error) {
    const { message, code } = error as NodeJS.ErrnoException;
    parentPort?.postMessage({ error: { message, code } });
  }
});
