// The router suite: every cell once per round, in an order that moves on each round, each in a fresh process; then the servers
// of requests/. What is measured is cells.mjs and requests/stages.mjs, what the figures are ratios.mjs. A router that
// refuses a table, or that crashes over it, has a row that says so.
import { runChild } from '../lib/child.mjs';
import { runInRounds } from '../lib/rounds.mjs';
import { summarize } from '../lib/statistics.mjs';
import {
  buildCells,
  lookupCells,
  matchCells,
  roundsOf,
  thresholdCells,
  timingOf,
} from './cells.mjs';
import { openMatcher } from './match.mjs';
import { makeRatios } from './ratios.mjs';
import { measureRequests } from './requests/rounds.mjs';
import { THRESHOLD, thresholdMeasure } from './threshold.mjs';

export const versionsOf = [
  '@catzilla/router',
  '@catzilla/fastify-cache',
  'fastify',
  'find-my-way',
  'hono',
  'koa-tree-router',
  'memoirist',
  'path-to-regexp',
  'rou3',
];

const ROUNDS_OF_QUICK = 2;
const ROUNDS_OF_THRESHOLD = 3;
/** ms for one cell: the slowest takes a tenth of it. */
const PATIENCE = 180_000;

/**
 * @param options.quick short windows, no table of 100,000, only what the ratios need
 * @param options.only run what contains this text; 'threshold' is the study of which engine for how many routes
 * @param progress called with a line per step
 * @returns measures (for the tables), ratios by id, settings
 */
export async function runSuite({ quick, rounds, only }, progress) {
  const isWanted = ({ id, group, label }) => !only || `${id} ${group} ${label}`.includes(only);
  const matcher = openMatcher();
  try {
    const jobs = makeJobs({ quick, rounds, only, matcher }).filter(isWanted);
    await runInRounds(jobs, rounds, progress);
    const requests = await measureRequests({ quick, rounds, isWanted }, progress);
    if (jobs.length + requests.length === 0) throw new Error(`nothing is called '${only}'`);
    const measures = [...jobs.map(toMeasure), ...requests];
    return { settings: settingsOf(quick), measures, ratios: makeRatios(measures) };
  } finally {
    matcher.close();
  }
}

function makeJobs({ quick, rounds, only, matcher }) {
  const few = quick ? Math.min(rounds, ROUNDS_OF_QUICK) : rounds;
  const lookups = lookupCells({ quick }).map((cell) => ({
    ...cell,
    kind: 'lookup',
    unit: 'ns',
    figureOf: 'threadNs',
    refused: cell.leftOut,
    rounds: roundsOf(cell.size, few),
    run: () => lookup(cell.task, quick),
  }));
  const matches = matchCells({ quick }).map((cell) => ({
    ...cell,
    kind: 'match',
    unit: 'ns',
    figureOf: 'threadNs',
    rounds: roundsOf(cell.size, few),
    run: () => matcher.run(cell.task, quick),
  }));
  const builds = buildCells({ quick }).map((cell) => ({
    ...cell,
    kind: 'build',
    unit: 'ms',
    figureOf: 'processMs',
    rounds: roundsOf(cell.size, quick ? 1 : rounds),
    run: () => child('build.mjs', cell.task, ['--expose-gc']),
  }));
  const isStudied = !quick || only === THRESHOLD;
  const thresholds = (isStudied ? thresholdCells() : []).map((cell) => ({
    ...cell,
    kind: 'threshold',
    unit: 'x',
    figureOf: 'nativeOverBest',
    rounds: only === THRESHOLD ? rounds : Math.min(rounds, ROUNDS_OF_THRESHOLD),
    run: () => thresholdMeasure(cell.tasks, (task) => lookup(task, quick)),
  }));
  return [...lookups, ...matches, ...builds, ...thresholds];
}

function lookup(task, quick) {
  return child('lookup.mjs', { ...task, timing: timingOf(task, quick) });
}

/** A process that crashed or came to no end is an answer too; one that found something wrong fails the run. */
async function child(file, task, flags) {
  try {
    return await runChild(new URL(file, import.meta.url), task, flags, PATIENCE);
  } catch (error) {
    if (!error.signal) throw error;
    const isOver = error.signal === 'SIGTERM';
    return { refused: isOver ? `not done in ${PATIENCE / 1000} s` : `ended with ${error.signal}` };
  }
}

function settingsOf(quick) {
  const sizes = [30, 2000, 10_000].map((size) => [size, timingOf({ router: 'auto', size }, quick)]);
  return {
    timing: Object.fromEntries(sizes),
    ratiosFrom:
      'CPU time: of the measuring thread, less that of making the URL strings; of all threads for building; of the serving process for requests',
  };
}

function toMeasure({ id, group, label, kind, unit, figureOf, task, refused, samples }) {
  const row = { id, group, label, kind, unit, figureOf, task };
  if (samples.length === 0) return { ...row, refused, details: [] };
  // What it chose for the table belongs to its name, where it has a choice.
  if (/auto|hono/.test(task?.router ?? task?.engine)) row.label += ` (${samples[0].state})`;
  return { ...row, ...summarize(samples.map((sample) => sample[figureOf])), details: samples };
}
