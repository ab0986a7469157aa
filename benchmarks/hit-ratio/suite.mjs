// The hit-ratio suite: the real engine beside reference policies, on every trace at every capacity, once per seed.
// Cells run side by side in processes of their own: what is counted does not depend on the machine or its load.
import { runChild } from '../lib/child.mjs';
import { runSideBySide } from '../lib/pool.mjs';
import { summarize } from '../lib/statistics.mjs';
import { costOf, makeRatios } from './ratios.mjs';
import { TRACES } from './traces/all.mjs';

export const versionsOf = ['@catzilla/cache-core'];

const CAPACITIES = [
  [0.001, '0.1 %'],
  [0.01, '1 %'],
  [0.1, '10 %'],
];

/**
 * @param options.quick one seed, fewer requests, no capacity of 10 %
 * @param options.rounds seeds
 * @param options.only run what contains this text
 * @param progress called with a line per step
 * @returns measures (for the tables), ratios by id, settings
 */
export async function runSuite({ quick, rounds, only }, progress) {
  const settings = {
    objects: 1_000_000,
    requests: quick ? 800_000 : 2_000_000,
    size: 1024,
    capacities: CAPACITIES.filter(([share]) => !quick || share < 0.1).map(([share]) => share),
    seeds: Array.from({ length: quick ? 1 : rounds }, (_, round) => 1000 + round),
    traces: Object.fromEntries(
      Object.entries(TRACES).map(([name, { parameters }]) => [name, parameters]),
    ),
    ratiosFrom: 'hits counted after the first third of a trace, each round with a seed of its own',
  };
  const cells = makeCells(settings).filter(
    ({ id, group, label }) => !only || `${id} ${group} ${label}`.includes(only),
  );
  if (cells.length === 0) throw new Error(`nothing is called '${only}'`);
  const jobs = cells.flatMap((cell) => settings.seeds.map((seed) => ({ cell, seed })));
  let done = 0;
  const samples = await runSideBySide(
    jobs.map(({ cell, seed }) => async () => {
      const sample = await runChild(new URL('cell.mjs', import.meta.url), { ...cell.task, seed });
      progress(`${++done}/${jobs.length}: ${cell.id}, seed ${seed}`);
      return sample;
    }),
  );
  const rows = cells.map((cell) => ({
    cell,
    details: samples.filter((_, at) => jobs[at].cell === cell),
  }));
  return {
    settings,
    measures: [...rows.map(toRatios), ...rows.map(toCost)],
    ratios: makeRatios(new Map(rows.map(({ cell, details }) => [cell.id, details]))),
  };
}

function makeCells({ objects, requests, size, capacities }) {
  return CAPACITIES.filter(([share]) => capacities.includes(share)).flatMap(([share, shown]) =>
    Object.entries(TRACES).map(([trace, { label }]) => ({
      id: `${trace} ${shown}`,
      group: `room for ${shown} of the objects`,
      label,
      task: { trace, objects, requests, size, capacity: Math.round(objects * share) },
    })),
  );
}

function toRatios({ cell, details }) {
  return {
    ...cell,
    kind: 'policies',
    unit: '',
    figureOf: 'ours',
    ...summarize(details.map(({ ours }) => ours)),
    details,
  };
}

function toCost({ cell, details }) {
  const costs = details.map(costOf);
  return {
    id: `${cell.id} cost`,
    group: `${cell.group}: against LRU and S3-FIFO`,
    label: cell.label,
    kind: 'policy-cost',
    unit: '',
    figureOf: 'gap',
    ...summarize(costs.map(({ gap }) => gap)),
    details: costs,
  };
}
