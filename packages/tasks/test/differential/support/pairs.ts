// The pairs that are compared: BullMQ on a Redis that was emptied, and an embedded store that is new.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRedisBackend } from 'bullmq';
import type { BackendFactory } from 'bullmq';
import type { RedisServer } from '@catzilla/bus/testing';
import { embeddedBackend } from '../../../src/embedded/index.ts';
import type { EmbeddedFactory, EmbeddedOptions } from '../../../src/embedded/index.ts';
import { differenceOf, viewOf } from './compare.ts';
import type { OpenPair } from './compare.ts';
import type { View } from './observe.ts';
import { QUEUE_NAMES } from './operation.ts';
import type { QueueName } from './operation.ts';
import { FOREVER, openSide } from './side.ts';
import type { Side, WorkerLimits } from './side.ts';

/** Against a store in memory. At the end all is obliterated: what was counted up has to be counted down to nothing. */
export function memoryPair(server: RedisServer): OpenPair {
  return async (seed) => {
    const limits = limitsOf(seed);
    const left = await openRedis(server, limits);
    const factory = embeddedBackend();
    const right = await openEmbedded(factory, limits);
    return {
      left,
      right,
      async atEnd() {
        await obliterateAll(right);
        const { jobs, bytes } = factory.stats();
        return differenceOf(['counted', 'expected'], { jobs, bytes }, { jobs: 0, bytes: 0 });
      },
      close: () => closeAll(left, right),
    };
  };
}

/** Against a store in a folder. At the end it is closed and opened again: what was there has to be there. */
export function folderPair(server: RedisServer, options: Omit<EmbeddedOptions, 'dir'>): OpenPair {
  return async (seed) => {
    const limits = limitsOf(seed);
    const dir = await mkdtemp(join(tmpdir(), 'catz-differential-'));
    const left = await openRedis(server, limits);
    const right = await openEmbedded(embeddedBackend({ ...options, dir }), limits);
    return {
      left,
      right,
      async atEnd() {
        // What is active would come back as stalled: let that be seen before.
        for (const queue of QUEUE_NAMES) await right.loseWorker(queue);
        const before = lasting(await viewOf(right));
        await right.close();
        const again = await openEmbedded(embeddedBackend({ ...options, dir }), limits);
        const after = lasting(await viewOf(again));
        await again.close();
        return differenceOf(['before', 'after it was opened again'], before, after);
      },
      async close() {
        await closeAll(left, right);
        await rm(dir, { recursive: true });
      },
    };
  };
}

// A worker's own rate limit, and its own bound of what is kept, in some of the runs.
function limitsOf(seed: number): WorkerLimits {
  return {
    limiter: seed % 5 === 0 ? { max: 3, duration: FOREVER } : undefined,
    keep: seed % 7 === 0 ? 2 : undefined,
  };
}

async function openRedis(server: RedisServer, limits: WorkerLimits): Promise<Side> {
  await server.ask('FLUSHALL');
  const { host, port } = server;
  return openSide('redis', createRedisBackend, { host, port }, limits, (queue, ids) =>
    endLocks(server, queue, ids),
  );
}

function openEmbedded(factory: EmbeddedFactory, limits: WorkerLimits): Promise<Side> {
  return openSide('embedded', factory as BackendFactory, {}, limits);
}

// Locks end by the clock of Redis; so does the time in which only one worker looks for those that are left.
async function endLocks(
  server: RedisServer,
  queue: QueueName,
  ids: readonly string[],
): Promise<void> {
  const locks = ids.map((id) => `bull:${queue}:${id}:lock`);
  await server.ask('DEL', `bull:${queue}:stalled-check`, ...locks);
}

// A parent may come back to a queue that was emptied first.
async function obliterateAll({ lanes: { alpha, beta } }: Side): Promise<void> {
  for (const { queue } of [alpha, beta, alpha]) {
    await queue.pause();
    await queue.obliterate({ force: true });
  }
}

async function closeAll(left: Side, right: Side): Promise<void> {
  await left.close();
  await right.close();
}

// Events, which are read on, are left out, and so is what was emitted.
function lasting(view: View): unknown {
  return QUEUE_NAMES.map((queue) => {
    const { ids, rest } = view[queue];
    return { ids, rest: { ...rest, events: [], emitted: [] } };
  });
}
