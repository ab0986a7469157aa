// The engine suite: every cell once per round, in an order that moves on each round, each in a fresh process.
// Then the ratios: our median over the competitor's, from CPU time of the measuring thread.
import { runChild } from '../lib/child.mjs';
import { median, summarize } from '../lib/statistics.mjs';
import { engineCells } from './cells.mjs';

export const versionsOf = ['@catzilla/cache-core', 'lru-cache', 'lmdb'];

const MEMORY = [
  [100, '100 B'],
  [1024, '1 KB'],
];
const MEMORY_LABELS = {
  lru: 'lru-cache with Buffers',
  engine: 'catzilla',
  map: 'Map with Buffers',
};
const THREADS = [
  {
    id: 'threads engine 1024',
    label: 'catzilla engine, copying get of 1 KB, 512 hot keys',
    task: { competitor: 'engine', count: 512, size: 1024 },
    inQuick: true,
  },
  {
    id: 'threads engine 100 spread',
    label: 'catzilla engine, copying get of 100 B, 65,536 keys',
    task: { competitor: 'engine', count: 65_536, size: 100 },
  },
  {
    id: 'threads miss',
    label: 'catzilla engine, misses, 512 keys',
    task: { competitor: 'engine', count: 512, size: 100, miss: true },
  },
  {
    id: 'threads near 1024',
    label: 'catzilla near-cache, 1 KB, 512 hot keys',
    task: { competitor: 'near', count: 512, size: 1024 },
  },
  {
    id: 'threads map 1024',
    label: 'a Map per thread (what the machine gives)',
    task: { competitor: 'map', count: 512, size: 1024 },
  },
];

/**
 * @param options.quick shorter windows, 200,000 entries instead of a million, one Zipf skew
 * @param options.only run what contains this text
 * @param progress called with a line per step
 * @returns measures (for the tables), ratios by id, settings
 */
export async function runSuite({ quick, rounds, only }, progress) {
  const settings = makeSettings(quick);
  const jobs = makeJobs(quick, settings).filter(
    (job) => !only || `${job.id} ${job.group} ${job.label}`.includes(only),
  );
  if (jobs.length === 0) throw new Error(`nothing is called '${only}'`);
  const collected = new Map(jobs.map((job) => [job.id, []]));
  for (let round = 0; round < rounds; round++) {
    const due = jobs.filter((job) => round < (job.rounds ?? rounds));
    for (let step = 0; step < due.length; step++) {
      const job = due[(step + Math.floor((round * due.length) / rounds)) % due.length];
      progress(`round ${round + 1}/${rounds}, ${step + 1}/${due.length}: ${job.id}`);
      collected.get(job.id).push(await job.run(round));
    }
  }
  const measures = jobs.map((job) => toMeasure(job, collected.get(job.id)));
  return { settings, measures, ratios: makeRatios(measures) };
}

function makeSettings(quick) {
  return {
    timing: quick ? { warm: 80, window: 100 } : { warm: 250, window: 400 },
    threads: quick ? { warm: 80, window: 80, turns: 4 } : { warm: 250, window: 150, turns: 7 },
    memory: { count: quick ? 500_000 : 1_000_000, rounds: quick ? 1 : undefined },
    hitRatio: quick
      ? { objects: 200_000, requests: 600_000, size: 1024, skews: [0.99], rounds: 1 }
      : {
          objects: 500_000,
          requests: 2_000_000,
          size: 1024,
          skews: [0.8, 0.99, 1.1],
          rounds: undefined,
        },
    ratiosFrom: 'CPU time of the measuring thread',
  };
}

