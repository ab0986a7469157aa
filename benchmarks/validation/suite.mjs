// The validation suite: each library's checks once per round, in a process of its own in which all ways to check take turns; then
// the servers of requests/. What is measured is cells.mjs and requests/stages.mjs, what the figures are ratios.mjs.
import { measureStages } from '../http/rounds.mjs';
import { runChild } from '../lib/child.mjs';
import { runInRounds } from '../lib/rounds.mjs';
import { summarize } from '../lib/statistics.mjs';
import { checkCells, timingOf } from './cells.mjs';
import { makeRatios } from './ratios.mjs';
import { LABELS, makeStages } from './requests/stages.mjs';

export const versionsOf = [
  '@catzilla/validation',
  '@catzilla/router',
  'fastify',
  'fastify-type-provider-zod',
  'zod',
  'valibot',
  'arktype',
  'typebox',
];

const CHECK = new URL('check.mjs', import.meta.url);
const SERVER = new URL('requests/server.mjs', import.meta.url);

/**
 * @param options.quick short windows
 * @param options.only run what contains this text
 * @param progress called with a line per step
 * @returns measures (for the tables), ratios by id, settings
 */
export async function runSuite({ quick, rounds, only }, progress) {
  const isWanted = ({ id, group, label }) => !only || `${id} ${group} ${label}`.includes(only);
  const cells = checkCells({ quick })
    .map((cell) => ({ ...cell, rows: cell.rows.filter(isWanted) }))
    .filter(({ rows }) => rows.length > 0)
    .map((cell) => ({ ...cell, run: () => runChild(CHECK, cell.task) }));
  await runInRounds(cells, quick ? Math.min(rounds, 2) : rounds, progress);
  const plan = { stages: makeStages(quick), server: SERVER, labels: LABELS, isWanted };
  const requests = await measureStages({ ...plan, rounds: quick ? 1 : rounds }, progress);
  if (cells.length + requests.length === 0) throw new Error(`nothing is called '${only}'`);
  const measures = [...cells.flatMap(toMeasures), ...requests];
  const settings = {
    timing: timingOf(quick),
    ratiosFrom:
      'CPU time of the measuring thread for checks, of the serving process for requests, taken in turns and compared pair by pair',
  };
  return { settings, measures, ratios: makeRatios(measures) };
}

function toMeasures({ rows, task, samples }) {
  return rows.map(({ way, id, group, label }) => {
    const details = samples.map((sample) => sample[way]);
    return {
      id,
      group,
      label,
      kind: 'time',
      unit: 'ns',
      figureOf: 'threadNs',
      task: { ...task, way },
      ...summarize(details.map(({ threadNs }) => threadNs)),
      details,
    };
  });
}
