// Requests per second of `catzilla start` with one thread and with two, on cached traffic. Both run for the whole round, and are
// loaded in turns for short slices, so that a moment in which the machine is slow falls on both.
import { request } from 'node:http';
import { median } from '../../lib/statistics.mjs';
import { openLoad } from './loader.mjs';
import { PAGES, pairs } from './pages.mjs';
import { startThreads } from './server.mjs';

const CONNECTIONS = 64;
const DEPTH = 1;
const THREADS = [1, 2];

/**
 * One round.
 * @param timing { warm, window, slices }: ms of load on each before, ms of a slice, slices of each
 * @returns scaling, byCpu, one and two (requests per second), oneMicros and twoMicros (CPU of the servers per request),
 *   clientMicros, missesPerKey
 */
export async function measureThreads({ warm, window, slices }, round) {
  const loader = openLoad(pairs());
  const servers = [];
  try {
    for (const threads of THREADS) {
      const server = await startThreads(threads);
      servers.push({ server, taken: [] });
      await askOnce(server.port);
      await loader.load({ ...loadOf(server), ms: warm });
    }
    for (let slice = 0; slice < slices; slice++) {
      for (let turn = 0; turn < servers.length; turn++) {
        const { server, taken } = servers[(turn + slice + round) % servers.length];
        taken.push(await measureSlice(server, loader, window));
      }
    }
    return summarize(servers);
  } finally {
    loader.close();
    await Promise.all(servers.map(({ server }) => server.stop()));
  }
}

/** Each page once, one after the other: a miss each, and the only one. */
async function askOnce(port) {
  for (let id = 0; id < PAGES; id++) await get(port, `/pages/${id}`);
}

function get(port, path) {
  return new Promise((resolve, reject) => {
    // As in the load: the host is part of the key.
    const headers = { host: '127.0.0.1', 'accept-encoding': 'gzip, deflate, br, zstd' };
    const asked = request({ port, host: '127.0.0.1', path, headers }, (answered) => {
      answered.resume().on('end', resolve).on('error', reject);
    });
    asked.on('error', reject).end();
  });
}

async function measureSlice(server, loader, ms) {
  const before = server.cpuSeconds();
  const { requests, seconds, cpuSeconds } = await loader.load({ ...loadOf(server), ms });
  return {
    perSecond: requests / seconds,
    serverMicros: ((server.cpuSeconds() - before) * 1e6) / requests,
    clientMicros: (cpuSeconds * 1e6) / requests,
  };
}

function loadOf({ port }) {
  return { port, connections: CONNECTIONS, depth: DEPTH };
}

function summarize(servers) {
  const [one, two] = servers.map(
    ({ taken }) =>
      (field) =>
        median(taken.map((by) => by[field])),
  );
  return {
    scaling: two('perSecond') / one('perSecond'),
    byCpu: (2 * one('serverMicros')) / two('serverMicros'),
    one: one('perSecond'),
    two: two('perSecond'),
    oneMicros: one('serverMicros'),
    twoMicros: two('serverMicros'),
    clientMicros: one('clientMicros'),
    missesPerKey: Math.max(...servers.map(({ server }) => server.runs() / PAGES)),
  };
}
