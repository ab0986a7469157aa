// Soak of threads: four workers play on one cache. The memory of the cache itself is held to maxBytes; that of the
// process to maxBytes, the near-caches, and SLACK for what is not ours: a worker's heap (up to 40 MiB), large values
// read and dropped (V8 lets 64 MiB come together before it collects), and gaps in the heaps of glibc (`malloc_trim`
// gives them all back at the end: 6 of 177 MiB were in use).
import { setTimeout } from 'node:timers/promises';
import { openCache } from '../../dist/index.js';
import { Board } from './board.mjs';
import { startThread } from './crew.mjs';
import { arenaBytes, mebibytes, residentBytes } from './resident.mjs';
import { Faults, Watch } from './watch.mjs';

const THREADS = 4;
const MiB = 2 ** 20;
const MAX_BYTES = 24 * MiB;
const SIZES = [12 * MiB, MAX_BYTES];
const RESERVE_BYTES = 4 * MAX_BYTES;
const NEAR_BYTES = 4 * MiB;
const SLACK = THREADS * 112 * MiB;
/** What else may lie in the same mapping. */
const NEIGHBOURS = 4 * MiB;

/** @returns {Promise<{ faults: Faults, line: string }>} */
export async function soakThreads({ seconds, seed }) {
  const faults = new Faults();
  const shape = { slots: THREADS, keys: 512 };
  const place = Board.inMemory(shape);
  const board = new Board(shape, place);
  const name = `soak-threads-${process.pid}`;
  const options = {
    maxBytes: MAX_BYTES,
    reserveBytes: RESERVE_BYTES,
    maxValueBytes: 3 * MiB,
    sweepInterval: 100,
  };
  const cache = openCache(name, options);
  const crew = Array.from({ length: THREADS }, (_, slot) => {
    const setup = { name, shape, place, slot, seed: seed + slot };
    // Only one resizes, so that two bounds never race.
    return startThread(slot === 0 ? { ...setup, sizes: SIZES } : setup, (text) => faults.add(text));
  });
  await Promise.all(crew.map(({ ready }) => ready));
  const before = residentBytes();
  const most = MAX_BYTES + THREADS * NEAR_BYTES + SLACK;
  let [highest, highestOfCache] = [0, 0];
  for (const { send } of crew) send('go');

  const watch = new Watch('threads', board, faults);
  const end = performance.now() + seconds * 1000;
  let isMoving = true;
  while (performance.now() < end && isMoving) {
    await setTimeout(Math.min(250, Math.max(1, end - performance.now())));
    highest = Math.max(highest, residentBytes() - before);
    highestOfCache = Math.max(highestOfCache, arenaBytes(RESERVE_BYTES) ?? 0);
    if (cache.stats().bytes.used > MAX_BYTES) faults.add('bound: more bytes used than maxBytes');
    isMoving = watch.look(residentBytes());
  }
  if (!isMoving) return { faults, line: watch.line(residentBytes()) };
  for (const { send } of crew) send('stop');
  const codes = await Promise.all(crew.map(({ ended }) => ended));
  if (codes.some((code) => code !== 0)) faults.add(`threads ended with ${codes.join()}`);
  if (highestOfCache === 0 && process.platform === 'linux') faults.add('the mapping was not found');
  if (highestOfCache > MAX_BYTES + NEIGHBOURS) {
    faults.add(`bound: the cache took ${mebibytes(highestOfCache)} of ${mebibytes(MAX_BYTES)}`);
  }
  if (highest > most) faults.add(`bound: RSS rose by ${mebibytes(highest)} of ${mebibytes(most)}`);

  const { isolates, leases, bytes } = cache.stats();
  if (isolates !== 1) faults.add(`${isolates} isolates are left`);
  if (leases.open !== 0 || bytes.quarantined !== 0) faults.add('leases are left');
  cache.clear();
  const left = cache.stats();
  if (left.entries !== 0 || left.bytes.live !== 0) faults.add(`${left.bytes.live} bytes are left`);
  cache.close();
  return {
    faults,
    line: `${watch.line(residentBytes())}, which rose by at most ${mebibytes(highest)} of ${mebibytes(most)}, the cache to ${mebibytes(highestOfCache)} of ${mebibytes(MAX_BYTES)}`,
  };
}
