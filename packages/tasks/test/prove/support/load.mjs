// A process to be killed: it adds jobs and works on them, and tells on standard output what it was promised and what it began.
// Lines are written synchronously: `opening`, `a <id>` acknowledged, `s <id>` started, `e <id>` ended, `done`.
// Arguments: folder, durability, `load` | `drain`, bytes of a segment ('' for the default).
import { writeSync } from 'node:fs';
import { Queue, Worker } from 'bullmq';
import * as commands from '../../../dist/embedded/commands/index.js';
import { EmbeddedBackend } from '../../../dist/embedded/backend/embedded-backend.js';
import { SharedStore } from '../../../dist/embedded/backend/shared-store.js';
import { embeddedBackend } from '../../../dist/embedded/index.js';
import { DurableJournal } from '../../../dist/embedded/log/durable-journal.js';
import { systemFiles } from '../../../dist/embedded/log/files.js';

const [dir, durability, what, segmentBytes = ''] = process.argv.slice(2);
const tell = (line) => writeSync(1, `${line}\n`);
// A job that is active at each of many kills is no poison here.
const options = { dir, durability, maxStalled: 1_000 };
const backend = segmentBytes === '' ? embeddedBackend(options) : withSmallSegments();
const connection = {};

tell('opening');
const queue = new Queue('q', { connection }, backend);
await queue.waitUntilReady();
const worker = new Worker(
  'q',
  async (job) => {
    tell(`s ${job.id}`);
    await new Promise((resolve) => setTimeout(resolve, job.data.ms));
    tell(`e ${job.id}`);
  },
  { connection, concurrency: 8, removeOnComplete: { count: 50 } },
  backend,
);
worker.on('error', (error) => tell(`error ${error.message}`));

if (what === 'load') {
  for (let n = 0; n < 16; n++) void add();
} else {
  const isDone = async () => {
    const failed = await queue.getFailedCount();
    if (failed > 0) tell(`error ${failed} failed`);
    return (await queue.getJobCountByTypes('wait', 'active', 'delayed', 'prioritized')) === 0;
  };
  while (!(await isDone())) await new Promise((resolve) => setTimeout(resolve, 5));
  await worker.close();
  await queue.close();
  tell('done');
}

async function add() {
  for (let n = 0; ; n++) {
    const delay = n % 5 === 0 ? { delay: 3 } : {};
    const job = await queue.add('n', { ms: n % 3, text: 'x'.repeat(100) }, delay);
    tell(`a ${job.id}`);
  }
}

function withSmallSegments() {
  const disk = { flushInterval: 20, awaitCompletion: false, repair: false, ...options };
  const parts = { commands, files: systemFiles };
  parts.segmentBytes = parts.compactBytes = Number(segmentBytes);
  const limits = { maxJobs: 1e6, maxBytes: 1e9 };
  const shared = new SharedStore((wake) => new DurableJournal(disk, { ...parts, wake }), limits);
  return (name, opts) => new EmbeddedBackend(shared, name, opts);
}
