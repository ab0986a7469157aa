// HOT benchmark of requests: CPU per request of the serving process. Every round starts a fresh server per variant, warms all of
// them, and then takes turns in short slices; the client checks all bytes. The rig is that of the HTTP suite.
import { startClient, startServer } from '../../http/rig.mjs';
import { median, summarize } from '../../lib/statistics.mjs';
import { LABELS, makeStages, rowId } from './stages.mjs';

const SERVER = new URL('server.mjs', import.meta.url);
const CONNECTIONS = 50;

/**
 * All rounds of all stages.
 * @param options.isWanted of a row { id, group, label }
 * @returns measures, one for each server
 */
export async function measureRequests({ quick, rounds, isWanted }, progress) {
  const stages = makeStages(quick).map((stage) => ({ ...stage, rows: rowsOf(stage, isWanted) }));
  const due = stages.filter(({ rows }) => rows.length > 0);
  if (due.length === 0) return [];
  const client = startClient();
  try {
    for (const stage of due) {
      const load = { ...stage.makeLoad(), status: 200, connections: CONNECTIONS };
      for (let round = 0; round < (quick ? 1 : rounds); round++) {
        progress(`round ${round + 1}/${rounds}: ${stage.group}`);
        await measureRound(stage, { client, load, round });
      }
    }
  } finally {
    await client.stop();
  }
  return due.flatMap(({ rows }) => rows.map(toMeasure));
}

/** Adds one sample to each row. */
export async function measureRound(stage, { client, load, round }) {
  const { rows, spec, warm, slices, requests } = stage;
  const running = [];
  try {
    for (const row of rows) {
      const server = await startServer({ ...spec, variant: row.variant }, [], SERVER);
      running.push({ row, server, taken: [] });
      await client.load({ ...load, port: server.port, requests: warm });
    }
    for (let slice = 0; slice < slices; slice++) {
      for (let turn = 0; turn < running.length; turn++) {
        const one = running[(turn + slice + round) % running.length];
        one.taken.push(await measureSlice(one.server, { ...load, requests }, client));
      }
    }
    for (const { row, taken } of running) row.samples.push(mediansOf(taken));
  } finally {
    await Promise.all(running.map(({ server }) => server.stop()));
  }
}

async function measureSlice(server, load, client) {
  const { port } = server;
  await client.hold({ port, connections: load.connections });
  const before = await server.usage();
  const { perSecond, p50Ms, p99Ms } = await client.load({ ...load, port });
  const { cpu, rss } = await server.usage();
  return { cpuMicros: (cpu - before.cpu) / load.requests, rssBytes: rss, perSecond, p50Ms, p99Ms };
}

function mediansOf(taken) {
  const fields = Object.keys(taken[0]);
  return {
    ...Object.fromEntries(fields.map((name) => [name, median(taken.map((one) => one[name]))])),
    slices: taken.map(({ cpuMicros }) => cpuMicros),
  };
}

function rowsOf(stage, isWanted) {
  const { group, variants } = stage;
  const toRow = (variant) => ({
    id: rowId(stage, variant),
    variant,
    group,
    label: LABELS[variant],
    samples: [],
  });
  return variants.map(toRow).filter(isWanted);
}

function toMeasure({ id, variant, group, label, samples }) {
  return {
    id,
    group,
    label,
    kind: 'http',
    unit: 'µs',
    figureOf: 'cpuMicros',
    task: { variant },
    ...summarize(samples.map(({ cpuMicros }) => cpuMicros)),
    details: samples,
  };
}
