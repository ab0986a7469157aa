// The tiers suite: every contest and trial once per round. Then the ratios, from medians of the rounds.
import { summarize } from '../lib/statistics.mjs';
import { contest } from './contest.mjs';
import { makeContests } from './contests.mjs';
import { makeRatios } from './ratios.mjs';
import { makeTrials } from './trials.mjs';

export const versionsOf = [
  '@catzilla/tiers',
  '@catzilla/bus',
  '@catzilla/cache-core',
  'bentocache',
  'cacheable',
  'cache-manager',
  'keyv',
  '@keyv/redis',
  'async-cache-dedupe',
  'ioredis',
  'lmdb',
  'lru-cache',
];

/** Rounds of a quick run at most. */
const QUICK_ROUNDS = 2;

/** @returns measures (for the tables), ratios by id, settings */
export async function runSuite({ quick, rounds, only }, progress) {
  const contests = makeContests(quick).map((one) => ({
    ...one,
    run: (round) => contest(one.cells, { ...one, shift: round }),
  }));
  const jobs = [...contests, ...makeTrials(quick)].filter(
    ({ id, cells }) => !only || `${id} ${cells.map((cell) => cell.group).join(' ')}`.includes(only),
  );
  if (jobs.length === 0) throw new Error(`nothing is called '${only}'`);
  const cells = jobs.flatMap((job) => job.cells);
  const collected = new Map(cells.map(({ id }) => [id, []]));
  const wanted = quick ? Math.min(rounds, QUICK_ROUNDS) : rounds;
  for (let round = 0; round < wanted; round++) {
    for (const job of jobs.filter((one) => round < (one.rounds ?? wanted))) {
      progress(`round ${round + 1}/${wanted}: ${job.id}`);
      const samples = await job.run(round);
      for (const { id } of job.cells) collected.get(id).push(samples[id]);
    }
  }
  const measures = toMeasures(cells, collected);
  const settings = {
    contests: contests.map(({ id, slices, input }) => ({ id, slices, ...input })),
    ratiosFrom: 'CPU time of the measuring thread (memory, writes to disk), else wall time',
  };
  return { settings, measures, ratios: makeRatios(measures) };
}

/** With `ratio`: over the base of its group. */
export function toMeasures(cells, collected) {
  const measures = cells.map((cell) => ({
    ...cell,
    ...summarize(collected.get(cell.id).map((sample) => sample[cell.figureOf])),
    details: collected.get(cell.id),
  }));
  const bases = new Map(measures.filter((one) => one.isBase).map((one) => [one.group, one.median]));
  return measures.map((one) =>
    bases.has(one.group) ? { ...one, ratio: one.median / bases.get(one.group) } : one,
  );
}
