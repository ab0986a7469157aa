// Runs code in worker threads. A worker imports the package as users do, from dist: it is the same addon file,
// hence the same engines as in the test's own thread.
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

const packageUrl = new URL('../../dist/index.js', import.meta.url).href;

/** Starts a worker that runs the body of an async function with `openCache`, `data` and `port` in scope. */
export function startWorker(body: string, data: unknown): Worker {
  const code = `
    const { parentPort: port, workerData: data } = require('node:worker_threads');
    import(${JSON.stringify(packageUrl)}).then(async ({ openCache }) => { ${body} });`;
  return new Worker(code, { eval: true, workerData: data });
}

/** Waits for a worker's next message. */
export async function nextMessage(worker: Worker): Promise<unknown> {
  const [message] = await once(worker, 'message');
  return message;
}

/** Waits until a worker has ended by itself. */
export async function ended(worker: Worker): Promise<void> {
  const [code] = await once(worker, 'exit');
  if (code !== 0) throw new Error(`worker ended with ${code}`);
}
