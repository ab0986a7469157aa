// Gets per second of one and of two worker threads on one named cache. Both workers live through the whole measurement;
// windows in which one runs and windows in which both run take turns, so that a slow moment of the machine falls on
// both. 'map' runs the same loop on a Map of each thread's own: what two threads can give at all on this machine.
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';

import { answer, readTask } from '../lib/child.mjs';
import { threadCpu } from '../lib/clocks.mjs';
import { uniformOrder } from '../lib/random.mjs';
import { median } from '../lib/statistics.mjs';
import { makeKeys, makeValues, sameBytes, valueSum } from './data.mjs';
import { openStore } from './stores.mjs';

const ORDER = 8192;
const THREADS = 2;
/** Words shared with the workers: the window's number (a worker starts when it changes), who runs, and the stop sign. */
const WINDOW = 0;
const ACTIVE = 1;
const STOP = 2;

if (isMainThread) await main();
else await work();

async function main() {
  const task = readTask();
  const opened = task.competitor === 'map' ? null : await openStore(spec(task));
  if (opened) fill(opened, task);
  const control = new Int32Array(new SharedArrayBuffer(12));
  const workers = Array.from({ length: THREADS }, (_, index) => start({ task, index, control }));
  await Promise.all(workers.map((worker) => worker.next()));

  const windows = { 1: [], 2: [] };
  for (let turn = 0; turn < task.timing.turns; turn++) {
    for (const threads of [1, 2]) windows[threads].push(await run(threads));
  }
  const of = (threads, field) => median(windows[threads].map((window) => window[field]));
  answer({
    one: of(1, 'perSecond'),
    two: of(2, 'perSecond'),
    scaling: of(2, 'perSecond') / of(1, 'perSecond'),
    cpuScaling: of(2, 'perCpuSecond') / of(1, 'perCpuSecond'),
  });
  for (const worker of workers) await worker.end();
  await opened?.close();

  async function run(threads) {
    Atomics.store(control, STOP, 0);
    Atomics.store(control, ACTIVE, threads);
    Atomics.add(control, WINDOW, 1);
    Atomics.notify(control, WINDOW);
    await delay(task.timing.window);
    Atomics.store(control, STOP, 1);
    const counted = await Promise.all(workers.slice(0, threads).map((worker) => worker.next()));
    const sum = (pick) => counted.reduce((total, one) => total + pick(one), 0);
    return {
      perSecond: sum(({ ops, seconds }) => ops / seconds),
      perCpuSecond: sum(({ ops, cpuSeconds }) => ops / cpuSeconds),
    };
  }
}

/** A worker with its messages in order; a worker that fails ends the process. */
function start(data) {
  const worker = new Worker(fileURLToPath(import.meta.url), { workerData: data });
  worker.on('error', (error) => {
    console.error(error);
    process.exit(1);
  });
  return {
    next: () => new Promise((resolve) => worker.once('message', resolve)),
    end: () => worker.terminate(),
  };
}

async function work() {
  const { task, index, control } = workerData;
  const { count, size, miss = false } = task;
  const opened = await openStore(spec(task));
  const values = task.competitor === 'map' ? fill(opened, task) : makeValues(count, size);
  const stored = makeKeys(count);
  const keys = miss ? stored.map((key) => `${key.slice(0, -1)}x`) : stored;
  const order = uniformOrder(ORDER, count, 100 + index);
  let expected = 0;
  for (const id of order) expected += miss ? 0 : valueSum(values[id]);
  const { store } = opened;

  const pass = () => {
    let sum = 0;
    for (let at = 0; at < ORDER; at++) {
      const value = store.get(keys[order[at]]);
      if (value !== undefined) sum += value.length + value[0] + value[value.length - 1];
    }
    if (sum !== expected) throw new Error(`wrong checksum: expected ${expected}, got ${sum}`);
  };
  const warm = performance.now() + task.timing.warm;
  while (performance.now() < warm) pass();
  for (const [id, value] of values.entries()) sameBytes(opened.read(stored[id]), value, stored[id]);
  parentPort.postMessage('ready');

  for (let window = 0; ;) {
    Atomics.wait(control, WINDOW, window);
    window = Atomics.load(control, WINDOW);
    if (index >= Atomics.load(control, ACTIVE)) continue;
    const begin = performance.now();
    const cpu = threadCpu();
    let ops = 0;
    while (Atomics.load(control, STOP) === 0) {
      pass();
      ops += ORDER;
    }
    const cpuSeconds = (threadCpu() - cpu) / 1e9;
    parentPort.postMessage({ ops, cpuSeconds, seconds: (performance.now() - begin) / 1000 });
  }
}

function spec(task) {
  const bytes = Math.max(64 * 2 ** 20, 2 * task.count * (task.size + 128));
  return { ...task, hot: task.count, bytes };
}

function fill(opened, { count, size }) {
  const values = makeValues(count, size);
  makeKeys(count).forEach((key, id) => opened.put(key, values[id]));
  return values;
}
