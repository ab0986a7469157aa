import { availableParallelism } from 'node:os';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { defineTask } from '../../src/define/define-task.ts';
import { registryOf } from '../../src/define/registry.ts';
import type { AnyTask } from '../../src/define/types.ts';

const handler = (): void => undefined;

function task(name: string, options: object = {}): AnyTask {
  return defineTask({ name, schema: z.any(), handler, ...options } as never);
}

describe('registryOf', () => {
  test('finds tasks by name', () => {
    const mail = task('mail');
    const registry = registryOf([mail, task('report')]);
    expect(registry.get('mail')).toBe(mail);
    expect(registry.require(mail)).toBe(mail);
    expect(registry.has('report')).toBe(true);
    expect(registry.has('else')).toBe(false);
    expect(() => registry.get('else')).toThrow(
      expect.objectContaining({ code: 'CATZ_TASKS_UNKNOWN_TASK' }) as Error,
    );
  });

  test('tells two tasks of one name apart', () => {
    const registry = registryOf([task('mail')]);
    expect(() => registry.require(task('mail'))).toThrow(
      'expected task this mail to be registered',
    );
    expect(() => registry.require('mail')).toThrow(
      expect.objectContaining({ code: 'CATZ_TASKS_OPTIONS' }) as Error,
    );
  });

  test('refuses a name that comes twice with CATZ_TASKS_DUPLICATE_TASK', () => {
    expect(() => registryOf([task('mail'), task('mail')])).toThrow(
      expect.objectContaining({ code: 'CATZ_TASKS_DUPLICATE_TASK' }) as Error,
    );
  });

  test.each([undefined, 'mail', [{ name: 'mail' }], [undefined]])('refuses %o', (tasks) => {
    expect(() => registryOf(tasks)).toThrow(
      expect.objectContaining({ code: 'CATZ_TASKS_OPTIONS' }) as Error,
    );
  });

  test('plans the queues that tasks share', () => {
    const { queues } = registryOf([
      task('a'),
      task('b'),
      task('c', { concurrency: 3, rateLimit: { max: 5, duration: 1_000 } }),
      task('d', { queue: 'c' }),
      task('e', { handler: undefined, file: new URL('file:///e.js') }),
    ]);
    expect(queues.map(({ name, tasks }) => [name, tasks.map((each) => each.name)])).toEqual([
      ['default', ['a', 'b']],
      ['c', ['c', 'd']],
      ['e', ['e']],
    ]);
    expect(queues).toMatchObject([
      { concurrency: { min: 1, max: 50 }, rateLimit: undefined, inThreads: false },
      {
        concurrency: { min: 3, max: 3 },
        rateLimit: { max: 5, duration: 1_000 },
        inThreads: false,
      },
      {
        concurrency: { min: 1, max: Math.max(1, availableParallelism() - 1) },
        rateLimit: undefined,
        inThreads: true,
      },
    ]);
  });

  test('refuses two schedules of one key in a queue, naming it', () => {
    const schedule = { key: 'nightly', cron: '0 3 * * *', payload: {} };
    const tasks = [task('a', { schedule }), task('b', { schedule })];
    expect(() => registryOf(tasks)).toThrow(
      expect.objectContaining({
        code: 'CATZ_TASKS_OPTIONS',
        message:
          'expected schedules of queue default to have a key of their own each, got nightly twice',
      }) as Error,
    );
    expect(() => registryOf([tasks[0], task('b', { schedule, queue: 'apart' })])).not.toThrow();
  });

  test.each([
    ['concurrency', [{ concurrency: 1 }, { concurrency: 2 }]],
    ['rateLimit', [{ rateLimit: { max: 1, duration: 1 } }, { rateLimit: { max: 2, duration: 1 } }]],
    ['not both', [{}, { handler: undefined, file: new URL('file:///e.js') }]],
  ])('refuses tasks of one queue that do not agree: %s', (said, [first, second]) => {
    const both = [task('a', { queue: 'q', ...first }), task('b', { queue: 'q', ...second })];
    expect(() => registryOf(both)).toThrow(said);
  });
});
