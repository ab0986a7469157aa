import { expect, test } from 'vitest';
import { deadQueueOf, deduplicationId, isDeadQueue, jitterOf } from '../../src/define/stored.ts';

test('deduplication ids are of one length, tell tasks and keys apart, and hold no colon', () => {
  const ids = [
    deduplicationId('a', 'b'),
    deduplicationId('b', 'b'),
    deduplicationId('a', 'b:c'),
    deduplicationId('a', 'x'.repeat(1_000)),
    deduplicationId('ab', ''),
  ];
  expect(new Set(ids).size).toBe(ids.length);
  for (const id of ids) expect(id).toMatch(/^[\w-]{43}$/);
  expect(deduplicationId('a', 'b')).toBe(ids[0]);
});

test('the jitter of a run is the same each time, and within its bound', () => {
  const draws = Array.from({ length: 200 }, (_, run) => jitterOf(`repeat:k:${run}`, 1_000));
  expect(draws).toEqual(
    Array.from({ length: 200 }, (_, run) => jitterOf(`repeat:k:${run}`, 1_000)),
  );
  expect(Math.min(...draws)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...draws)).toBeLessThan(1_000);
  expect(new Set(draws).size).toBeGreaterThan(150);
  expect(jitterOf('a', 0)).toBe(0);
});

test('the queue of dead letters is told by its name', () => {
  expect(deadQueueOf('mail')).toBe('mail.dead');
  expect(isDeadQueue('mail.dead')).toBe(true);
  expect(isDeadQueue('mail')).toBe(false);
});
