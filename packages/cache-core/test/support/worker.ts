// Runs code in worker threads. A worker imports the package as users do, from dist: it is the same addon file,
// hence the same engines as in the test's own thread.
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

const packageUrl = new URL('../../dist/index.js', import.meta.url).href;

// Listened for from the start: Node emits a worker's last message and its exit in one go, so whoever listened for the
// exit only after the message would wait for ever.
const exits = new WeakMap<Worker, Promise<number>>();

/** Starts a worker that runs the body of an async function with `openCache`, `data` and `port` in scope. */
export function startWorker(body: string, data: unknown): Worker {
  const code = `
    const { parentPort: port, workerData: data } = require('node:worker_threads');
    import(${JSON.stringify(packageUrl)}).then(async ({ openCache }) => { ${body} });`;
  const worker = new Worker(code, { eval: true, workerData: data });
  exits.set(worker, new Promise((resolve) => worker.once('exit', resolve)));
  return worker;
}

/** Waits for a worker's next message. */
export async function nextMessage(worker: Worker): Promise<unknown> {
  const [message] = await once(worker, 'message');
  return message;
}

/** Waits until a worker of `startWorker` has ended by itself. */
export async function ended(worker: Worker): Promise<void> {
  const code = await exits.get(worker);
  if (code !== 0) throw new Error(`worker ended with ${code}`);
}