function makeJobs(quick, settings) {
  const cells = engineCells({ quick }).map((cell) => ({
    ...cell,
    kind: 'time',
    unit: 'ns',
    figureOf:
      cell.task.competitor === 'lmdb' && cell.task.operation === 'put' ? 'processNs' : 'threadNs',
    run: () => child(cell.file, { ...cell.task, timing: settings.timing }),
  }));
  const memory = MEMORY.flatMap(([size, shown]) =>
    Object.keys(MEMORY_LABELS)
      .filter((competitor) => !quick || competitor !== 'map')
      .map((competitor) => ({
        id: `memory ${competitor} ${size}`,
        group: `memory, ${settings.memory.count.toLocaleString('en')} entries of ${shown}`,
        label: MEMORY_LABELS[competitor],
        kind: 'memory',
        unit: 'B',
        figureOf: 'rssPerEntry',
        rounds: settings.memory.rounds,
        run: () =>
          child('memory.mjs', { competitor, size, count: settings.memory.count }, ['--expose-gc']),
      })),
  );
  const threads = THREADS.filter((row) => !quick || row.inQuick).map(({ id, label, task }) => ({
    id,
    label,
    group: 'two threads over one',
    kind: 'threads',
    unit: 'x',
    figureOf: 'scaling',
    run: () => child('threads.mjs', { ...task, timing: settings.threads }),
  }));
  const { skews, rounds, ...traffic } = settings.hitRatio;
  const hitRatio = skews.map((skew) => ({
    id: `hit ratio ${skew}`,
    group: 'hit ratio, capacity 1 % of the footprint',
    label: `Zipf ${skew}`,
    kind: 'hit-ratio',
    unit: '',
    figureOf: 'gain',
    rounds,
    run: (round) => child('hit-ratio.mjs', { ...traffic, skew, seed: 1000 + round }),
  }));
  return [...cells, ...memory, ...threads, ...hitRatio];
}

function child(file, task, flags) {
  return runChild(new URL(file, import.meta.url), task, flags);
}

function toMeasure({ id, group, label, kind, unit, figureOf, task }, samples) {
  return {
    id,
    group,
    label,
    kind,
    unit,
    figureOf,
    task,
    ...summarize(samples.map((sample) => sample[figureOf])),
    details: samples,
  };
}

function makeRatios(measures) {
  const byId = new Map(measures.map((measure) => [measure.id, measure]));
  const of = (id, field) => {
    const measure = byId.get(id);
    if (!measure) return undefined;
    return field ? median(measure.details.map((sample) => sample[field])) : measure.median;
  };
  const over = (a, b) => (a === undefined || b === undefined ? undefined : a / b);
  const worst = (a, b) => (a === undefined || b === undefined ? undefined : Math.max(a, b));
  const set100 = of('near set 100');
  const ratios = {
    near_get_over_lru: over(of('near get 100'), of('lru get 100')),
    near_get_over_lru_ttl: over(of('near-ttl get 100'), of('lru-ttl get 100')),
    copy_get_100b_ns: of('engine get 100'),
    copy_get_1k_ns: of('engine get 1024'),
    copy_get_1k_over_lmdb: over(of('engine get 1024'), of('lmdb getBinary 1024')),
    set_100b_over_lru_copy: over(set100, of('lru set-copy 100')),
    set_1k_over_lru_copy: over(of('near set 1024'), of('lru set-copy 1024')),
    set_100b_per_s: set100 === undefined ? undefined : 1e9 / set100,
    rss_100b_over_lru: over(of('memory engine 100'), of('memory lru 100')),
    rss_1k_over_lru: over(of('memory engine 1024'), of('memory lru 1024')),
    gc_pause_over_lru: over(
      of('memory engine 1024', 'longestFullGcMs'),
      of('memory lru 1024', 'longestFullGcMs'),
    ),
    threads2_over_1: of('threads engine 1024'),
    machine_over_process: worst(
      over(of('machine get 100'), of('engine get 100')),
      over(of('machine get 1024'), of('engine get 1024')),
    ),
    hit_ratio_gain_over_lru: of('hit ratio 0.99'),
  };
  return Object.fromEntries(Object.entries(ratios).filter(([, value]) => value !== undefined));
}
