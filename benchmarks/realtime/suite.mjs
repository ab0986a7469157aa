// The realtime suite: broadcasts over WebSockets and streams of events, CPU time of the serving process per message that a client got;
// and the time until a page hears that what it shows has changed. What the figures are is ratios.mjs.
import { createRequire } from 'node:module';
import { runChild } from '../lib/child.mjs';
import { runInRounds } from '../lib/rounds.mjs';
import { summarize } from '../lib/statistics.mjs';
import { makeLiveCells } from './live-cells.mjs';
import { makeRatios, withRatios } from './ratios.mjs';
import { measureStages } from './rounds.mjs';
import { makeStages } from './stages.mjs';

export const versionsOf = ['@catzilla/realtime', 'ws', 'socket.io', 'better-sse', 'fastify'];

/** What the workspace has installed. */
const inherited = {
  '@fastify/sse': createRequire(import.meta.url)('@fastify/sse/package.json').version,
};
const CELL = new URL('cell.mjs', import.meta.url);

/**
 * @param options.quick fewer messages, 1,000 clients at most
 * @param options.only run what contains this text
 * @param progress called with a line per step
 * @returns measures (for the tables), ratios by id, settings
 */
export async function runSuite({ quick, rounds, only }, progress) {
  const isWanted = ({ id, group, label }) => !only || `${id} ${group} ${label}`.includes(only);
  const all = quick ? 1 : rounds;
  const plan = { stages: makeStages(quick), rounds: all, isWanted };
  const broadcasts = withRatios(await measureStages(plan, progress));
  const jobs = makeLiveCells(quick)
    .filter(isWanted)
    .map((cell) => ({ ...cell, run: () => runChild(CELL, cell.task) }));
  await runInRounds(jobs, all, progress);
  const measures = [...broadcasts, ...jobs.map(toMeasure)];
  if (measures.length === 0) throw new Error(`nothing is called '${only}'`);
  const settings = {
    ratiosFrom:
      'CPU time of the serving process per message and client, but where a rate or a time is named',
  };
  return { settings, measures, ratios: makeRatios(measures), versions: inherited };
}

function toMeasure({ id, group, label, kind, unit, figureOf, task, samples }) {
  const figures = samples.map((one) => one[figureOf]);
  return { id, group, label, kind, unit, figureOf, task, ...summarize(figures), details: samples };
}
