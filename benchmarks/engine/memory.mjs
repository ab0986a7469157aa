// One competitor filled with `count` entries in a process of its own (node --expose-gc): resident bytes per entry, CPU
// time of the fill, and the pauses of forced full collections. Keys are made on the way and not kept by the benchmark.
import { constants, PerformanceObserver } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';

import { answer, readTask } from '../lib/child.mjs';
import { processCpu, threadCpu } from '../lib/clocks.mjs';
import { seeded } from '../lib/random.mjs';
import { median } from '../lib/statistics.mjs';
import { fillValue, freshKey, keySuffix, sameBytes } from './data.mjs';
import { openStore } from './stores.mjs';

const SAMPLES = 2000;

const task = readTask();
const { count, size } = task;
const pauses = [];
const observer = new PerformanceObserver((list) => {
  for (const { duration, detail } of list.getEntries())
    pauses.push({ duration, kind: detail.kind });
});
observer.observe({ entryTypes: ['gc'] });

const copies = /lru|map/.test(task.competitor);
const scratch = new Uint8Array(size);
const opened = await openStore({
  ...task,
  capacity: count,
  hot: 512,
  bytes: Math.ceil((count * (size + 384)) / 2 ** 20) * 2 ** 20,
});
await settle();
const baseline = process.memoryUsage.rss();

const thread = threadCpu();
const whole = processCpu();
for (let id = 0; id < count; id++) {
  stamp(scratch, id);
  opened.put(freshKey(keySuffix(id)), copies ? Buffer.from(scratch) : scratch);
}
const fillThreadNs = (threadCpu() - thread) / count;
const fillProcessNs = (processCpu() - whole) / count;
await delay(0);
const longestFillPause = Math.max(0, ...pauses.map((pause) => pause.duration));

pauses.length = 0;
await settle();
const rss = process.memoryUsage.rss() - baseline;
const full = pauses
  .filter((pause) => pause.kind === constants.NODE_PERFORMANCE_GC_MAJOR)
  .map((pause) => pause.duration);
if (full.length < 5) throw new Error(`expected 5 full collections, observed ${full.length}`);
verify();
answer({
  rssPerEntry: rss / count,
  longestFullGcMs: Math.max(...full),
  medianFullGcMs: median(full),
  longestFillGcMs: longestFillPause,
  fillThreadNs,
  fillProcessNs,
});
process.exit(0);

/** Full collections until memory is at rest; their pauses arrive at the observer in later turns. */
async function settle() {
  for (let run = 0; run < 5; run++) {
    globalThis.gc();
    await delay(10);
  }
}

/** Cheap values that tell their key: the id in the first eight bytes, a pattern behind. */
function stamp(value, id) {
  if (id === 0) fillValue(value, 0);
  value[0] = id;
  value[1] = id >>> 8;
  value[2] = id >>> 16;
  value[3] = id >>> 24;
  return value;
}

function verify() {
  const random = seeded(3);
  const expected = fillValue(new Uint8Array(size), 0);
  for (let sample = 0; sample < SAMPLES; sample++) {
    const id = sample === 0 ? 0 : Math.floor(random() * count);
    sameBytes(opened.read(freshKey(keySuffix(id))), stampOnly(expected, id), `entry ${id}`);
  }
  const held = opened.store.stats ? opened.store.stats().entries : opened.store.size;
  if (held !== count) throw new Error(`expected ${count} entries, found ${held}`);
}

function stampOnly(value, id) {
  value[0] = id;
  value[1] = id >>> 8;
  value[2] = id >>> 16;
  value[3] = id >>> 24;
  return value;
}
