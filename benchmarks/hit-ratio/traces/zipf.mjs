// Zipf: independent requests, the object of rank r with weight 1 / (r + 1)^skew; popularity never changes.
// The usual model of web requests. Source: Breslau et al., "Web caching and Zipf-like distributions: evidence and
// implications" (INFOCOM 1999), who find skews of 0.64 to 0.83; 0.99 is the default of YCSB (Cooper et al., SoCC 2010).
import { zipfSource } from '../../lib/random.mjs';

/**
 * @param task.objects  how many objects may be asked for
 * @param task.requests length of the trace
 * @param task.seed     the same seed gives the same trace
 * @param task.skew     exponent; larger is easier to cache
 * @returns {Uint32Array} an object's id per request
 */
export function zipf({ objects, requests, seed, skew }) {
  return Uint32Array.from({ length: requests }, zipfSource(objects, skew, seed));
}
