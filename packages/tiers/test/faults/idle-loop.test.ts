// What must go on in a process that does nothing else: here there is no runner whose own work wakes the event loop.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

/** ms until the only other timer of the child fires: long, so that no busy machine comes near it. */
const IDLE = 30_000;

/** Runs a module in a process of its own, over the compiled sources. @returns the ms that it printed */
async function msIn(script: string): Promise<number> {
  const dist = new URL('../../dist/faults/', import.meta.url).href;
  const source = `
    import { createGuard } from '${dist}create-guard.js';
    import { WriteBehind } from '${dist}write-behind.js';
    const idle = setTimeout(() => {}, ${IDLE});
    await new Promise((resolve) => setTimeout(resolve, 50));
    const start = performance.now();
    ${script}
    console.log(performance.now() - start);
    clearTimeout(idle);`;
  const args = ['--input-type=module', '--eval', source];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  return Number(stdout);
}

describe('an event loop without other work', () => {
  it('ends a call whose deadline passed while the loop was held', async () => {
    const ms = await msIn(`
      const nothing = () => Promise.resolve();
      const guard = createGuard({ deadline: 20, faultOf: () => 'down', ping: nothing,
        probeWrite: nothing, reset() {}, mono: () => performance.now(), now: Date.now, onChange() {} });
      const call = guard.read(() => new Promise(() => {}));
      // Not a busy loop: what V8 compiles meanwhile would wake the event loop.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 60);
      await call;
      guard.close();`);
    expect(ms).toBeGreaterThanOrEqual(60);
    expect(ms).toBeLessThan(IDLE - 500);
  });

  it('flushes a full batch of a write-behind queue', async () => {
    const ms = await msIn(`
      let flushed;
      const isFlushed = new Promise((resolve) => (flushed = resolve));
      const queue = new WriteBehind({ maxBatch: 1, interval: ${10 * IDLE}, sizeOf: () => 1,
        flush: async () => flushed() });
      queue.put('a', 1);
      await isFlushed;
      queue.close();`);
    expect(ms).toBeLessThan(IDLE - 500);
  });
});
