// Instances to measure live invalidation with: two around a Redis server of their own, or one by itself.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { startRedis } from '@catzilla/bus/testing';
import { quantile } from '../lib/statistics.mjs';

const INSTANCE = fileURLToPath(new URL('live-instance.mjs', import.meta.url));

/** ms between two changes: more than invalidations are collected for, less than people wait. */
export const EVERY = 25;
/** Changes before those that count. */
export const WARM = 20;
/** Debian's browser; undefined: it is not there. */
export const chromium = [process.env.CHROMIUM ?? '', '/usr/bin/chromium'].find(
  (path) => path !== '' && existsSync(path),
);

/** Calls `use` with the ports of where the pages are and of where the changes are made, and ends everything after it. */
export async function withInstances(redis, use) {
  const server = redis ? await startRedis() : undefined;
  const instances = [];
  try {
    for (let at = 0; at < (redis ? 2 : 1); at++) instances.push(await startInstance(server?.url));
    return await use(instances[0].port, instances.at(-1).port);
  } finally {
    for (const { child } of instances) await end(child);
    await server?.stop();
  }
}

/** What is told of times in ms. */
export function delaysOf(times) {
  return { p50Ms: quantile(times, 0.5), p99Ms: quantile(times, 0.99), maxMs: Math.max(...times) };
}

async function startInstance(redis) {
  const child = fork(INSTANCE, [JSON.stringify({ redis })]);
  const [{ port }] = await once(child, 'message');
  return { child, port };
}

async function end(child) {
  const ended = once(child, 'exit');
  child.disconnect();
  await ended;
}
