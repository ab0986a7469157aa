// Errors as they arrive in another thread.
import { expect, it } from 'vitest';
import { errors } from '../../../src/errors.ts';
import { packError, unpackError } from '../../../src/embedded/threads/crossed-error.ts';

const cross = (thrown: unknown): Error => unpackError(structuredClone(packError(thrown)));

it('keeps message, code, status, stack and class of one of ours', () => {
  const error = new errors.QUEUE_FULL('3 jobs', 'maxJobs 3');
  const arrived = cross(error);
  expect(arrived).toBeInstanceOf(errors.QUEUE_FULL);
  expect(arrived).toBeInstanceOf(Error);
  expect(arrived).toMatchObject({ code: 'CATZ_TASKS_QUEUE_FULL', statusCode: 503 });
  expect([arrived.message, arrived.stack, arrived.name, String(arrived)]).toStrictEqual([
    error.message,
    error.stack,
    error.name,
    String(error),
  ]);
});

it('keeps TypeError and RangeError what they are', () => {
  expect(cross(new errors.OPTIONS('no'))).toBeInstanceOf(TypeError);
  expect(cross(new TypeError('no'))).toBeInstanceOf(TypeError);
  expect(cross(new RangeError('no'))).toBeInstanceOf(RangeError);
  expect(cross(new Error('no'))).not.toBeInstanceOf(TypeError);
});

it('keeps the fields of an error of the system, and the codes of BullMQ, which are numbers', () => {
  const fault = Object.assign(new Error('EACCES: permission denied'), {
    errno: -13,
    code: 'EACCES',
    path: '/x',
    callback: () => 1,
    nested: { not: 'sent' },
  });
  expect(Object.entries(cross(fault))).toStrictEqual([
    ['errno', -13],
    ['code', 'EACCES'],
    ['path', '/x'],
  ]);
  expect(cross(Object.assign(new Error('missing'), { code: -1 }))).toMatchObject({ code: -1 });
});

it('keeps names, and the chain of causes, but not for ever', () => {
  const named = new Error('outer', { cause: new RangeError('inner', { cause: 'a text' }) });
  named.name = 'MyError';
  const arrived = cross(named);
  expect(arrived.name).toBe('MyError');
  expect(Object.keys(arrived)).toStrictEqual([]);
  expect(arrived.cause).toBeInstanceOf(RangeError);
  expect(((arrived.cause as Error).cause as Error).message).toBe('a text');
  const round = new Error('round');
  round.cause = round;
  let depth = 0;
  for (let one: unknown = cross(round); one instanceof Error; one = one.cause) depth++;
  expect(depth).toBe(9);
});

it('makes an error of what is none', () => {
  expect(cross('a text').message).toBe('a text');
});
