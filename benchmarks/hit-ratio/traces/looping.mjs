// Looping: the same objects over and over in the same order, more of them than the cache holds, as a batch job that
// reads all its input again. LRU and FIFO throw each object out just before it is needed and never hit; the optimum
// keeps a part and lets the rest go. Source: Jiang and Zhang, "LIRS: an efficient low inter-reference recency set
// replacement policy" (SIGMETRICS 2002).
import { seeded, shuffledIds } from '../../lib/random.mjs';

/**
 * @param task.capacity entries of the cache: the loop is measured by it, or a small cache would see nothing but misses
 * @param task.requests length of the trace
 * @param task.seed     the same seed gives the same order
 * @param task.longer   objects of the loop over entries of the cache, above 1
 * @returns {Uint32Array} an object's id per request
 */
export function looping({ capacity, requests, seed, longer }) {
  const ids = shuffledIds(Math.round(capacity * longer), seeded(seed));
  return Uint32Array.from({ length: requests }, (_, at) => ids[at % ids.length]);
}
