// The monitor suite: what counting costs each request, what a page of metrics costs, and what the dashboard costs an application
// that is large and idle. What the figures are is ratios.mjs.
import { measureStages } from '../http/rounds.mjs';
import { runInRounds } from '../lib/rounds.mjs';
import { summarize } from '../lib/statistics.mjs';
import { scrapeJobs } from './cells.mjs';
import { measureDashboard } from './dashboard.mjs';
import { makeRatios } from './ratios.mjs';
import { LABELS, makeStages } from './requests/stages.mjs';

export const versionsOf = [
  '@catzilla/monitor',
  'prom-client',
  'fastify',
  '@catzilla/fastify-cache',
];

const SERVER = new URL('requests/server.mjs', import.meta.url);
const DASHBOARD = 'the dashboard over 10,000 routes and 1,000,000 entries';

/**
 * @param options.quick fewer requests and pages; the dashboard over a tenth of the routes and entries, for seconds
 * @param options.only run what contains this text
 * @param progress called with a line per step
 * @returns measures (for the tables), ratios by id, settings
 */
export async function runSuite({ quick, rounds: given, only }, progress) {
  const rounds = quick ? 1 : given;
  const isWanted = ({ id, group, label }) => !only || `${id} ${group} ${label}`.includes(only);
  const plan = { stages: makeStages(quick), server: SERVER, labels: LABELS, isWanted };
  const requests = await measureStages({ ...plan, rounds }, progress);
  const jobs = await runInRounds(scrapeJobs(quick).filter(isWanted), rounds, progress);
  const dashboard = isWanted({ id: 'dashboard', group: DASHBOARD, label: '' })
    ? await dashboardMeasures(quick, progress)
    : [];
  const measures = [...requests, ...jobs.map(toMeasure), ...dashboard];
  if (measures.length === 0) throw new Error(`nothing is called '${only}'`);
  const settings = {
    ratiosFrom: 'CPU time: per request of the serving process, per page of metrics of its process',
  };
  return { settings, measures, ratios: makeRatios(measures) };
}

async function dashboardMeasures(quick, progress) {
  progress(DASHBOARD);
  const size = quick
    ? { seconds: 5, watched: 5, routes: 1000, entries: 100_000 }
    : { seconds: 65, watched: 20, routes: 10_000, entries: 1_000_000 };
  const rows = await measureDashboard({ ...size, rounds: quick ? 1 : 3 });
  return rows.map(({ id, label, unit, samples }) => ({
    id,
    group: DASHBOARD,
    label,
    kind: 'dashboard',
    unit,
    task: size,
    ...summarize(samples),
    details: samples.map((value) => ({ value })),
  }));
}

function toMeasure({ id, group, label, samples }) {
  return {
    id,
    group,
    label,
    kind: 'scrape',
    unit: 'ms',
    figureOf: 'cpuMs',
    task: {},
    ...summarize(samples.map(({ cpuMs }) => cpuMs)),
    details: samples,
  };
}
