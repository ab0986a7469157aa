import { ErrorCode } from 'bullmq';
import { expect, test } from 'vitest';
import { CODES, failure } from '../../../src/embedded/commands/_failure.ts';

test('the codes are those of BullMQ', () => {
  const ours = Object.entries(CODES).map(([name, code]) => [name.toLowerCase(), code]);
  const theirs = Object.entries(ErrorCode)
    .filter(([, code]) => typeof code === 'number')
    .map(([name, code]) => [name.toLowerCase(), code]);
  expect(ours).toEqual(theirs);
});

test.each(Object.entries(CODES))('%s says what it is about', (_name, code) => {
  const site = { command: 'member', jobId: 'j1', parentKey: 'p1', state: 'active' };
  const error = failure(code, site);
  expect(error.code).toBe(code);
  expect(error.message).toMatch(/member$/);
  if (code > -10) expect(error.message).toMatch(/j1|p1/);
});

test('a job with failed children is not worth a retry', () => {
  expect(failure(CODES.jobHasFailedChildren, { command: 'x' }).name).toBe('UnrecoverableError');
  expect(failure(CODES.jobNotExist, { command: 'x' }).name).toBe('Error');
});
