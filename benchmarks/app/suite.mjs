// The app suite: what createApp() costs over bare Fastify, by the servers of requests/, and what a second thread of
// `catzilla start` gives, by threads/. What the figures are is ratios.mjs.
import { measureStages } from '../http/rounds.mjs';
import { runInRounds } from '../lib/rounds.mjs';
import { summarize } from '../lib/statistics.mjs';
import { makeRatios } from './ratios.mjs';
import { LABELS, makeStages } from './requests/stages.mjs';
import { whyNoLoad } from './threads/loader.mjs';
import { measureThreads } from './threads/trial.mjs';

export const versionsOf = ['catzilla', 'fastify', '@fastify/helmet', '@fastify/cookie'];

const SERVER = new URL('requests/server.mjs', import.meta.url);

/**
 * @param options.quick short slices, and no row for each part that is left out
 * @param options.only run what contains this text
 * @param progress called with a line per step
 * @returns measures (for the tables), ratios by id, settings
 */
export async function runSuite({ quick, rounds, only }, progress) {
  const isWanted = ({ id, group, label }) => !only || `${id} ${group} ${label}`.includes(only);
  const plan = { stages: makeStages(quick), server: SERVER, labels: LABELS, isWanted };
  const requests = await measureStages({ ...plan, rounds: quick ? 1 : rounds }, progress);
  const jobs = [threadsJob(quick)].filter(isWanted);
  await runInRounds(jobs, quick ? 1 : rounds, progress);
  if (jobs.length + requests.length === 0) throw new Error(`nothing is called '${only}'`);
  const measures = [...requests, ...jobs.map(toMeasure)];
  const settings = {
    timing: timingOf(quick),
    ratiosFrom:
      'CPU time per request of the serving process (process.cpuUsage); of threads requests per second, by the clock',
  };
  return { settings, measures, ratios: makeRatios(measures) };
}

function threadsJob(quick) {
  let round = 0;
  return {
    id: 'threads',
    group: 'catzilla start, cached pages of 1 KB, 64 connections, browser headers',
    label: 'two threads over one',
    refused: whyNoLoad(),
    run: () => measureThreads(timingOf(quick), round++),
  };
}

/** ms */
function timingOf(quick) {
  return quick ? { warm: 1000, window: 500, slices: 4 } : { warm: 3000, window: 1000, slices: 8 };
}

function toMeasure({ id, group, label, refused, samples }) {
  const row = { id, group, label, kind: 'port', unit: 'x', figureOf: 'scaling', task: {} };
  if (samples.length === 0) return { ...row, refused, details: [] };
  return { ...row, ...summarize(samples.map(({ scaling }) => scaling)), details: samples };
}
