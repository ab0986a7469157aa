// Drifting: Zipf traffic whose popular set moves. Now and then an object, drawn by popularity, changes places with one
// drawn uniformly: news gets old, at any rank after about `life` requests for it. What was counted long ago misleads.
// Source: the shifting popularity that adaptive caches are tested with, Einziger et al., "Adaptive software cache
// management" (Middleware 2018); the exchange of single ranks is ours.
import { seeded, shuffledIds, zipfRanks } from '../../lib/random.mjs';

/**
 * @param task.objects  how many objects may be asked for
 * @param task.requests length of the trace
 * @param task.seed     the same seed gives the same trace
 * @param task.skew     exponent at any one time
 * @param task.life     requests per exchange, and so for an object until it loses its place, on average
 * @returns {Uint32Array} an object's id per request
 */
export function drifting({ objects, requests, seed, skew, life }) {
  const random = seeded(seed);
  const ids = shuffledIds(objects, random);
  const nextRank = zipfRanks(objects, skew, random);
  return Uint32Array.from({ length: requests }, (_, at) => {
    if (at % life === life - 1) {
      const popular = nextRank();
      const any = Math.floor(random() * objects);
      const id = ids[popular];
      ids[popular] = ids[any];
      ids[any] = id;
    }
    return ids[nextRank()];
  });
}
