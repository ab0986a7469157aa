// Gets per second of one and of two worker threads on one named cache, by wall time between two barriers. 'js' runs the
// same loop on a Map of each thread's own: what two threads can give at all on this machine.
import { fileURLToPath } from 'node:url';
import { isMainThread, Worker, workerData } from 'node:worker_threads';

import { answer, readTask } from '../lib/child.mjs';
import { threadCpu } from '../lib/clocks.mjs';
import { uniformOrder } from '../lib/random.mjs';
import { fillValue, makeKeys, sameBytes, valueSum } from './data.mjs';
import { openStore } from './stores.mjs';

const ORDER = 8192;
const READY = 0;
const GO = 1;
const STOP = 2;

if (isMainThread) await main();
else await work();

async function main() {
  const task = readTask();
  const opened = task.competitor === 'map' ? null : await openStore(spec(task));
  if (opened) fill(opened, task);
  const one = await run(task, 1);
  const two = await run(task, 2);
  answer({
    one: one.perSecond,
    two: two.perSecond,
    scaling: two.perSecond / one.perSecond,
    cpuScaling: two.perCpuSecond / one.perCpuSecond,
  });
  await opened?.close();
}

async function run(task, threads) {
  const control = new Int32Array(new SharedArrayBuffer(12));
  const workers = Array.from(
    { length: threads },
    (_, index) =>
      new Worker(fileURLToPath(import.meta.url), { workerData: { task, index, control } }),
  );
  const results = workers.map(
    (worker) =>
      new Promise((resolve, reject) => {
        worker.on('message', resolve);
        worker.on('error', reject);
      }),
  );
  const failed = Promise.all(results).then(() => undefined);
  while (Atomics.load(control, READY) < threads) {
    await Promise.race([failed, new Promise((resolve) => setTimeout(resolve, 5))]);
  }
  Atomics.store(control, GO, 1);
  Atomics.notify(control, GO);
  await Promise.race([failed, new Promise((resolve) => setTimeout(resolve, task.timing.window))]);
  Atomics.store(control, STOP, 1);
  const counted = await Promise.all(results);
  const sum = (pick) => counted.reduce((total, one) => total + pick(one), 0);
  return {
    perSecond: sum(({ ops, seconds }) => ops / seconds),
    perCpuSecond: sum(({ ops, cpuSeconds }) => ops / cpuSeconds),
  };
}

async function work() {
  const { parentPort } = await import('node:worker_threads');
  const { task, index, control } = workerData;
  const { count, size, miss = false } = task;
  const opened = await openStore(spec(task));
  const values = task.competitor === 'map' ? fill(opened, task) : makeExpected(task);
  const keys = makeKeys(count).map((key) => (miss ? `${key.slice(0, -1)}x` : key));
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

  Atomics.add(control, READY, 1);
  while (Atomics.load(control, GO) === 0) Atomics.wait(control, GO, 0);
  const start = performance.now();
  const cpu = threadCpu();
  let ops = 0;
  while (Atomics.load(control, STOP) === 0) {
    pass();
    ops += ORDER;
  }
  const cpuSeconds = (threadCpu() - cpu) / 1e9;
  const seconds = (performance.now() - start) / 1000;
  if (!miss) values.forEach((value, id) => sameBytes(opened.read(keys[id]), value, keys[id]));
  parentPort.postMessage({ ops, seconds, cpuSeconds });
}

function spec(task) {
  return {
    ...task,
    hot: task.count,
    bytes: Math.max(64 * 2 ** 20, 2 * task.count * (task.size + 128)),
  };
}

function fill(opened, task) {
  const values = makeExpected(task);
  makeKeys(task.count).forEach((key, id) => opened.put(key, values[id]));
  return values;
}

function makeExpected({ count, size }) {
  return Array.from({ length: count }, (_, id) => fillValue(new Uint8Array(size), id));
}
