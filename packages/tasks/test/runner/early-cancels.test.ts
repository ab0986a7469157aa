import { expect, it } from 'vitest';
import { EarlyCancels } from '../../src/runner/early-cancels.ts';

it('a cancel is taken once, with the reason that came first', () => {
  const cancels = new EarlyCancels();
  expect(cancels.take('a')).toBeUndefined();
  cancels.note('a', 'first');
  cancels.note('a', 'second');
  expect(cancels.take('b')).toBeUndefined();
  expect(cancels.take('a')).toBe('first');
  expect(cancels.take('a')).toBeUndefined();
});

it('a cancel of a job that has ended is forgotten', () => {
  const cancels = new EarlyCancels();
  cancels.forget('a');
  cancels.note('a', 'x');
  cancels.forget('a');
  expect(cancels.take('a')).toBeUndefined();
});

it('of more than 10,000 cancels the oldest are forgotten', () => {
  const cancels = new EarlyCancels();
  for (let n = 0; n <= 10_000; n++) cancels.note(`job-${n}`, 'x');
  expect(cancels.take('job-0')).toBeUndefined();
  expect(cancels.take('job-1')).toBe('x');
  expect(cancels.take('job-10000')).toBe('x');
});
