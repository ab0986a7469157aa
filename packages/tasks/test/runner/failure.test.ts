import { expect, it } from 'vitest';
import { RateLimitError } from 'bullmq';
import { errors } from '../../src/errors.ts';
import { codeOf, errorChain, messageOf } from '../../src/runner/error-texts.ts';
import { AttemptFailure, reasonOf, timesIn } from '../../src/runner/failure.ts';
import { retryDelay } from '../../src/runner/retry-delay.ts';
import { fromWire, toWire } from '../../src/runner/threads/message.ts';

const backoff = {
  type: 'catz',
  kind: 'exponential',
  delay: 100,
  maxDelay: 1_000,
  jitter: 0,
} as const;

it('the wait doubles up to maxDelay, also after very many attempts', () => {
  const waits = [1, 2, 3, 4, 5, 5_000].map((failed) => retryDelay(backoff, failed, 0.5));
  expect(waits).toEqual([100, 200, 400, 800, 1_000, 1_000]);
  expect(retryDelay({ ...backoff, kind: 'fixed' }, 9, 0.5)).toBe(100);
});

it('jitter is the part of the wait that is random', () => {
  const shaky = { ...backoff, jitter: 0.5 };
  expect(retryDelay(shaky, 2, 0)).toBe(100);
  expect(retryDelay(shaky, 2, 0.5)).toBe(150);
  expect(retryDelay(shaky, 2, 0.999)).toBe(200);
  expect(retryDelay({ ...backoff, jitter: 1 }, 1, 0)).toBe(0);
});

it('a failure carries the times of its attempt in its stack', () => {
  const first = new AttemptFailure(new Error('a'), 1, { startedAt: 5, endedAt: 9 }, 100);
  const last = new AttemptFailure('b', 2, { startedAt: 109, endedAt: 110 }, undefined);
  expect(first).toMatchObject({ message: 'a', name: 'AttemptFailure', delay: 100 });
  expect(last).toMatchObject({ message: 'b', name: 'UnrecoverableError', delay: undefined });
  expect(timesIn([first.stack!, 'Error: of another\n    at nowhere', last.stack!])).toEqual([
    { startedAt: 5, endedAt: 9, delay: 100 },
    { startedAt: 109, endedAt: 110, delay: undefined },
  ]);
  expect(timesIn(undefined)).toEqual([]);
  expect(timesIn([null as never])).toEqual([]);
});

it('no message makes BullMQ take a failure for its RateLimitError', () => {
  const failure = new AttemptFailure(new RateLimitError(), 1, { startedAt: 5, endedAt: 9 }, 100);
  expect(failure.message).toBe('Error: bullmq:rateLimitExceeded');
});

it('the reason of our own errors begins with their code', () => {
  expect(reasonOf(new errors.UNKNOWN_TASK('x'))).toBe(
    '[CATZ_TASKS_UNKNOWN_TASK] expected task x to be registered',
  );
  expect(reasonOf(Object.assign(new Error('m'), { code: 'E_OTHER' }))).toBe('m');
});

it('errors are texts, bounded, outermost first, each once', () => {
  const inner = Object.assign(new Error('inner'), { code: 'E_INNER' });
  const circle = new Error('circle');
  circle.cause = circle;
  const all = new AggregateError([inner, 'text'], 'several', { cause: circle });
  expect(errorChain(all)).toEqual([
    'AggregateError: several',
    'E_INNER: inner',
    'text',
    'Error: circle',
  ]);
  let deep: unknown = 'bottom';
  for (let at = 0; at < 50; at++) deep = new Error(`level ${at}`, { cause: deep });
  expect(errorChain(deep)).toHaveLength(10);
  expect(messageOf(new Error('x'.repeat(5_000)))).toHaveLength(1_000);
});

it('what throws when it is read is taken for what it is', () => {
  const hostile = {
    get message(): string {
      throw new Error('no');
    },
    get code(): string {
      throw new Error('no');
    },
  };
  expect(messageOf(hostile)).toBe('something that is no error was thrown');
  expect(codeOf(hostile)).toBeUndefined();
});

it('an error crosses to another thread with name, code, stack and causes, not deeper than five', () => {
  let deep: unknown = 'bottom';
  for (let at = 0; at < 9; at++) deep = new TypeError(`level ${at}`, { cause: deep });
  const wire = structuredClone(toWire(Object.assign(deep as Error, { code: 'E_DEEP' })));
  const back = fromWire(wire);
  expect(back).toMatchObject({ name: 'TypeError', message: 'level 8', code: 'E_DEEP' });
  let depth = 0;
  for (let at: unknown = back; at instanceof Error; at = at.cause) depth += 1;
  expect(depth).toBe(6);
  expect(fromWire(toWire('text'))).toMatchObject({ name: 'Error', message: 'text' });
  expect('code' in fromWire(toWire('text'))).toBe(false);
});
