// The program of one instance, a worker thread: an application with the cache in front of the site, and its purgers.
// It does what it is told: 'go' and 'rest' start and end the purging, 'measure' tells what is left when nothing is under
// way, 'explain' what concerned an item of late, 'close' closes the application and tells how long that took.
import { setTimeout } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { openCache } from '@catzilla/cache-core';
import Fastify from 'fastify';
import { fastifyCache } from '../../dist/index.js';
import { Board } from './board.mjs';
import { declareSite } from './handlers.mjs';
import { lookInside } from './inside.mjs';
import { changeFor, choosePurge, raiseFor } from './purges.mjs';
import { makeRandom } from './random.mjs';
import { ITEMS } from './site.mjs';

const PURGERS = 2;
const MOST_PAUSE = 8;
const REMEMBERED = 2_000;

const { place, instances, instance, seed, mode, engine, redis, lag } = workerData;
const board = new Board(place, ITEMS.length, instances);
const fail = (words) => parentPort.postMessage({ fault: `instance ${instance}: ${words}` });
process.on('unhandledRejection', (error) => fail(`unhandled rejection: ${error?.stack ?? error}`));
process.on('warning', (warning) => fail(`warning: ${warning.stack}`));

const memory = openCache(
  ...(engine.name === undefined ? [engine.options] : [engine.name, engine.options]),
);
const app = Fastify();
await app.register(fastifyCache, {
  mode,
  cache: redis === undefined ? memory : { ...redis, memory },
  hosts: ['soak.test'],
  purgeRoute: { path: '/purge', authorize: () => true },
});
declareSite(app, { board, random: makeRandom(seed + 1_000), instance });
await app.listen({ port: 0, host: '127.0.0.1' });
await app.cache.tiers.ready({ timeout: 5_000 });
const underWay = lookInside();

const done = [];
let purges = 0;
let isResting = true;
let purgers = [];

const deeds = {
  go: () => {
    isResting = false;
    purgers = Array.from({ length: PURGERS }, (_, i) => purgeOn(makeRandom(seed + i)));
  },
  rest: async () => {
    isResting = true;
    await Promise.all(purgers);
  },
  measure,
  explain: (item) => done.filter((one) => one.items.includes(item)).map(({ words }) => words),
  close: async () => {
    // A declared length lets a client see the end before the origin has said it: Node then keeps the connection open.
    while (underWay() > 0) await setTimeout(20);
    await setTimeout(100);
    const start = performance.now();
    await app.close();
    const took = performance.now() - start;
    memory.close();
    return took;
  },
};
parentPort.on('message', async ({ id, deed, value }) => {
  try {
    parentPort.postMessage({ id, result: await deeds[deed](value) });
  } catch (error) {
    fail(`${deed}: ${error.stack}`);
  }
  // Whatever still keeps this thread alive then is a handle that was left open.
  if (deed === 'close') parentPort.close();
});
parentPort.postMessage({ port: app.server.address().port });

async function purgeOn(random) {
  while (!isResting) {
    const purge = choosePurge(random);
    const versions = changeFor(purge, board, random);
    const from = Date.now();
    const { ok } = await carryOut(purge);
    raiseFor(purge, versions, { board, instance, lag });
    if (!ok) fail(`a purge by ${purge.by} was not taken: ${JSON.stringify(app.cache.health())}`);
    purges++;
    remember(purge, versions, from);
    await setTimeout(random(MOST_PAUSE));
  }
}

function carryOut({ by, value, soft }) {
  const { cache } = app;
  if (by === 'url') return cache.purge(value, { soft });
  if (by === 'tag') return cache.purgeTags(value, { soft });
  return by === 'pattern' ? cache.purgePath(value, { soft }) : cache.purgeAll({ soft });
}

function remember({ by, value, soft, items }, versions, from) {
  const word = `${from} to ${Date.now()}: ${soft ? 'soft' : 'hard'} purge by ${by} ${value} in ${instance}`;
  items.forEach(({ index }, i) => {
    done.push({ items: [index], words: `${word}, version ${versions[i]}` });
  });
  if (done.length > REMEMBERED) done.splice(0, done.length - REMEMBERED);
}

// To be asked when no request is under way and no connection open.
async function measure() {
  const end = Date.now() + 5_000;
  while (Date.now() < end && (await openConnections()) > 0) await setTimeout(20);
  while (Date.now() < end && underWay() > 0) await setTimeout(20);
  await app.cache.purgeAll();
  for (let i = 0; i < 4; i++) {
    globalThis.gc();
    await setTimeout(25);
  }
  const { heapUsed, external } = process.memoryUsage();
  const { leases } = memory.stats();
  return {
    purges,
    stats: app.cache.stats(),
    lastFault: app.cache.health().lastFault,
    underWay: underWay(),
    leases: leases.open,
    heap: heapUsed,
    external,
    handles: process.getActiveResourcesInfo().sort(),
  };
}

function openConnections() {
  return new Promise((resolve) => app.server.getConnections((_, count) => resolve(count)));
}
