// The HTTP suite: every stage once per round, in an order of turns that moves on each round, each cell with a fresh server
// process; then what a hit allocates. What is measured is stages.mjs, what the figures are ratios.mjs.
import { summarize } from '../lib/statistics.mjs';
import { countAllocations, printAllocations } from './allocations.mjs';
import { measureRound, warmServer } from './hit.mjs';
import { makeRatios } from './ratios.mjs';
import { fieldsOf } from './requests.mjs';
import { startClient } from './rig.mjs';
import { asksOf, cellsOf, isBare, makeStages, sampleName } from './stages.mjs';

export const versionsOf = [
  '@catzilla/fastify-cache',
  '@catzilla/cache-core',
  'fastify',
  '@fastify/caching',
  '@fastify/etag',
  'fastify-lcache',
];

const ALLOCATIONS = 'allocations';
/** Whose header fields the bare server sends that is counted beside ours. */
const COUNTED = { size: 1024, head: 'browser' };

/** @returns measures (for the tables), ratios by id, settings (what was allocated among them: it is no measure of rounds) */
export async function runSuite({ quick, rounds, only }, progress) {
  const stages = choose(makeStages(quick), only);
  const counts = !only || ALLOCATIONS.includes(only);
  if (stages.length === 0 && !counts) throw new Error(`nothing is called '${only}'`);
  const client = startClient();
  try {
    const headers = {};
    for (const stage of stages) {
      const name = headersName(stage);
      if (stage.cells.some(isBare)) headers[name] ??= await sharedHeaders(client, stage);
    }
    const collected = new Map(stages.flatMap(({ cells }) => cells).map((cell) => [cell, []]));
    for (let round = 0; round < rounds; round++) {
      for (const stage of stages) {
        const tell = (line) => progress(`round ${round + 1}/${rounds}, ${line}`);
        const results = await measureStage(stage, { client, headers, round }, tell);
        stage.cells.forEach((cell, at) => collected.get(cell).push(results[at]));
      }
    }
    let allocations;
    if (counts) {
      const shared = (headers[headersName(COUNTED)] ??= await sharedHeaders(client, COUNTED));
      allocations = await countAllocations({ client, quick, headers: shared }, progress);
      console.log(printAllocations(allocations));
    }
    const measures = makeMeasures(stages, collected);
    const settings = { ...settingsOf(stages), headers, allocations };
    return { settings, measures, ratios: makeRatios(measures, allocations) };
  } finally {
    await client.stop();
  }
}

/** Stages with their cells; of those only the ones that `only` names. */
export function choose(stages, only) {
  return stages
    .map((stage) => ({
      ...stage,
      cells: cellsOf(stage).filter(
        ({ id, label }) => !only || `${stage.id}: ${id} ${label}`.includes(only),
      ),
    }))
    .filter(({ cells }) => cells.length > 0);
}

async function measureStage(stage, { client, headers, round }, progress) {
  const shared = headers[headersName(stage)];
  const due = stage.cells.map((cell) => ({ ...cell, headers: isBare(cell) ? shared : undefined }));
  const results = await measureRound(due, { client, ...stage, shift: round }, progress);
  return results.map(({ answer, phases }, at) => {
    if (isBare(due[at])) sameFields(answer, shared);
    return phases;
  });
}

function settingsOf(stages) {
  return {
    stages: stages.map(({ cells, ...stage }) => ({ ...stage, variants: cells.map(variantOf) })),
    ratiosFrom:
      'CPU time per request of the serving process (process.cpuUsage), 50 connections, browser headers, unless they say otherwise',
  };
}

function variantOf({ variant }) {
  return variant;
}

function headersName({ size, head }) {
  return `${size} ${head}`;
}

/**
 * The fields our hit carries, for the bare servers to send the same; Date, Connection and Keep-Alive come from Node
 * itself in both.
 */
async function sharedHeaders(client, { size, head }) {
  const { server, answer } = await warmServer({ variant: 'auto', size, head }, client, 50);
  await server.stop();
  return fieldsOf(answer)
    .filter(([name]) => !/^(date|connection|keep-alive)$/i.test(name))
    .flat();
}

function sameFields(answer, headers) {
  const names = (list) =>
    list
      .map((name) => name.toLowerCase())
      .sort()
      .join(' ');
  const sent = names(fieldsOf(answer).map(([name]) => name));
  const wanted = names([
    ...headers.filter((_, at) => at % 2 === 0),
    'date',
    'connection',
    'keep-alive',
  ]);
  if (sent !== wanted) throw new Error(`the bare server sends '${sent}', not '${wanted}'`);
}

/** A row for each ask of each phase, phase by phase. */
export function makeMeasures(stages, collected) {
  const rows = stages.flatMap((stage) => stage.phases.map((phase) => ({ stage, phase })));
  return rows.flatMap(({ stage, phase }) =>
    stage.cells.flatMap((cell) =>
      asksOf(phase, cell.variant).map((ask) => {
        const name = sampleName(phase, ask);
        const samples = collected.get(cell).map((one) => one[name]);
        return {
          id: `${cell.id} ${name}`,
          group: `${cell.size / 1024} KB JSON, ${phase.shown}`,
          label: ask.says ? `${cell.label}, ${ask.says}` : cell.label,
          kind: 'http',
          unit: 'µs',
          figureOf: 'cpuMicros',
          task: taskOf(cell, phase, ask),
          ...summarize(samples.map((sample) => sample.cpuMicros)),
          details: samples,
        };
      }),
    ),
  );
}

function taskOf({ variant, size }, { name, connections, requests, shown }, { head }) {
  return { variant, size, name, connections, head, requests, shown };
}
