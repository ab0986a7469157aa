// Runs jobs side by side, for figures that no neighbour can disturb: counts, never times.
import { availableParallelism } from 'node:os';

/**
 * @param jobs functions that give a promise each
 * @param width how many run at a time; default: one per core
 * @returns {Promise<unknown[]>} their results, in the order of the jobs; the first failure is thrown
 */
export async function runSideBySide(jobs, width = availableParallelism()) {
  const results = [];
  let next = 0;
  const work = async () => {
    while (next < jobs.length) {
      const at = next++;
      results[at] = await jobs[at]();
    }
  };
  await Promise.all(Array.from({ length: width }, work));
  return results;
}
