// What is measured: one row per system in groups of a case, which become the tables of the page. A cell is { id, group, label,
// kind, unit, figureOf, isBase?, rounds?, flags?, steps?, task }: `task` is what its process is told, `steps` what more it is
// told in each of several processes that share a folder.
import { SYSTEMS } from './systems.mjs';

export const CONCURRENCIES = [1, 10, 50];
export const WAYS = {
  single: 'one call after another',
  flight: '100 calls under way',
  bulk: 'bulks of 500',
};
/** BullMQ as fast as it is, and as safe as people run it. */
export const ON_REDIS = ['redis', 'redis-no', 'redis-everysec'];
export const MILLION = 1_000_000;
export const HUNDRED_THOUSAND = 100_000;

const ALL_ON_REDIS = [...ON_REDIS, 'redis-always'];
const DURABLE = ['embedded-none', 'embedded-interval', 'embedded-every-write'];
const IN_MEMORY = ['fastq', 'p-queue'];

/** Jobs of a measurement that takes a second or two. */
const JOBS = { embedded: 200_000, redis: 20_000, memory: 400_000 };

/** Of those whose every call waits for a write, or a flush, of its own. */
const OF_ONE_BY_ONE = { 'embedded-interval': 0.2, 'embedded-every-write': 0.02 };

/** @returns cells, in the order of the page */
export function makeCells(quick) {
  return [
    ...processing(quick),
    ...enqueueing(quick),
    ...through(quick),
    ...pickup(quick),
    ...critical(quick),
    ...memory(quick),
    ...reopening(quick),
    ...idle(quick),
  ];
}

function processing(quick) {
  return CONCURRENCIES.flatMap((concurrency) =>
    rows([...ON_REDIS, 'embedded', ...IN_MEMORY], (system) => ({
      name: `process ${concurrency}`,
      group: `processing a backlog, ${concurrency} at a time; ratio to Redis without persistence`,
      ...JOBS_KIND,
      isBase: system === 'redis',
      task: {
        case: 'process',
        concurrency,
        ...paceOf(system, quick),
      },
    })),
  );
}

function enqueueing(quick) {
  return Object.entries(WAYS).flatMap(([way, shown]) =>
    rows([...ON_REDIS, 'embedded', ...DURABLE], (system) => {
      const share = way === 'single' ? (OF_ONE_BY_ONE[system] ?? 1) : 1;
      return {
        name: `enqueue ${way}`,
        group: `adding, ${shown}; ratio to Redis without persistence`,
        ...JOBS_KIND,
        isBase: system === 'redis',
        task: { case: 'enqueue', way, ...paceOf(system, quick, share) },
      };
    }),
  );
}

function through(quick) {
  return rows([...ALL_ON_REDIS, 'embedded', ...DURABLE], (system) => ({
    name: 'through',
    group:
      'from adding to finished, 100 callers and 50 at a time; ratio to Redis without persistence',
    ...JOBS_KIND,
    isBase: system === 'redis',
    task: { case: 'through', ...paceOf(system, quick) },
  }));
}

function pickup(quick) {
  return rows(['redis', 'redis-everysec', 'embedded', 'embedded-every-write', 'fastq'], () => ({
    name: 'pickup',
    group: 'from the call to the start of the job, in a worker that waits for one',
    kind: 'pickup',
    unit: 'ms',
    figureOf: 'p50Ms',
    task: { case: 'pickup', warm: quick ? 100 : 300, jobs: quick ? 200 : 1000 },
  }));
}

function critical(quick) {
  const low = quick ? 4000 : 20_000;
  return rows(['redis', 'redis-everysec', 'embedded', 'p-queue'], () => ({
    name: 'critical',
    group: `from the call to the start of a critical job, ${grouped(low)} low ones of 2 ms each before it, 4 at a time`,
    kind: 'pickup-tail',
    unit: 'ms',
    figureOf: 'p99Ms',
    task: { case: 'critical', low, critical: quick ? 50 : 300 },
  }));
}

function memory(quick) {
  const jobs = quick ? HUNDRED_THOUSAND : MILLION;
  return rows(['redis', 'embedded', ...IN_MEMORY], (system) => ({
    name: `memory ${jobs}`,
    group: `${grouped(jobs)} waiting jobs with payloads of 200 bytes`,
    kind: 'backlog',
    unit: 'MB',
    figureOf: 'rssMb',
    rounds: system === 'embedded' ? 2 : 1,
    flags: ['--expose-gc'],
    task: { case: 'memory', jobs },
  }));
}

function reopening(quick) {
  return [HUNDRED_THOUSAND, ...(quick ? [] : [MILLION])].flatMap((jobs) =>
    rows(['embedded-every-write'], () => ({
      name: `reopen ${jobs}`,
      group: `opening a folder with ${grouped(jobs)} waiting jobs that nobody has closed`,
      kind: 'reopen',
      unit: 's',
      figureOf: 'seconds',
      rounds: jobs === MILLION ? 2 : 5,
      steps: [{ step: 'fill' }, { step: 'open' }],
      task: { case: 'reopen', jobs },
    })),
  );
}

function idle(quick) {
  const cell = {
    name: 'idle',
    group: 'two workers that have nothing to do, CPU time in percent of a core',
    kind: 'idle',
    unit: '%',
    figureOf: 'percent',
    rounds: 3,
    task: { case: 'idle', settle: 2000, window: quick ? 2000 : 10_000 },
  };
  const nothing = { ...cell, id: 'nothing idle', label: 'no queue: Node itself' };
  return [nothing, ...rows(['redis', 'embedded', 'embedded-every-write'], () => cell)].map(
    ({ name: _, ...rest }) => rest,
  );
}

const JOBS_KIND = { kind: 'jobs', unit: '1/s', figureOf: 'perSecond' };

function rows(systems, cellOf) {
  return systems.map((system) => {
    const { name, ...cell } = cellOf(system);
    const { label } = SYSTEMS[system];
    return { id: `${system} ${name}`, label, ...cell, task: { ...cell.task, system } };
  });
}

// So many, after a quarter as many that are not counted.
function paceOf(system, quick, share = 1) {
  const all = system.startsWith('embedded')
    ? JOBS.embedded
    : system.startsWith('redis')
      ? JOBS.redis
      : JOBS.memory;
  const jobs = (quick ? all / 8 : all) * share;
  return { warm: Math.ceil(jobs / 4), jobs: Math.ceil(jobs) };
}

function grouped(count) {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',');
}
