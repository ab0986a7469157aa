// The DI suite: every cell once per round, in an order that moves on each round, each in a fresh process; then the servers of
// requests/. What is measured is cells.mjs and requests/stages.mjs, what the figures are ratios.mjs.
import { measureStages } from '../http/rounds.mjs';
import { runChild } from '../lib/child.mjs';
import { runInRounds } from '../lib/rounds.mjs';
import { summarize } from '../lib/statistics.mjs';
import { graphCells, scopeCells } from './cells.mjs';
import { makeRatios } from './ratios.mjs';
import { LABELS, makeStages } from './requests/stages.mjs';

export const versionsOf = [
  '@catzilla/di',
  'fastify',
  'awilix',
  '@fastify/awilix',
  'tsyringe',
  'typed-inject',
  '@needle-di/core',
  'inversify',
];

const SERVER = new URL('requests/server.mjs', import.meta.url);

/**
 * @param options.quick short windows, of the other containers only awilix
 * @param options.only run what contains this text
 * @param progress called with a line per step
 * @returns measures (for the tables), ratios by id, settings
 */
export async function runSuite({ quick, rounds, only }, progress) {
  const isWanted = ({ id, group, label }) => !only || `${id} ${group} ${label}`.includes(only);
  const jobs = makeJobs(quick).filter(isWanted);
  await runInRounds(jobs, quick ? Math.min(rounds, 3) : rounds, progress);
  const plan = { stages: makeStages(quick), server: SERVER, labels: LABELS, isWanted };
  const requests = await measureStages({ ...plan, rounds: quick ? 1 : rounds }, progress);
  if (jobs.length + requests.length === 0) throw new Error(`nothing is called '${only}'`);
  const measures = [...jobs.map(toMeasure), ...requests];
  const settings = {
    timing: scopeCells({ quick })[0].task.timing,
    ratiosFrom:
      'CPU time: of all threads for scopes, so that collecting what a container leaves behind counts, of the serving process for requests; the check of a graph is wall time',
  };
  return { settings, measures, ratios: makeRatios(measures) };
}

function makeJobs(quick) {
  const scopes = scopeCells({ quick }).map((cell) => ({
    ...cell,
    kind: 'scope',
    unit: 'ns',
    figureOf: 'processNs',
    run: () => child('scope.mjs', cell.task),
  }));
  const graphs = graphCells().map((cell) => ({
    ...cell,
    kind: 'graph',
    unit: 'ms',
    figureOf: 'processMs',
    run: () => child('graph.mjs', cell.task),
  }));
  return [...scopes, ...graphs];
}

function child(file, task) {
  return runChild(new URL(file, import.meta.url), task);
}

function toMeasure({ id, group, label, kind, unit, figureOf, task, refused, samples }) {
  const row = { id, group, label, kind, unit, figureOf, task };
  if (samples.length === 0) return { ...row, refused, details: [] };
  return { ...row, ...summarize(samples.map((sample) => sample[figureOf])), details: samples };
}
