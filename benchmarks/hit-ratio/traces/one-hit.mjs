// One-hit-heavy: a share of the requests, at random times, is for objects asked for once and never again; the others
// are Zipf. Content networks look like this. Source: the one-hit wonders of Yang et al., "FIFO queues are all you need
// for cache eviction" (SOSP 2023), and Maggs and Sitaraman, "Algorithmic nuggets in content delivery" (CCR 2015).
import { seeded, zipfSource } from '../../lib/random.mjs';

/**
 * @param task.objects  objects of the Zipf part; the others come on top, ids from `objects` on
 * @param task.requests length of the trace
 * @param task.seed     the same seed gives the same trace
 * @param task.skew     exponent of the Zipf part
 * @param task.once     share of requests for objects that are asked for once, 0 to 1
 * @returns {Uint32Array} an object's id per request
 */
export function oneHit({ objects, requests, seed, skew, once }) {
  const next = zipfSource(objects, skew, seed);
  const random = seeded(~seed);
  let cold = objects;
  return Uint32Array.from({ length: requests }, () => (random() < once ? cold++ : next()));
}
