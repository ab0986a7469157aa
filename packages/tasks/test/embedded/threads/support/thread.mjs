// A thread that adds jobs or runs them, on a store that the thread which started it owns. It says what it does, and is ended at any time.
import { setTimeout as delay } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { embeddedBackend, useTaskStores } from '@catzilla/tasks/embedded';
import { Queue, Worker } from 'bullmq';

const { name, dir, durability, add, run } = workerData;
const connection = {};
const say = (what) => parentPort.postMessage({ name, ...what });
useTaskStores((port) => parentPort.postMessage({ port }, [port]));
const backend = embeddedBackend(dir === undefined ? {} : { dir, durability });
if (workerData.wait) {
  const waits = backend('q', { connection });
  await waits.waitUntilReady();
  void waits.waitForJob(1_000_000);
  void waits.readEvents('$', 0);
  say({ waits: true });
}

const queue = workerData.wait ? undefined : new Queue('q', { connection }, backend);

const worker =
  run &&
  new Worker(
    'q',
    async (job) => {
      say({ started: job.id });
      if (run.ms > 0) await delay(run.ms);
      say({ ended: job.id });
    },
    { connection, concurrency: run.concurrency, maxStalledCount: 1000 },
    backend,
  );

const batches = async (from) => {
  for (let i = from; i < add.count; i += 10 * add.size) {
    const jobs = await queue.addBulk(
      Array.from({ length: add.size }, (_, n) => ({ name: 'n', data: { n: i + n } })),
    );
    say({ added: jobs.map(({ id }) => id) });
  }
};
if (add) await Promise.all(Array.from({ length: 10 }, (_, n) => batches(n * add.size)));

const end = async () => {
  await worker?.close();
  await queue.close();
  say({ closed: true });
  parentPort.close();
};
if (queue) parentPort.once('message', end);
