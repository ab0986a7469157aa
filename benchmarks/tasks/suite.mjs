// The tasks suite: every cell once per round, in an order that moves on each round, each in fresh processes, with a Redis server
// or a folder of its own. What is measured is cells.mjs, what the figures are ratios.mjs.
import { runChild } from '../lib/child.mjs';
import { runInRounds } from '../lib/rounds.mjs';
import { summarize } from '../lib/statistics.mjs';
import { makeCells } from './cells.mjs';
import { fileSystem, whyAbsent, withPlace } from './place.mjs';
import { makeRatios } from './ratios.mjs';

export const versionsOf = ['@catzilla/tasks', 'bullmq', 'ioredis', 'fastq', 'p-queue'];

const CELL = new URL('cell.mjs', import.meta.url);
/** Rounds of a quick run at most. */
const QUICK_ROUNDS = 2;

/**
 * @param options.quick fewer jobs, a hundred thousand in place of a million
 * @param options.only run what contains this text
 * @param progress called with a line per step
 * @returns measures (for the tables), ratios by id, settings
 */
export async function runSuite({ quick, rounds, only }, progress) {
  const isWanted = ({ id, group, label }) => !only || `${id} ${group} ${label}`.includes(only);
  const jobs = makeCells(quick)
    .filter(isWanted)
    .map((cell) => ({ ...cell, run: () => measureCell(cell) }));
  if (jobs.length === 0) throw new Error(`nothing is called '${only}'`);
  await runInRounds(jobs, quick ? Math.min(rounds, QUICK_ROUNDS) : rounds, progress);
  const measures = toMeasures(jobs);
  const settings = {
    fileSystem: fileSystem(),
    ratiosFrom:
      'the clock (jobs per second, times until a job starts), but where CPU time is named',
  };
  return { settings, measures, ratios: makeRatios(measures) };
}

/** A sample of a cell, or { refused: why } where its system cannot be measured. */
export async function measureCell({ task, steps = [{}], flags }) {
  const refused = task.system === undefined ? undefined : whyAbsent(task.system);
  if (refused !== undefined) return { refused };
  return withPlace(task.system, async (place) => {
    let sample;
    for (const step of steps) sample = await runChild(CELL, { ...task, ...place, ...step }, flags);
    return sample;
  });
}

/** With `ratio`: over the base of its group. */
export function toMeasures(jobs) {
  const measures = jobs.map(
    ({ id, group, label, kind, unit, figureOf, isBase, task, refused, samples }) => {
      const row = { id, group, label, kind, unit, figureOf, isBase, task };
      if (samples.length === 0) return { ...row, refused, details: [] };
      return { ...row, ...summarize(samples.map((one) => one[figureOf])), details: samples };
    },
  );
  const bases = new Map(measures.filter((one) => one.isBase).map((one) => [one.group, one.median]));
  return measures.map((one) =>
    bases.has(one.group) ? { ...one, ratio: one.median / bases.get(one.group) } : one,
  );
}
