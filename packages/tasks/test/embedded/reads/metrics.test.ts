import { describe, expect, it } from 'vitest';
import { collectMetrics } from '../../../src/embedded/commands/_collect-metrics.ts';
import { makeQueue } from '../../../src/embedded/engine/make-queue.ts';
import { getMetrics } from '../../../src/embedded/reads/get-metrics.ts';

const MINUTE = 60_000;

function finishedAt(maxDataPoints: number, ...times: number[]) {
  const queue = makeQueue('q', 'bull');
  for (const time of times) collectMetrics(queue.metrics.completed, maxDataPoints, time);
  return queue;
}

describe('metrics', () => {
  it('are empty before the first job', () => {
    expect(getMetrics(finishedAt(10), 'completed')).toEqual([[], [], 0]);
  });

  it('count the jobs of a minute once it is over', () => {
    const queue = finishedAt(10, 0, 1, 2, MINUTE);
    expect(getMetrics(queue, 'completed')).toEqual([['4', String(MINUTE), '3'], ['3'], 1]);
  });

  it('give the newest minute first, with zeros for those without a job', () => {
    const queue = finishedAt(10, 0, 1, MINUTE, 4 * MINUTE);
    expect(getMetrics(queue, 'completed')[1]).toEqual(['0', '0', '1', '2']);
  });

  it('keep at most maxDataPoints minutes', () => {
    const queue = finishedAt(2, 0, MINUTE, 2 * MINUTE, 3 * MINUTE);
    expect(getMetrics(queue, 'completed')[1]).toEqual(['1', '1']);
    expect(getMetrics(finishedAt(2, 0, 1, 90 * MINUTE), 'completed')[1]).toEqual(['0', '2']);
  });

  it('answer a page of the points and how many there are', () => {
    const queue = finishedAt(10, 0, 1, MINUTE, 4 * MINUTE);
    expect(getMetrics(queue, 'completed', 1, 2).slice(1)).toEqual([['0', '1'], 4]);
  });

  it('count completed and failed apart', () => {
    expect(getMetrics(finishedAt(10, 0, MINUTE), 'failed')[2]).toBe(0);
  });
});
