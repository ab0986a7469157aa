import { setImmediate as turn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it, onTestFinished, vi } from 'vitest';
import { LoopWatch } from '../../src/read/loop.ts';

function watch(): LoopWatch {
  const loop = new LoopWatch();
  onTestFinished(() => loop.close());
  return loop;
}

/** Keeps the loop busy. */
function block(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

/** Collects garbage now. */
function collect(): void {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
}

it('tells how long the loop was blocked, beyond what was asked', async () => {
  const loop = watch();
  await vi.waitFor(async () => {
    block(120);
    await turn();
    await turn();
    expect(loop.read(false).delay.maxMs).toBeGreaterThan(60);
  });
});

it('tells of the time since the last reading alone', async () => {
  const loop = watch();
  await vi.waitFor(async () => {
    block(500);
    await turn();
    await turn();
    expect(loop.read(false).delay.maxMs).toBeGreaterThan(400);
  });
  const { delay } = loop.read(false);
  expect(delay.maxMs).toBeLessThan(400);
  expect(delay.p50Ms).toBeGreaterThanOrEqual(0);
});

it('tells the minute of what watchers have read before', async () => {
  const loop = watch();
  await vi.waitFor(async () => {
    block(300);
    await turn();
    await turn();
    expect(loop.read(true).delay.maxMs).toBeGreaterThan(200);
  });
  expect(loop.read(true).delay.maxMs).toBeLessThan(200);
  expect(loop.read(false).delay.maxMs).toBeGreaterThan(200);
  expect(loop.read(false).delay.maxMs).toBeLessThan(200);
});

it('tells the share of the time that the loop was busy', async () => {
  const loop = watch();
  loop.read(false);
  block(50);
  const { utilization } = loop.read(false);
  expect(utilization).toBeGreaterThan(0);
  expect(utilization).toBeLessThanOrEqual(1);
});

it('counts garbage collections once somebody looks', async () => {
  const loop = watch();
  collect();
  await turn();
  expect(loop.read(false).gc).toEqual({ count: 0, totalMs: 0 });
  loop.read(true);
  collect();
  await vi.waitFor(() => {
    const { gc } = loop.read(true);
    expect(gc.count).toBeGreaterThan(0);
    expect(gc.totalMs).toBeGreaterThan(0);
  });
});

it('observes them no longer once nobody has looked for five minutes, and keeps the count', async () => {
  const loop = watch();
  loop.read(true);
  collect();
  await vi.waitFor(() => expect(loop.read(true).gc.count).toBeGreaterThan(0));
  const now = performance.now();
  vi.spyOn(performance, 'now').mockImplementation(() => now + 300_001);
  onTestFinished(() => void vi.restoreAllMocks());
  const { count } = loop.read(false).gc;
  collect();
  for (let i = 0; i < 5; i++) await turn();
  expect(loop.read(false).gc.count).toBe(count);
  expect(count).toBeGreaterThan(0);
});
