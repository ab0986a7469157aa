import { describe, expect, test } from 'vitest';
import {
  attemptFieldsOf,
  finishOf,
  jsonOf,
  newJobOf,
  textOf,
  workerOf,
} from '../../../src/embedded/backend/arguments.ts';
import type { JobJson, MinimalJob } from 'bullmq';
import type { BackendOptions } from '../../../src/embedded/backend/arguments.ts';

const JOB = { name: 'job', data: '{"a":1}', opts: { attempts: 3 }, timestamp: 7 } as JobJson;
const CONNECTION = { connection: {} };

describe('a new job', () => {
  test('is what it says, with its options as text', () => {
    expect(newJobOf(JOB, undefined)).toEqual({
      name: 'job',
      data: '{"a":1}',
      options: '{"attempts":3}',
      timestamp: 7,
    });
  });

  test('has an id only where one was given', () => {
    expect(newJobOf(JOB, 'mine').id).toBe('mine');
    expect(newJobOf(JOB, '').id).toBeUndefined();
  });

  test('has what few jobs have', () => {
    const job = {
      ...JOB,
      parentKey: 'bull:q:p',
      parent: { id: 'p', queueKey: 'bull:q' },
      repeatJobKey: 'daily',
      deduplicationId: 'same',
    };
    expect(newJobOf(job, 'mine', { addToWaitingChildren: true })).toMatchObject({
      parentKey: 'bull:q:p',
      parent: '{"id":"p","queueKey":"bull:q"}',
      repeatJobKey: 'daily',
      deduplicationId: 'same',
      toWaitingChildren: true,
    });
  });

  test('changes no more when its options do', () => {
    const opts = { priority: 1 };
    const made = newJobOf({ ...JOB, opts }, undefined);
    opts.priority = 2;
    expect(made.options).toBe('{"priority":1}');
  });
});

test('what has to be a text is one, whatever a caller without types gives, as on Redis', () => {
  const job = { ...JOB, name: 7, deduplicationId: 5 } as unknown as JobJson;
  expect(newJobOf(job, undefined)).toMatchObject({ name: '7', deduplicationId: '5' });
  expect(attemptFieldsOf({ failedReason: 5 })).toEqual({ failedReason: '5' });
  expect([null, undefined, false, 'a'].map(textOf)).toEqual(['', '', 'false', 'a']);
});

describe('a worker', () => {
  test('says its name and its rate limit', () => {
    const options: BackendOptions = { ...CONNECTION, limiter: { max: 3, duration: 500 } };
    expect(workerOf(options, 'me')).toEqual({ name: 'me', limitMax: 3, limitDuration: 500 });
    expect(workerOf(CONNECTION, undefined)).toEqual({});
    expect(workerOf(CONNECTION, 'me')).toEqual({ name: 'me' });
  });
});

describe('the end of a job', () => {
  const job = { opts: { attempts: 4 } } as MinimalJob;
  const how = (keep: Parameters<typeof finishOf>[2], options: object = {}): unknown =>
    finishOf({ ...CONNECTION, ...options }, job, keep, { count: 9 }, 'token', true);

  test.each([
    [undefined, { keepCount: 9 }],
    [true, { keepCount: 0 }],
    [false, { keepCount: -1 }],
    [5, { keepCount: 5 }],
    [{ age: 60 }, { keepAge: 60 }],
    [
      { age: 60, count: 7, limit: 2 },
      { keepAge: 60, keepCount: 7, keepLimit: 2 },
    ],
  ])('keeps as the job says, %j, or else as the worker does', (keep, expected) => {
    expect(how(keep)).toEqual({
      token: 'token',
      fetchNext: true,
      worker: {},
      attempts: 4,
      ...expected,
    });
  });

  test('keeps all where nobody says anything', () => {
    expect(finishOf(CONNECTION, job, undefined, undefined, 't', false)).toMatchObject({
      keepCount: -1,
      fetchNext: false,
    });
  });

  test('is counted where the worker asks for metrics', () => {
    expect(how(true, { metrics: { maxDataPoints: 5 } })).toMatchObject({ maxDataPoints: 5 });
    expect(how(true, { metrics: { maxDataPoints: 0 } })).not.toHaveProperty('maxDataPoints');
  });

  test('says by whom the next one is asked for', () => {
    expect(how(true, { name: 'me' })).toMatchObject({ worker: { name: 'me' } });
  });
});

test('an attempt leaves a reason and a trace, nothing else', () => {
  expect(attemptFieldsOf(undefined)).toEqual({});
  expect(attemptFieldsOf({ failedReason: undefined, tm: 'x' })).toEqual({});
  expect(attemptFieldsOf({ failedReason: 'why', stacktrace: '[]', tm: 'x' })).toEqual({
    failedReason: 'why',
    stacktrace: '[]',
  });
});

test('what goes into a log is JSON', () => {
  expect(jsonOf({ at: new Date(0), none: undefined })).toEqual({ at: '1970-01-01T00:00:00.000Z' });
  expect(jsonOf(undefined)).toBeUndefined();
});
