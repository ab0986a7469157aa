import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { defineTask, isTask } from '../../src/define/define-task.ts';
import type { TaskOptions } from '../../src/define/types.ts';

const schema = z.object({ n: z.number() });
const handler = (): string => 'done';

function define(options: object = {}): ReturnType<typeof defineTask> {
  return defineTask({ name: 'mail', schema, handler, ...options } as never);
}

describe('defineTask', () => {
  test('fills in every default, and freezes the task', () => {
    const task = define();
    expect(task).toMatchObject({
      name: 'mail',
      version: 1,
      queue: 'default',
      priority: 10,
      retry: {
        attempts: 3,
        backoff: 'exponential',
        delay: 1_000,
        maxDelay: 300_000,
        jitter: 0.2,
        when: undefined,
      },
      timeout: 30_000,
      abandonAfter: 30_000,
      concurrency: undefined,
      rateLimit: undefined,
      idempotencyTtl: 86_400_000,
      uniqueMode: 'queued',
      deadLetter: true,
      keep: {
        completed: { count: 1_000, age: 3_600_000 },
        failed: { count: 10_000, age: 604_800_000 },
      },
      maxPayloadBytes: 1_048_576,
      schedules: [],
    });
    expect(Object.isFrozen(task)).toBe(true);
    expect(Object.isFrozen(task.retry)).toBe(true);
  });

  test('knows its tasks from other objects', () => {
    expect(isTask(define())).toBe(true);
    expect(isTask({ ...define(), name: 'copy' })).toBe(true);
    expect(isTask({ name: 'mail' })).toBe(false);
    expect(isTask(undefined)).toBe(false);
  });

  test('keeps what was given', () => {
    const when = (): boolean => true;
    const migrate = (payload: unknown): unknown => payload;
    const task = define({
      version: 3,
      migrate,
      priority: 'critical',
      retry: { attempts: 5, backoff: 'fixed', delay: 7, maxDelay: 8, jitter: 0, when },
      timeout: false,
      abandonAfter: false,
      deadLetter: false,
      keep: { completed: false, failed: { count: Infinity, age: Infinity } },
      maxPayloadBytes: 100,
    });
    expect(task).toMatchObject({
      version: 3,
      migrate,
      priority: 1,
      retry: { attempts: 5, backoff: 'fixed', delay: 7, maxDelay: 8, jitter: 0, when },
      timeout: false,
      abandonAfter: false,
      deadLetter: false,
      keep: { completed: false, failed: { count: Infinity, age: Infinity } },
      maxPayloadBytes: 100,
    });
    expect(define({ retry: false }).retry.attempts).toBe(1);
  });

  test.each([
    ['critical', 1],
    ['high', 5],
    ['normal', 10],
    ['low', 20],
    [1, 1],
    [2_097_151, 2_097_151],
  ])('takes priority %s as %i', (priority, expected) => {
    expect(define({ priority }).priority).toBe(expected);
  });

  test.each([0, -1, 1.5, 2_097_152, NaN, 'urgent', 'toString', null])(
    'refuses priority %s with CATZ_TASKS_PRIORITY',
    (priority) => {
      expect(() => define({ priority })).toThrow(
        expect.objectContaining({ code: 'CATZ_TASKS_PRIORITY' }) as Error,
      );
    },
  );

  test.each([
    [{ concurrency: 4 }, { min: 4, max: 4 }],
    [{ concurrency: { min: 2, max: 6 } }, { min: 2, max: 6 }],
    [{ rateLimit: { max: 1, duration: 100 } }, undefined],
  ])('has a queue of its own with %o', (options, concurrency) => {
    expect(define(options)).toMatchObject({ queue: 'mail', concurrency });
    expect(define({ ...options, queue: 'shared' }).queue).toBe('shared');
  });

  test('has a queue of its own with file', () => {
    const file = new URL('file:///work.js');
    expect(define({ handler: undefined, file })).toMatchObject({ queue: 'mail', file });
  });

  test('has a list of schedules, each with a key', () => {
    const { schedules } = define({
      schedule: [
        { cron: '0 3 * * *', tz: 'Europe/Berlin', payload: { n: 1 } },
        {
          key: 'often',
          every: 1_000,
          payload: { n: 2 },
          jitter: 5,
          overlap: 'allow',
          missed: 'skip',
          limit: 3,
          startDate: new Date(1_000),
          endDate: 2_000,
        },
      ],
    });
    expect(schedules).toEqual([
      {
        key: 'mail',
        payload: { n: 1 },
        cron: '0 3 * * *',
        every: undefined,
        tz: 'Europe/Berlin',
        jitter: 0,
        overlap: 'skip',
        missed: 'one',
        limit: undefined,
        startDate: undefined,
        endDate: undefined,
      },
      {
        key: 'often',
        payload: { n: 2 },
        cron: undefined,
        every: 1_000,
        tz: 'UTC',
        jitter: 5,
        overlap: 'allow',
        missed: 'skip',
        limit: 3,
        startDate: 1_000,
        endDate: 2_000,
      },
    ]);
    expect(define({ schedule: { every: 5, payload: { n: 1 } } }).schedules).toHaveLength(1);
  });

  test.each<[string, Partial<Record<keyof TaskOptions<never> | 'handler' | 'file', unknown>>]>([
    ['name', { name: 'a b' }],
    ['name', { name: '' }],
    ['name', { name: 'x'.repeat(129) }],
    ['version', { version: 0 }],
    ['migrate', { migrate: 'no' }],
    ['exactly one of handler and file', { handler: undefined }],
    ['exactly one of handler and file', { file: new URL('file:///a.js') }],
    ['a file: URL', { handler: undefined, file: new URL('https://example.org/a.js') }],
    ['queue', { queue: 'a:b' }],
    ['does not end with .dead', { queue: 'mail.dead' }],
    ['retry', { retry: 3 }],
    ['retry.attempts', { retry: { attempts: 0 } }],
    ['retry.jitter', { retry: { jitter: 2 } }],
    ['did you mean maxDelay', { retry: { maxdelay: 2 } }],
    ['timeout', { timeout: 0 }],
    ['abandonAfter', { abandonAfter: -1 }],
    ['concurrency', { concurrency: 0 }],
    ['concurrency.max to be at least min, 3', { concurrency: { min: 3, max: 2 } }],
    ['rateLimit.max', { rateLimit: { max: 0, duration: 1 } }],
    ['at most one of idempotencyKey and unique', { idempotencyKey: handler, unique: handler }],
    ['idempotencyTtl', { idempotencyTtl: 0 }],
    ['debounce exactly where', { unique: handler, uniqueMode: 'debounce' }],
    ['debounce exactly where', { unique: handler, debounce: 5 }],
    ['expected unique', { uniqueMode: 'latest' }],
    ['uniqueMode', { unique: handler, uniqueMode: 'sometimes' }],
    ['deadLetter', { deadLetter: 'yes' }],
    ['keep.completed.count', { keep: { completed: { count: 0 } } }],
    ['keep.failed.age', { keep: { failed: { age: 5 } } }],
    ['maxPayloadBytes', { maxPayloadBytes: 0 }],
    ['exactly one of cron and every', { schedule: { payload: {} } }],
    ['exactly one of cron and every', { schedule: { cron: '* * * * *', every: 1, payload: {} } }],
    ['schedule.tz', { schedule: { cron: '* * * * *', tz: 'Mars/Olympus', payload: {} } }],
    ['schedule.key', { schedule: { key: 'a:b', every: 1, payload: {} } }],
    ['schedule.startDate', { schedule: { every: 1, payload: {}, startDate: new Date(NaN) } }],
    ['endDate to be after', { schedule: { every: 1, payload: {}, startDate: 2, endDate: 1 } }],
    [
      'a key of its own',
      {
        schedule: [
          { every: 1, payload: {} },
          { every: 2, payload: {} },
        ],
      },
    ],
    ['did you mean timeout', { timeOut: 5 } as never],
  ])('refuses a wrong option with CATZ_TASKS_OPTIONS that names %s', (named, options) => {
    expect(() => define(options)).toThrow(
      expect.objectContaining({
        code: 'CATZ_TASKS_OPTIONS',
        message: expect.stringContaining(named) as string,
      }) as Error,
    );
  });

  test('names the task in messages, where its name can be read', () => {
    expect(() => define({ timeout: -1 })).toThrow(/^expected task mail\.timeout to be/);
    expect(() => define({ name: 'a b' })).toThrow(/^expected task\.name to be a name/);
    expect(() => defineTask(undefined as never)).toThrow('expected task.name');
    expect(() => defineTask({ name: 'a', schema: 1, handler } as never)).toThrow('a schema');
  });
});
