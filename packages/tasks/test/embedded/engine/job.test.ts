import { describe, expect, test } from 'vitest';
import { Job } from '../../../src/embedded/engine/job.ts';
import { toJobJson } from '../../../src/embedded/engine/job-json.ts';

const OPTIONS = { json: '{}', value: {}, isFlat: true };
const make = (timestamp = 0): Job => new Job('id', 'name', '{}', OPTIONS, timestamp);

/** Members, what they are before a start, and something else. */
const STARTED = [
  ['attemptsMade', 0, 2],
  ['attemptsStarted', 0, 3],
  ['stalledCounter', 0, 1],
  ['processedOn', 0, 1_700_000_000_000],
  ['finishedOn', 0, 1_700_000_000_001],
  ['progress', undefined, '5'],
  ['returnValue', undefined, '"done"'],
  ['failedReason', undefined, 'why'],
  ['stacktrace', undefined, '[]'],
  ['lock', undefined, { token: 't', owner: undefined }],
] as const;

test('a job that was not started carries nothing of a start, whatever is reset on it', () => {
  const job = make();
  for (const [member, before] of STARTED) {
    Object.assign(job, { [member]: before });
    expect(job[member]).toBe(before);
  }
  expect(job.ran).toBeUndefined();
});

describe.each(STARTED)('%s', (member, before, value) => {
  test('is what it was set to, and can be reset', () => {
    const job = make();
    Object.assign(job, { [member]: value });
    expect(job[member]).toBe(value);
    for (const [other, unset] of STARTED) if (other !== member) expect(job[other]).toBe(unset);
    Object.assign(job, { [member]: before });
    expect(job[member]).toBe(before);
  });
});

test.each([0, 1, Date.now(), Date.now() + 0.25, 8_640_000_000_000_000, -5])(
  'the timestamp %d is kept exactly',
  (timestamp) => {
    expect(make(timestamp).timestamp).toBe(timestamp);
    const job = make();
    job.timestamp = timestamp;
    expect(job.timestamp).toBe(timestamp);
  },
);

test('what BullMQ gets of a job leaves out what it does not have', () => {
  expect(toJobJson(make(7))).toEqual({
    id: 'id',
    name: 'name',
    data: '{}',
    opts: {},
    progress: 0,
    delay: 0,
    priority: 0,
    timestamp: 7,
    attemptsStarted: 0,
    attemptsMade: 0,
    stalledCounter: 0,
  });
});

test('what BullMQ gets of a job has all that it has', () => {
  const job = make(7);
  for (const [member, , value] of STARTED) Object.assign(job, { [member]: value });
  job.rare = {
    parentKey: 'bull:q:p',
    parent: '{"id":"p","queueKey":"bull:q"}',
    deduplicationId: 'same',
    repeatJobKey: 'daily',
    deferredFailure: 'child failed',
    processedBy: 'worker',
  };
  expect(toJobJson(job)).toMatchObject({
    attemptsMade: 2,
    attemptsStarted: 3,
    stalledCounter: 1,
    processedOn: 1_700_000_000_000,
    finishedOn: 1_700_000_000_001,
    progress: 5,
    returnvalue: '"done"',
    failedReason: 'why',
    stacktrace: '[]',
    parentKey: 'bull:q:p',
    parent: { id: 'p', queueKey: 'bull:q' },
    deduplicationId: 'same',
    repeatJobKey: 'daily',
    deferredFailure: 'child failed',
    processedBy: 'worker',
  });
});
