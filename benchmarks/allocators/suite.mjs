// The allocators suite: native/cache/bench/churn.cc with the engine, and with a table of blocks from glibc and from
// jemalloc, each in a fresh process. In every round the engine goes first, and the tables get the live bytes it came to
// hold as their bound: all hold the same. Linux only, as the build option is.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';

import { VERSION, ensureJemalloc } from '../../scripts/jemalloc.mjs';
import { run } from '../../scripts/lib/run.mjs';
import { summarize } from '../lib/statistics.mjs';

export const versionsOf = [];

const THREADS = [1, 4];
const native = fileURLToPath(new URL('../../native/', import.meta.url));
const PLAIN = `${native}cache/out/churn`;
const JEMALLOC = `${native}cache/out/jemalloc/churn`;
/** Each with its defaults, and with the setting that is known to save it memory. */
const STORES = [
  { id: 'segments', label: 'segments (the engine)', file: PLAIN, store: 'segments', env: {} },
  { id: 'glibc', label: 'glibc malloc', file: PLAIN, store: 'table', env: {} },
  {
    id: 'glibc-one',
    label: 'glibc malloc, one arena',
    file: PLAIN,
    store: 'table',
    env: { MALLOC_ARENA_MAX: '1' },
  },
  { id: 'jemalloc', label: 'jemalloc', file: JEMALLOC, store: 'table', env: {} },
  {
    id: 'jemalloc-now',
    label: 'jemalloc, pages given back at once',
    file: JEMALLOC,
    store: 'table',
    env: { JE_MALLOC_CONF: 'dirty_decay_ms:0,muzzy_decay_ms:0' },
  },
];

/**
 * @param options.quick fewer operations on a smaller store
 * @param options.only run what contains this text (the engine always runs: it says how much is held)
 * @returns measures (for the tables), ratios by id, settings, versions
 */
export async function runSuite({ quick, rounds, only }, progress) {
  const settings = {
    boundBytes: (quick ? 32 : 128) * 2 ** 20,
    keys: quick ? 75_000 : 300_000,
    operations: quick ? 1_000_000 : 8_000_000,
    threads: THREADS,
    ratiosFrom: 'resident over live bytes, and CPU time of all threads',
  };
  progress('building native/cache/bench/churn.cc, with and without jemalloc');
  await build();
  const jobs = THREADS.flatMap((threads) =>
    STORES.map((store) => ({
      ...store,
      id: `churn ${store.id} ${threads}`,
      group: `churn, ${threads} thread${threads > 1 ? 's' : ''}`,
      threads,
      samples: [],
    })),
  );
  const tables = jobs.filter(
    (job) => job.store === 'table' && (!only || `${job.id} ${job.label}`.includes(only)),
  );
  for (let round = 0; round < rounds; round++) {
    for (const threads of THREADS) {
      const engine = jobs.find((job) => job.threads === threads && job.store === 'segments');
      const due = tables.filter((job) => job.threads === threads);
      const order = due.map((_, at) => due[(at + round) % due.length]);
      for (const job of [engine, ...order]) {
        progress(`round ${round + 1}/${rounds}: ${job.id}`);
        const bound = job === engine ? settings.boundBytes : engine.samples[round].liveBytes;
        job.samples.push(churn(job, { ...settings, bound, round }));
      }
    }
  }
  const measures = jobs.filter(({ samples }) => samples.length > 0).map(toMeasure);
  return { settings, measures, ratios: makeRatios(measures), versions: versions() };
}

async function build() {
  const folder = await ensureJemalloc({ ...process.env, CATZ_JEMALLOC: wanted() });
  const make = ['-s', `-j${availableParallelism()}`, '-C', native, 'churn'];
  await run('make', make, { capture: true });
  await run('make', [...make, `JEMALLOC=${folder}`], { capture: true });
}

function wanted() {
  const { CATZ_JEMALLOC } = process.env;
  return !CATZ_JEMALLOC || CATZ_JEMALLOC === '0' ? '1' : CATZ_JEMALLOC;
}

function churn({ file, store, threads, env }, { keys, bound, operations, round }) {
  const args = [store, threads, keys, bound, operations, 1 + round].map(String);
  const text = execFileSync(file, args, { env: { ...process.env, ...env }, encoding: 'utf8' });
  const sample = JSON.parse(text);
  const expected = file === JEMALLOC ? 'jemalloc' : 'malloc';
  if (sample.allocator !== expected)
    throw new Error(`${file} uses ${sample.allocator}, expected ${expected}`);
  return sample;
}

function toMeasure({ id, group, label, store, threads, samples }) {
  return {
    id,
    group,
    label,
    kind: 'churn',
    unit: 'x',
    figureOf: 'overLive',
    task: { store, threads },
    ...summarize(samples.map((sample) => sample.overLive)),
    details: samples,
  };
}

function makeRatios(measures) {
  const ratios = {};
  for (const threads of THREADS) {
    const find = (id) => measures.find((one) => one.id === `churn ${id} ${threads}`);
    const ours = find('segments');
    for (const id of ['glibc', 'jemalloc', 'jemalloc-now']) {
      const other = find(id);
      if (other === undefined) continue;
      const name = `${id.replace('-', '_')}_${threads}_threads`;
      ratios[`segments_memory_over_${name}`] = ours.median / other.median;
      ratios[`segments_cpu_over_${name}`] = cpuOf(ours).median / cpuOf(other).median;
    }
  }
  return ratios;
}

function cpuOf(measure) {
  return summarize(measure.details.map(({ cpuNs }) => cpuNs));
}

function versions() {
  const { glibcVersionRuntime } = process.report.getReport().header;
  const stamp = /"version":\s*"([^"]+)"/;
  const manifest = new URL('../../packages/cache-core/package.json', import.meta.url);
  const [, core] = stamp.exec(readFileSync(manifest, 'utf8'));
  return { '@catzilla/cache-core': core, glibc: glibcVersionRuntime, jemalloc: VERSION };
}
