// One soak: instances in worker threads, the client here; traffic in two legs, and after each all is at rest and measured.
// Invariant: the first fault ends it. The first leg fills what may be filled once (code, pools, tables); what the second
// adds to that is growth, whatever its reason.
import { setTimeout } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { Board } from './board.mjs';
import { Client } from './client.mjs';
import { ITEMS, KINDS } from './site.mjs';

const CONNECTIONS = 64;
const PRINT_EVERY = 5_000;
const MiB = 2 ** 20;
/** Bytes that one instance may keep more after the second leg than after the first: pools and lazily compiled code. */
const HEAP_SLACK = 4 * MiB;
const EXTERNAL_SLACK = 8 * MiB;
/** Of each thread, that of the client too: heaps that have grown do not shrink at once. */
const RSS_SLACK = 64 * MiB;
/** Requests after which each of these counts of app.cache.stats() has to be above 0. */
const MANY = 20_000;
const TRIED = [
  'hits',
  'stale',
  'staleIfError',
  'revalidated',
  'refreshes',
  'notModified',
  'collapsed',
  'invalidations',
];
const CLOSE_WITHIN = 1_000;
/** What an instance may hold at rest, by names of process.getActiveResourcesInfo: beside these nothing may be added. */
const PASSING = new Set(['Immediate', 'Timeout']);
/** ms for what outlives its request: refreshes, aborted handlers, messages of other instances. */
const CALM_AFTER = 1_000;
/** Requests that a leg makes at least, however slow the machine: with fewer, the first would leave it to the second to fill
 * what may be filled once. */
const LEAST = 1_500;
/** ms beyond its time after which a run has failed. */
const STALLED_AFTER = 180_000;

/** @param setup  mode, shape, instances, engine, redis, lag: origin.mjs
 *  @returns {Promise<{ fault: string | undefined, line: string }>} */
export async function soakHttp({ seconds, seed, name, ...setup }) {
  const board = { place: Board.place(ITEMS.length, setup.instances), instances: setup.instances };
  const crew = [];
  let firstFault;
  let raise;
  const failed = new Promise((resolve) => (raise = resolve));
  const fail = (words, item) => {
    if (firstFault !== undefined) return;
    firstFault = words;
    raise(explain(words, item, crew, client));
  };
  const onTrouble = (error) => fail(`client: ${error?.stack ?? error}`);
  process.on('unhandledRejection', onTrouble).on('warning', onTrouble);
  let client;
  const start = performance.now();
  const line = () => lineOf(name, start, client);
  const timer = setInterval(() => console.log(line()), PRINT_EVERY);
  try {
    for (let instance = 0; instance < setup.instances; instance++) {
      crew.push(
        await startOrigin({ ...setup, ...board, instance, seed: seed + instance * 10 }, fail),
      );
    }
    const ports = crew.map(({ port }) => port);
    const shared = new Board(board.place, ITEMS.length, board.instances);
    client = new Client({ board: shared, ports, seed: seed + 5_000, lag: setup.lag, fail });
    const work = soak(seconds, crew, client);
    const fault = await Promise.race([work, failed, stall(seconds * 1000 + STALLED_AFTER, crew)]);
    return { fault: fault ?? (firstFault === undefined ? undefined : await failed), line: line() };
  } finally {
    clearInterval(timer);
    process.off('unhandledRejection', onTrouble).off('warning', onTrouble);
    client?.hangUp();
    await Promise.all(crew.map(({ worker }) => worker.terminate()));
  }
}

/** @returns the first thing that is wrong when all is at rest; undefined: nothing */
async function soak(seconds, crew, client) {
  const first = await leg(Math.max(1, seconds * 0.4), crew, client);
  const second = await leg(Math.max(1, seconds * 0.6), crew, client);
  client.counts.purges += second.purges;
  for (const [i, state] of second.states.entries()) {
    const fault = faultAtRest(state) ?? growth(first.states[i], state);
    if (fault !== undefined) return `instance ${i}: ${fault}`;
  }
  const missing = untried(client.counts, second.states);
  if (missing !== undefined) return missing;
  const rise = second.rss - first.rss;
  if (rise > (crew.length + 1) * RSS_SLACK) return `RSS rose by ${mebibytes(rise)}`;
  return closing(crew, client);
}

async function leg(seconds, crew, client) {
  await Promise.all(crew.map(({ tell }) => tell('go')));
  const before = client.counts.requests;
  client.go(CONNECTIONS);
  await setTimeout(seconds * 1000);
  // Not ref'd: after a fault none come any more.
  while (client.counts.requests - before < LEAST) await setTimeout(50, undefined, { ref: false });
  await Promise.all([client.rest(), ...crew.map(({ tell }) => tell('rest'))]);
  client.hangUp();
  await setTimeout(CALM_AFTER);
  const states = [];
  for (const { tell } of crew) states.push(await tell('measure'));
  globalThis.gc();
  const purges = states.reduce((sum, state) => sum + state.purges, 0);
  return { states, purges, rss: process.memoryUsage.rss() };
}

