// From how many routes on native code is worth its crossing: one round of one table, for the engines that 'auto' chooses among.
// The figure is native over the better of the two of find-my-way, each as the geometric mean of hot and spread, since
// nobody knows the traffic of a server when its engine is chosen.
import { geometricMean } from './ratios.mjs';

export const THRESHOLD = 'threshold';

/**
 * @param tasks of all engines and traffics, named
 * @param run one of them
 * @returns ns by name, and nativeOverBest
 */
export async function thresholdMeasure(tasks, run) {
  const sample = {};
  for (const { name, ...task } of tasks) {
    const { threadNs, refused } = await run(task);
    if (refused !== undefined) throw new Error(`${name}: ${refused}`);
    sample[name] = threadNs;
  }
  const of = (engine) => geometricMean([sample[`${engine} hot`], sample[`${engine} spread`]]);
  return { ...sample, nativeOverBest: of('native') / Math.min(of('walk'), of('compile')) };
}
