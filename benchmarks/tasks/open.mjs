// How each system is opened: with its own defaults, but that finished jobs are removed at once. Loaded one per process. All
// answer { add, addMany, work, waiting, serverCpu, serverBytes, close }; BullMQ's own classes are asked in every system that is
// its or ours.
import { payloadOf } from './data.mjs';
import { SYSTEMS } from './systems.mjs';

const QUEUE = 'bench';
/** How many are added by one call of addMany. */
const BULK = 500;

/**
 * @param {object} spec system; port (of its Redis); dir (of our log)
 */
export async function openSystem(spec) {
  const system = SYSTEMS[spec.system];
  if (system === undefined) throw new Error(`unknown system ${spec.system}`);
  if (spec.system === 'fastq') return openFastq();
  if (spec.system === 'p-queue') return openPQueue();
  if (system.redis !== undefined) return openOnRedis(spec.port);
  const { embeddedBackend } = await import('@catzilla/tasks/embedded');
  const { durability } = system;
  const options = durability === undefined ? {} : { dir: spec.dir, durability };
  return openBullMq({}, embeddedBackend(options));
}

async function openOnRedis(port) {
  const { Redis } = await import('ioredis');
  const client = new Redis(port, '127.0.0.1');
  const queue = await openBullMq({ host: '127.0.0.1', port, maxRetriesPerRequest: null });
  const info = async (section, name) => {
    const text = await client.info(section);
    return Number(new RegExp(`^${name}:(.*)$`, 'm').exec(text)[1]);
  };
  return {
    ...queue,
    /** µs */
    serverCpu: async () =>
      1e6 * ((await info('cpu', 'used_cpu_user')) + (await info('cpu', 'used_cpu_sys'))),
    serverBytes: () => info('memory', 'used_memory_rss'),
    async close() {
      await queue.close();
      client.disconnect();
    },
  };
}

async function openBullMq(connection, backend) {
  const { Queue, Worker } = await import('bullmq');
  const defaultJobOptions = { removeOnComplete: true, removeOnFail: true };
  const queue = new Queue(QUEUE, { connection, defaultJobOptions }, backend);
  queue.on('error', fail);
  const workers = [];
  await queue.waitUntilReady();
  return {
    ...NO_SERVER,
    add: (id, priority) => queue.add('job', payloadOf(id), optionsOf(priority)),
    async addMany(ids, priority) {
      for (let at = 0; at < ids.length; at += BULK) {
        const part = ids.slice(at, at + BULK);
        await queue.addBulk(
          part.map((id) => ({ name: 'job', data: payloadOf(id), opts: optionsOf(priority) })),
        );
      }
    },
    async work({ concurrency, run, onFinished }) {
      const options = { connection, concurrency, autorun: false };
      const worker = new Worker(QUEUE, async ({ data }) => run(data), options, backend);
      workers.push(worker);
      worker.on('error', fail);
      worker.on('failed', (_job, error) => fail(error));
      worker.on('completed', onFinished);
      await worker.waitUntilReady();
      return {
        start: () => void worker.run().catch(fail),
        pause: () => worker.pause(),
        resume: () => worker.resume(),
      };
    },
    async waiting() {
      const { waiting, prioritized } = await queue.getJobCounts('waiting', 'prioritized');
      return waiting + prioritized;
    },
    async close() {
      for (const worker of workers) await worker.close(true);
      await queue.close();
    },
  };
}

function optionsOf(priority) {
  return priority === undefined ? undefined : { priority };
}

async function openFastq() {
  const { default: fastq } = await import('fastq');
  let job;
  const queue = fastq.promise(async (payload) => job.run(payload), 1);
  queue.pause();
  return openInMemory({
    push: (id) => queue.push(payloadOf(id)),
    begin(given) {
      job = given;
      queue.concurrency = given.concurrency;
    },
    pause: () => queue.pause(),
    resume: () => queue.resume(),
    waiting: () => queue.length(),
    onFinished: () => job.onFinished(),
  });
}

async function openPQueue() {
  const { default: PQueue } = await import('p-queue');
  const queue = new PQueue({ autoStart: false });
  let job;
  return openInMemory({
    // Its greater priority goes first.
    push(id, priority = 0) {
      const payload = payloadOf(id);
      return queue.add(async () => job.run(payload), { priority: -priority });
    },
    begin(given) {
      job = given;
      queue.concurrency = given.concurrency;
    },
    pause: () => queue.pause(),
    resume: () => queue.start(),
    waiting: () => queue.size,
    onFinished: () => job.onFinished(),
  });
}

/** Queues of functions: what is pushed is acknowledged at once, and its promise tells of its end. */
function openInMemory({ push, begin, pause, resume, waiting, onFinished }) {
  const add = async (id, priority) => {
    push(id, priority).then(onFinished, fail);
  };
  return {
    ...NO_SERVER,
    add,
    async addMany(ids, priority) {
      for (const id of ids) void add(id, priority);
    },
    async work(job) {
      begin(job);
      return { start: resume, pause, resume };
    },
    waiting: async () => waiting(),
    async close() {},
  };
}

const NO_SERVER = { serverCpu: async () => 0, serverBytes: async () => 0 };

// Past the event emitters, some of which would swallow it: ends the process.
function fail(error) {
  setImmediate(() => {
    throw error;
  });
}
