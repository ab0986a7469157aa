// Times one loop in a process of its own. The loop is the only caller of the operation in this process, so inline
// caches see one shape; a fresh process per competitor and round is what keeps competitors from spoiling each other.
import { setImmediate as turn } from 'node:timers/promises';

import { processCpu, threadCpu } from './clocks.mjs';
import { median } from './statistics.mjs';

/**
 * Runs `loop(count)` for a warm-up and then for blocks, with one turn of the event loop between blocks.
 * @param loop does `count` operations and returns a checksum (or a promise of one)
 * @param expect the checksum that `count` operations must give; a mismatch is an error
 * @param options.unit operations are done in multiples of this
 * @param options.warm warm-up, ms of wall time
 * @param options.window measured time, ms of wall time, cut into `blocks`
 * @returns per-operation ns: threadNs (whole window), processNs (whole window), wallNs (median of blocks), and ops
 */
export async function measure(loop, expect, { unit, warm, window, blocks = 8 }) {
  const perBlock = await calibrate(loop, expect, unit, warm, window / blocks);
  const walls = [];
  const thread = threadCpu();
  const whole = processCpu();
  for (let block = 0; block < blocks; block++) {
    const start = performance.now();
    const sum = await loop(perBlock);
    walls.push(((performance.now() - start) * 1e6) / perBlock);
    check(sum, expect(perBlock));
    await turn();
  }
  const ops = perBlock * blocks;
  return {
    threadNs: (threadCpu() - thread) / ops,
    processNs: (processCpu() - whole) / ops,
    wallNs: median(walls),
    ops,
  };
}

async function calibrate(loop, expect, unit, warm, blockTime) {
  const end = performance.now() + warm;
  let count = unit;
  let speed = 0;
  do {
    const start = performance.now();
    check(await loop(count), expect(count));
    const elapsed = performance.now() - start;
    speed = count / Math.max(elapsed, 0.01);
    if (elapsed < blockTime / 2) count *= 2;
    await turn();
  } while (performance.now() < end);
  return Math.max(unit, Math.round((speed * blockTime) / unit) * unit);
}

function check(sum, expected) {
  if (sum !== expected) throw new Error(`wrong checksum: expected ${expected}, got ${sum}`);
}
