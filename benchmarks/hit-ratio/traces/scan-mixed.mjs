// Scan-mixed: Zipf traffic that is interrupted at regular times by one pass over objects nobody asks for again, as a
// crawler or a backup makes it. What a scan brings in is worthless, and LRU lets it push everything else out.
// Source: the scan resistance of Megiddo and Modha, "ARC: a self-tuning, low overhead replacement cache" (FAST 2003).
import { zipfSource } from '../../lib/random.mjs';

/**
 * @param task.objects  objects of the Zipf part; those of the scans come on top, ids from `objects` on
 * @param task.requests length of the trace, scans included
 * @param task.seed     the same seed gives the same trace
 * @param task.skew     exponent of the Zipf part
 * @param task.every    Zipf requests between two scans
 * @param task.scan     requests of one scan, each for an object of its own
 * @returns {Uint32Array} an object's id per request
 */
export function scanMixed({ objects, requests, seed, skew, every, scan }) {
  const next = zipfSource(objects, skew, seed);
  let cold = objects;
  return Uint32Array.from({ length: requests }, (_, at) =>
    at % (every + scan) < every ? next() : cold++,
  );
}
