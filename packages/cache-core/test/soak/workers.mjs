// Soak of a worker's life: workers are started, open the cache, hold leases, and are ended anywhere, while this thread
// opens and closes handles of its own. Nothing may be left of them: isolates, leases, descriptors, memory.
// Memory is judged by the slope of RSS over the second half of the run, when allocators have found their size: a
// forgotten isolate, near-cache or read chunk is far more than SLOPE a worker. A sample is off by some 10 MB, by what
// V8 has not given back yet, so a slope is a line through SAMPLES at least, never the difference of two.
import { readdirSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { openCache } from '../../dist/index.js';
import { Board } from './board.mjs';
import { startThread } from './crew.mjs';
import { makeRandom } from './random.mjs';
import { residentBytes } from './resident.mjs';
import { Faults, STALLED_AFTER, Watch } from './watch.mjs';

const AT_ONCE = 2;
const MiB = 2 ** 20;
/** Bytes a worker. */
const SLOPE = 32 * 1024;
/** What a short run may gain in all, as its slope is mostly noise. */
const NOISE = 24 * MiB;
/** Pairs of workers between two samples, where the run is long enough for SAMPLES of them. */
const SAMPLE_EVERY = 4;
/** Of which the second half is judged. */
const SAMPLES = 16;

/** Node opens a few of its own when it likes; workers that leave one each are many more. */
const SPARE_DESCRIPTORS = 3;

/** @returns {Promise<{ faults: Faults, line: string }>} */
export async function soakWorkers({ workers, seed }) {
  const faults = new Faults();
  const random = makeRandom(seed);
  const shape = { slots: AT_ONCE, keys: 256 };
  const place = Board.inMemory(shape);
  const board = new Board(shape, place);
  const name = `soak-workers-${process.pid}`;
  const options = { maxBytes: 16 * MiB, maxValueBytes: 3 * MiB, sweepInterval: 20 };
  const cache = openCache(name, options);
  const watch = new Watch('workers', board, faults);
  const every = Math.max(1, Math.min(SAMPLE_EVERY, Math.floor(workers / AT_ONCE / SAMPLES)));
  const samples = [];
  let descriptors;

  for (let started = 0; started < workers; started += AT_ONCE) {
    const crew = Array.from({ length: AT_ONCE }, (_, slot) =>
      startThread({ name, shape, place, slot, seed: seed + started + slot }, (text) =>
        faults.add(text),
      ),
    );
    await Promise.all(crew.map((member) => endSomehow(member, random, faults)));
    if (faults.isStalled) return { faults, line: watch.line(residentBytes()) };
    useHandles(name, random);
    if ((started / AT_ONCE) % every !== 0) continue;
    globalThis.gc?.();
    samples.push(residentBytes());
    watch.print(residentBytes());
    const open = openDescriptors();
    descriptors ??= open;
    if (open > descriptors + SPARE_DESCRIPTORS)
      faults.add(`${open} descriptors are open, ${descriptors} at the start`);
    checkNothingLeft(cache, faults);
  }
  const half = samples.slice(samples.length >> 1);
  const rise = slopeOf(half);
  const slope = rise / (every * AT_ONCE);
  const gained = rise * (half.length - 1);
  if (slope > SLOPE && gained > NOISE) {
    faults.add(`growth: ${Math.round(slope / 1024)} KiB a worker`);
  }
  cache.close();
  return {
    faults,
    line: `${watch.line(residentBytes())}, ${workers} workers, ${Math.round(slope / 1024)} KiB a worker`,
  };
}

// One of five is ended while it starts, one ends by itself; the others are ended after up to 30 ms of play.
async function endSomehow(member, random, faults) {
  const how = random(5);
  const after = random(30);
  member.send('go');
  if (how === 0) {
    await setTimeout(after);
    member.kill();
  } else {
    await member.ready;
    await setTimeout(after);
    if (how === 1) member.send('stop');
    else member.kill();
  }
  const end = await Promise.race([
    member.ended,
    setTimeout(STALLED_AFTER, 'nothing, it stands still', { ref: false }),
  ]);
  if (typeof end === 'string' && end.startsWith('nothing')) faults.isStalled = true;
  // One that is terminated before it runs, or after its last line, ends with 0.
  const wanted = how === 1 ? [0] : [0, 1];
  if (!wanted.includes(end)) faults.add(`worker ended with ${end}`);
}

function useHandles(name, random) {
  const handles = [openCache(name), openCache({ maxBytes: MiB })];
  for (const handle of handles) {
    for (let i = 0; i < 20; i++) {
      handle.set(`main:${i}`, Buffer.alloc(random(5000)));
      handle.get(`main:${i}`);
    }
    handle.lease('main:1')?.release();
    handle.deleteMany(Array.from({ length: 20 }, (_, i) => `main:${i}`));
    handle.close();
  }
}

function checkNothingLeft(cache, faults) {
  const { isolates, leases, bytes } = cache.stats();
  if (isolates !== 1) faults.add(`${isolates} isolates have the cache open`);
  if (leases.open !== 0) faults.add(`${leases.open} leases are open`);
  if (bytes.quarantined !== 0) faults.add(`${bytes.quarantined} bytes are in quarantine`);
  if (bytes.used > bytes.max) faults.add(`bound: ${bytes.used} bytes used of ${bytes.max}`);
}

/** Where there is /proc; else 0. */
function openDescriptors() {
  return process.platform === 'linux' ? readdirSync('/proc/self/fd').length : 0;
}

/** The rise from one sample to the next, by least squares. */
function slopeOf(samples) {
  const middle = (samples.length - 1) / 2;
  const mean = samples.reduce((sum, value) => sum + value, 0) / samples.length;
  let [above, below] = [0, 0];
  samples.forEach((value, i) => {
    above += (i - middle) * (value - mean);
    below += (i - middle) ** 2;
  });
  return below === 0 ? 0 : above / below;
}
