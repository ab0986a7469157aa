// Contestants side by side: a process each, all open at once, asked in turns for short slices of work, so that what
// disturbs the machine for a second disturbs all of them. What a round tells of one is the median of its slices.
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

import { startRedis } from '@catzilla/bus/testing';

import { median } from '../lib/statistics.mjs';

const script = fileURLToPath(new URL('worker.mjs', import.meta.url));

/** Starts a contestant: { ask(operation, input), stop }. */
export async function startWorker(task) {
  const child = fork(script, [JSON.stringify(task)], {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  const what = `${task.case} of ${task.library}`;
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text) => (stderr += text));
  const ended = new Promise((resolve) => child.on('exit', resolve));
  const next = () =>
    new Promise((resolve, reject) => {
      const onMessage = ({ result, error }) => {
        child.off('exit', onExit);
        if (error === undefined) resolve(result);
        else reject(new Error(`${what}: ${error}`));
      };
      const onExit = (code) => {
        child.off('message', onMessage);
        reject(new Error(`${what} ended with ${code}\n${stderr}`));
      };
      child.once('message', onMessage);
      child.once('exit', onExit);
    });
  const stop = async () => {
    if (child.connected) child.disconnect();
    await ended;
  };
  try {
    await next();
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    ask(operation, input) {
      const answer = next();
      child.send({ operation, input });
      return answer;
    },
    stop,
  };
}

/** Runs `work(workers, server)` with a worker for each task, and with a fresh Redis where `server` is asked for. */
export async function withWorkers(tasks, { redis = false }, work) {
  const server = redis ? await startRedis() : undefined;
  const workers = [];
  try {
    const place = server && { port: server.port };
    const starts = await Promise.allSettled(
      tasks.map((task) => startWorker({ ...task, ...place })),
    );
    for (const { value } of starts) if (value !== undefined) workers.push(value);
    const failed = starts.find(({ status }) => status === 'rejected');
    if (failed !== undefined) throw failed.reason;
    return await work(workers, server);
  } finally {
    await Promise.all(workers.map((worker) => worker.stop()));
    await server?.stop();
  }
}

/**
 * One round of a contest.
 * @param cells { id, task, operation }; cells of one task share a process
 * @param options.slices how often each is asked in turns, after once to warm up
 * @param options.shift moves the order
 * @returns {Promise<Record<string, object>>} a sample by cell id
 */
export async function contest(cells, { redis, slices, shift, input }) {
  const names = [...new Set(cells.map(({ task }) => JSON.stringify(task)))];
  return withWorkers(
    names.map((name) => JSON.parse(name)),
    { redis },
    async (workers) => {
      const samples = {};
      for (const operation of new Set(cells.map((cell) => cell.operation))) {
        const due = cells.filter((cell) => cell.operation === operation);
        const workerOf = ({ task }) => workers[names.indexOf(JSON.stringify(task))];
        for (const cell of due) await workerOf(cell).ask(operation, { ...input, isWarmUp: true });
        const slicesOf = new Map(due.map(({ id }) => [id, []]));
        for (let slice = 0; slice < slices; slice++) {
          for (let step = 0; step < due.length; step++) {
            const cell = due[(step + slice + shift) % due.length];
            slicesOf.get(cell.id).push(await workerOf(cell).ask(operation, input));
          }
        }
        for (const [id, all] of slicesOf) samples[id] = medians(all);
      }
      return samples;
    },
  );
}

/** Field by field. */
export function medians(samples) {
  return Object.fromEntries(
    Object.keys(samples[0]).map((name) => [name, median(samples.map((one) => one[name]))]),
  );
}
