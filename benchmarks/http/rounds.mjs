// HOT benchmark of requests, for suites whose stages are a load and some servers: CPU per request of the serving process. Every
// round starts a fresh server per variant, warms all of them, and then takes turns in short slices; the client checks all
// bytes. A stage is { group, suffix?, variants, spec?, warm, slices, requests, makeLoad }, suffix: behind the variant in a
// row's id; spec: of the servers; flags: of their Node; warm and requests: to each of them, before the first slice and in each; makeLoad(variant):
// { request, body, status? }, or lists of them that take turns; settle(client, server, load), if there is one, gives the load
// to go on with, where what is right is known only once the server runs.
import { median, summarize } from '../lib/statistics.mjs';
import { startClient, startServer } from './rig.mjs';

const CONNECTIONS = 50;

/**
 * All rounds of all stages.
 * @param plan.stages of them
 * @param {URL} plan.server calls `serve` with the variants
 * @param plan.labels by variant
 * @param plan.isWanted of a row { id, group, label }
 * @returns measures, one for each server
 */
export async function measureStages(plan, progress) {
  const { stages, server, labels, rounds, isWanted } = plan;
  const due = stages
    .map((stage) => ({ ...stage, server, rows: rowsOf(stage, labels, isWanted) }))
    .filter(({ rows }) => rows.length > 0);
  if (due.length === 0) return [];
  const client = startClient();
  try {
    for (const stage of due) {
      for (let round = 0; round < rounds; round++) {
        progress(`round ${round + 1}/${rounds}: ${stage.group}`);
        await measureRound(stage, { client, round });
      }
    }
  } finally {
    await client.stop();
  }
  return due.flatMap(({ rows }) => rows.map(toMeasure));
}

/** Adds one sample to each row. */
export async function measureRound(stage, { client, round }) {
  const { rows, server: file, spec, flags = [], warm, slices, requests, makeLoad, settle } = stage;
  const running = [];
  try {
    for (const row of rows) {
      const made = { status: 200, connections: CONNECTIONS, ...makeLoad(row.variant) };
      const server = await startServer({ ...spec, variant: row.variant }, flags, file);
      const load = settle === undefined ? made : await settle(client, server, made);
      running.push({ row, server, load, taken: [] });
      await client.load({ ...load, port: server.port, requests: warm });
    }
    for (let slice = 0; slice < slices; slice++) {
      for (let turn = 0; turn < running.length; turn++) {
        const one = running[(turn + slice + round) % running.length];
        one.taken.push(await measureSlice(one.server, { ...one.load, requests }, client));
      }
    }
    for (const { row, taken } of running) row.samples.push(mediansOf(taken));
  } finally {
    await Promise.all(running.map(({ server }) => server.stop()));
  }
}

/** The id of a variant's row. */
export function rowId({ suffix }, variant) {
  return suffix === undefined ? variant : `${variant} ${suffix}`;
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

function rowsOf(stage, labels, isWanted) {
  const { group, variants } = stage;
  const toRow = (variant) => ({
    id: rowId(stage, variant),
    variant,
    group,
    label: labels[variant],
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