function faultAtRest({ stats, underWay, leases, lastFault }) {
  if (stats.inflightBytes !== 0) return `${stats.inflightBytes} bytes are in flight`;
  if (underWay !== 0) return `${underWay} fills, marks of fills or refreshes are left`;
  if (leases !== 0) return `${leases} leases are left`;
  if (stats.faults !== 0) return `${stats.faults} faults, the last: ${JSON.stringify(lastFault)}`;
  return undefined;
}

// What does not happen is not tried. Runs that are long enough for all of it have to show it.
function untried({ requests }, states) {
  if (requests < MANY) return undefined;
  const missing = TRIED.find((count) => states.every(({ stats }) => stats[count] === 0));
  return missing === undefined ? undefined : `nothing of this has happened: ${missing}`;
}

function growth(before, after) {
  const heap = after.heap - before.heap;
  if (heap > HEAP_SLACK) return `the heap grew by ${mebibytes(heap)}`;
  const external = after.external - before.external;
  if (external > EXTERNAL_SLACK) return `memory outside the heap grew by ${mebibytes(external)}`;
  const [old, now] = [before, after].map(({ handles }) =>
    handles.filter((one) => !PASSING.has(one)),
  );
  if (now.length > old.length) return `handles: ${now.join()}, before: ${old.join()}`;
  const timers = after.handles.length - now.length - (before.handles.length - old.length);
  return timers > 4 ? `${timers} timers are left` : undefined;
}

// Closes the applications while all connections are open and idle.
async function closing(crew, client) {
  client.go(CONNECTIONS);
  await setTimeout(200);
  await client.rest();
  for (const [i, { tell, ended }] of crew.entries()) {
    const took = await tell('close');
    if (took > CLOSE_WITHIN) return `instance ${i}: close took ${Math.round(took)} ms`;
    const end = await Promise.race([ended, setTimeout(5_000, 'nothing', { ref: false })]);
    if (end !== 0) return `instance ${i}: ended with ${end} after close`;
  }
  return undefined;
}

async function startOrigin(setup, fail) {
  const worker = new Worker(new URL('./origin.mjs', import.meta.url), { workerData: setup });
  const waiting = new Map();
  let count = 0;
  const ended = new Promise((resolve) => worker.once('exit', resolve));
  const { promise: ready, resolve: setReady } = promiseOf();
  worker.on('error', (error) => {
    fail(`instance ${setup.instance}: ${error.stack}`);
    setReady(error);
  });
  worker.on('message', ({ id, result, port, fault }) => {
    if (fault !== undefined) fail(fault);
    else if (port !== undefined) setReady(port);
    else {
      waiting.get(id)?.resolve(result);
      waiting.delete(id);
    }
  });
  void ended.then((code) => setReady(new Error(`instance ${setup.instance} ended with ${code}`)));
  const port = await ready;
  if (port instanceof Error) throw port;
  const tell = (deed, value) => {
    const id = ++count;
    worker.postMessage({ id, deed, value });
    return new Promise((resolve) => waiting.set(id, { deed, resolve }));
  };
  return { worker, port, tell, ended, waiting };
}

async function stall(after, crew) {
  await setTimeout(after, undefined, { ref: false });
  const deeds = crew.map(
    ({ waiting }) => [...waiting.values()].map(({ deed }) => deed).join() || 'nothing',
  );
  return `it stands still; told and not done by instances: ${deeds.join('; ')}`;
}

// What happened to the item of a fault, as all concerned remember it.
async function explain(words, item, crew, client) {
  if (item === undefined) return words;
  const stories = await Promise.race([
    Promise.all(crew.map(({ tell }) => tell('explain', item))),
    setTimeout(2_000, [], { ref: false }),
  ]);
  const lines = [...stories.flat(), ...client.explain(item)].sort().slice(-12);
  return [words, `${Date.now()}: now; of late`, ...lines].join('\n  ');
}

function lineOf(name, start, client) {
  const { rss } = process.memoryUsage();
  const counts = Object.entries(client?.counts ?? {}).map(([what, count]) => `${count} ${what}`);
  const seconds = ((performance.now() - start) / 1000).toFixed(0);
  return `${name.padEnd(20)}${seconds.padStart(4)} s, ${counts.join(', ')}, ${Object.keys(KINDS).length} kinds, RSS ${mebibytes(rss)}`;
}

function mebibytes(bytes) {
  return `${Math.round(bytes / MiB)} MiB`;
}

function promiseOf() {
  let resolve;
  const promise = new Promise((settle) => (resolve = settle));
  return { promise, resolve };
}
