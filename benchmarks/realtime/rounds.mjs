// HOT benchmark of broadcasts. Every round starts a fresh server and fresh clients per system, warms them, and then lets them take turns
// in short slices: each broadcasts the same messages, and a slice is over when every client has got every one. What is counted is CPU
// time of the serving process per message that a client got.
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { median, summarize } from '../lib/statistics.mjs';
import { LABELS, rowId } from './stages.mjs';

/** Slices that are not counted. */
const WARM = 2;

/** All rounds of all stages.
 * @param isWanted of a row { id, group, label }
 * @returns measures, one for each row */
export async function measureStages({ stages, rounds, isWanted }, progress) {
  const measures = [];
  for (const stage of stages) {
    const rows = rowsOf(stage).filter(isWanted);
    if (rows.length === 0) continue;
    for (let round = 0; round < rounds; round++) {
      progress(`round ${round + 1}/${rounds}: ${stage.group}`);
      await measureRound({ ...stage, rows }, round);
    }
    measures.push(...rows.map(toMeasure));
  }
  return measures;
}

/** Adds one sample to each row. */
export async function measureRound({ rows, transport, clients, slices, ...load }, round) {
  const running = [];
  try {
    for (const row of rows) {
      const server = start('server.mjs', { system: row.system, transport, clients });
      const crowd = start('client.mjs', { of: row.id });
      running.push({ row, server, crowd, taken: [] });
      const target = await server.next();
      await crowd.ask({ operation: 'open', transport, count: clients, ...target });
    }
    for (let slice = 0; slice < WARM + slices; slice++) {
      for (let turn = 0; turn < running.length; turn++) {
        const one = running[(turn + slice + round) % running.length];
        const sample = await measureSlice(one, { clients, ...load });
        if (slice >= WARM) one.taken.push(sample);
      }
    }
    for (const { row, taken } of running) row.samples.push(mediansOf(taken));
  } finally {
    for (const { server, crowd } of running) {
      server.stop();
      crowd.stop();
    }
  }
}

/** The rows of a stage, without samples. */
export function rowsOf(stage) {
  return stage.systems.map((system) => ({
    id: rowId(stage, system),
    system,
    group: stage.group,
    label: LABELS[stage.transport][system],
    samples: [],
  }));
}

async function measureSlice({ server, crowd }, { clients, messages, perTurn, bytes }) {
  const before = await server.ask({ operation: 'usage' });
  const start = performance.now();
  const all = crowd.ask({ operation: 'expect', messages, bytes });
  await Promise.all([server.ask({ operation: 'broadcast', messages, perTurn, bytes }), all]);
  const seconds = (performance.now() - start) / 1000;
  const after = await server.ask({ operation: 'usage' });
  const delivered = clients * messages;
  return {
    cpuMicros: (after.cpu - before.cpu) / delivered,
    perSecond: delivered / seconds,
    rssMb: after.rss / 1e6,
  };
}

function mediansOf(taken) {
  const fields = Object.keys(taken[0]);
  return {
    ...Object.fromEntries(fields.map((name) => [name, median(taken.map((one) => one[name]))])),
    slices: taken.map(({ cpuMicros }) => cpuMicros),
  };
}

function toMeasure({ id, system, group, label, samples }) {
  return {
    id,
    group,
    label,
    kind: 'fan-out',
    unit: 'µs',
    figureOf: 'cpuMicros',
    task: { system },
    ...summarize(samples.map(({ cpuMicros }) => cpuMicros)),
    details: samples,
  };
}

function start(file, task = {}) {
  const path = fileURLToPath(new URL(file, import.meta.url));
  const child = fork(path, [JSON.stringify(task)], { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text) => (stderr += text));
  const next = () =>
    new Promise((resolve, reject) => {
      const done = (settle, value) => {
        child.off('message', onMessage);
        child.off('exit', onExit);
        settle(value);
      };
      const onMessage = (message) =>
        message.error === undefined
          ? done(resolve, message.result ?? message)
          : done(reject, new Error(`${JSON.stringify(task)}: ${message.error}`));
      const onExit = (code) =>
        done(reject, new Error(`${file} ${JSON.stringify(task)} ended with ${code}\n${stderr}`));
      child.on('message', onMessage);
      child.on('exit', onExit);
    });
  return {
    next,
    ask(command) {
      const answer = next();
      child.send(command);
      return answer;
    },
    stop() {
      if (child.connected) child.disconnect();
    },
  };
}
