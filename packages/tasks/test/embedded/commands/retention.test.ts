import { describe, expect, test } from 'vitest';
import { Rig } from './support/rig.ts';

describe.each(['completed', 'failed'] as const)('jobs that have %s', (target) => {
  const end = (rig: Rig, how: object): string => {
    const id = rig.add();
    rig.take();
    if (target === 'completed') rig.complete(id, how);
    else rig.fail(id, how);
    return id;
  };

  test('are not kept with count 0', () => {
    const rig = new Rig();
    const id = end(rig, { keepCount: 0 });
    expect(rig.queue.jobs.has(id)).toBe(false);
    expect([rig.store.jobCount, rig.store.bytes]).toEqual([0, 0]);
  });

  test('are kept, all of them, with count -1', () => {
    const rig = new Rig();
    for (let n = 0; n < 5; n++) end(rig, { keepCount: -1 });
    expect(rig.queue[target].size).toBe(5);
  });

  test('are kept up to a count, the newest', () => {
    const rig = new Rig();
    const ids: string[] = [];
    for (let n = 0; n < 5; n++) {
      rig.now++;
      ids.push(end(rig, { keepCount: 2 }));
    }
    expect(Array.from(rig.queue[target], ({ id }) => id)).toEqual(ids.slice(-2));
    expect(rig.store.bytes).toBe(rig.countedBytes);
  });

  test('go by age, in seconds, when another ends', () => {
    const rig = new Rig();
    const old = end(rig, { keepAge: 10 });
    rig.now += 9_999;
    end(rig, { keepAge: 10 });
    expect(rig.queue.jobs.has(old)).toBe(true);
    rig.now += 1;
    end(rig, { keepAge: 10 });
    expect(rig.queue.jobs.has(old)).toBe(false);
    expect(rig.queue[target].size).toBe(2);
  });

  test('go by age up to a limit at once', () => {
    const rig = new Rig();
    for (let n = 0; n < 5; n++) end(rig, {});
    rig.now += 60_000;
    end(rig, { keepAge: 1, keepLimit: 2 });
    expect(rig.queue[target].size).toBe(4);
  });
});

test('metrics count by the minute where the worker asks for them', () => {
  const rig = new Rig();
  const end = (maxDataPoints?: number): void => {
    const id = rig.add();
    rig.take();
    rig.complete(id, maxDataPoints === undefined ? {} : { maxDataPoints });
  };
  end();
  expect(rig.queue.metrics.completed.count).toBe(0);
  end(10);
  rig.now += 60_000;
  end(10);
  expect(rig.queue.metrics.completed).toMatchObject({ count: 2, points: [1] });
  expect(rig.queue.metrics.failed.count).toBe(0);
});
