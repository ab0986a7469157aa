// What is not a matter of turns: a Redis that hangs, a stampede on two processes, news that travel between two. A trial
// has cells like a contest, and a `run(round)` that gives a sample for each.
import { withWorkers } from './contest.mjs';
import { quantilesOf, sharedClock } from './latency.mjs';

const FACTORY_MS = { hung: 5, stampede: 50 };
const CUT_OFF = 6000;
const RIVALS = {
  bentocache: 'bentocache',
  cacheable: 'cacheable',
  'cache-manager': 'cache-manager',
  'async-cache-dedupe': 'async-cache-dedupe',
};

export function makeTrials(quick) {
  return [hung(quick), hungRivals(quick), stampede(quick), invalidation(quick)];
}

const HUNG = `Redis hung (SIGSTOP), misses with a factory of ${FACTORY_MS.hung} ms, cut off after ${CUT_OFF / 1000} s`;
const hungCell = (id, label, library) => ({
  id,
  label,
  group: HUNG,
  kind: 'hung',
  unit: 'ms',
  figureOf: 'p99Ms',
  task: { case: 'load', library, factoryMs: FACTORY_MS.hung },
});

function hung() {
  const cells = [
    hungCell('hung catzilla', 'catzilla, 200 one after another', 'catzilla'),
    hungCell('hung catzilla at once', 'catzilla, then 200 in groups of 20', 'catzilla'),
  ];
  const run = async (round) => {
    const { task } = cells[0];
    return withWorkers([task], { redis: true }, async ([worker], server) => {
      const [first, then] = await hang(worker, server, [
        { label: `a${round}`, calls: 200, width: 1 },
        { label: `b${round}`, calls: 200, width: 20 },
      ]);
      return { [cells[0].id]: first, [cells[1].id]: then };
    });
  };
  return { id: 'hung catzilla', cells, run };
}

/** All at the same time, each with a Redis of its own: they do nothing but wait. Once in a run: a cut-off has no spread. */
function hungRivals(quick) {
  const calls = quick ? 1 : 2;
  const cells = Object.entries(RIVALS).flatMap(([library, label]) => [
    hungCell(`hung ${library}`, `${label}, ${calls} one after another`, library),
    hungCell(`hung ${library} at once`, `${label}, then 5 at once`, library),
  ]);
  const run = async (round) => {
    const samples = {};
    await Promise.all(
      Object.keys(RIVALS).map((library) =>
        withWorkers(
          [{ case: 'load', library, factoryMs: FACTORY_MS.hung }],
          { redis: true },
          async ([worker], server) => {
            const [first, then] = await hang(worker, server, [
              { label: `a${round}`, calls, width: 1 },
              { label: `b${round}`, calls: 5, width: 5 },
            ]);
            samples[`hung ${library}`] = first;
            samples[`hung ${library} at once`] = then;
          },
        ),
      ),
    );
    return samples;
  };
  return { id: 'hung rivals', rounds: 1, cells, run };
}

async function hang(worker, server, inputs) {
  await worker.ask('warm', { key: 'warm' });
  server.pause();
  const samples = [];
  for (const input of inputs) {
    samples.push(await worker.ask('misses', { ...input, cutOffMs: CUT_OFF }));
  }
  return samples;
}

function stampede(quick) {
  const rows = {
    'catzilla-lock': 'catzilla, lock: true',
    catzilla: 'catzilla, default (no lock)',
    bentocache: 'bentocache',
    cacheable: 'cacheable, getOrSet',
    'async-cache-dedupe': 'async-cache-dedupe',
  };
  const callers = 1000;
  const cells = Object.entries(rows).map(([library, label]) => ({
    id: `stampede ${library}`,
    label,
    group: `stampede, two processes, ${callers} misses each of one key, a factory of ${FACTORY_MS.stampede} ms`,
    kind: 'storm',
    unit: '',
    figureOf: 'runs',
    task: { case: 'load', library, factoryMs: FACTORY_MS.stampede },
  }));
  const run = async (round) => {
    const samples = {};
    for (const { id, task } of cells) {
      samples[id] = await withWorkers([task, task], { redis: true }, async (workers) => {
        for (const worker of workers) await worker.ask('warm', { key: 'warm' });
        const storms = [];
        for (let storm = 0; storm < (quick ? 1 : 2); storm++) {
          const at = sharedClock() + 100_000;
          const input = { key: `storm:${round}:${storm}`, callers, at };
          const both = await Promise.all(workers.map((worker) => worker.ask('storm', input)));
          storms.push({
            runs: both[0].runs + both[1].runs,
            wallMs: Math.max(both[0].wallMs, both[1].wallMs),
          });
        }
        // The worst: one call more is what a lock is there to prevent.
        return {
          runs: Math.max(...storms.map(({ runs }) => runs)),
          wallMs: Math.max(...storms.map(({ wallMs }) => wallMs)),
        };
      });
    }
    return samples;
  };
  return { id: 'stampede', cells, run };
}

function invalidation(quick) {
  const rows = [
    ['ioredis', 'xadd', 'ioredis, XADD → XREAD', 'xadd'],
    ['ioredis', 'setXadd', 'ioredis, SET, then XADD → XREAD', 'set-xadd'],
    ['catzilla', 'delete', 'catzilla, delete', 'delete'],
    ['catzilla', 'invalidateTags', 'catzilla, invalidateTags', 'tags'],
    ['catzilla', 'set', 'catzilla, set of a new value', 'set'],
  ];
  const cells = rows.map(([library, operation, label, name]) => ({
    id: `seen ${name}`,
    label,
    group: 'seen by another process; ratio to XADD → XREAD',
    isBase: operation === 'xadd',
    kind: 'latency',
    unit: 'µs',
    figureOf: 'p50Us',
    operation,
    task: { case: 'invalidation', library },
  }));
  const count = quick ? 60 : 120;
  const run = async (round) => {
    const samples = {};
    for (const library of ['ioredis', 'catzilla']) {
      const roles = ['sender', 'receiver'].map((role) => ({ case: 'invalidation', library, role }));
      await withWorkers(roles, { redis: true }, async ([sender, receiver]) => {
        for (const cell of cells.filter(({ task }) => task.library === library)) {
          for (const [take, isWarmUp] of [
            [400, true],
            [count, false],
          ]) {
            const keys = Array.from(
              { length: take },
              (_, at) => `${cell.id}:${round}:${take}:${at}`,
            );
            await sender.ask('prepare', { keys });
            await receiver.ask('prepare', { keys });
            const seen = receiver.ask('watch', { keys });
            const pause = isWarmUp ? 0 : 3;
            const sent = await sender.ask('send', { keys, operation: cell.operation, pause });
            const times = (await seen).times.map((time, at) => time - sent.times[at]);
            if (!isWarmUp) samples[cell.id] = quantilesOf(times);
          }
        }
      });
    }
    return samples;
  };
  return { id: 'invalidation', cells, run };
}
