// Whatever is thrown: an answer comes out, and above 500 nothing of it is in the answer.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bodyOf } from '../../src/problem/answer.ts';
import { readFault } from '../../src/problem/read-fault.ts';
import { SETTINGS } from './apps.ts';

const secret = fc.constantFrom('CANARY', 'x CANARY', 'CANARY\r\nset-cookie: a');
const odd = fc.oneof(fc.anything({ maxDepth: 2 }), secret, fc.integer({ min: 0, max: 999 }));
const thrown = fc.oneof(
  odd,
  fc.record(
    {
      message: secret,
      stack: secret,
      code: fc.oneof(secret, odd),
      name: fc.constantFrom('Error', 'SyntaxError'),
      statusCode: odd,
      status: odd,
      expose: fc.oneof(fc.boolean(), odd),
      headers: fc.oneof(odd, fc.dictionary(fc.string(), odd)),
      issues: fc.oneof(odd, fc.array(odd)),
      validation: fc.oneof(odd, fc.array(odd)),
      validationContext: odd,
      truncated: odd,
    },
    { requiredKeys: [] },
  ),
);

test('whatever is thrown is answered, and tells nothing unless it may', () => {
  let hidden = 0;
  fc.assert(
    fc.property(thrown, fc.integer({ min: 100, max: 599 }), (value, current) => {
      const fault = readFault(value, current, SETTINGS);
      expect(fault.status).toBeGreaterThanOrEqual(400);
      expect(fault.status).toBeLessThanOrEqual(599);
      const text = JSON.stringify(bodyOf(fault, 'id'));
      expect(JSON.parse(text)).toMatchObject({ status: fault.status, code: fault.code });
      const mayTell = (value as { expose?: unknown } | null | undefined)?.expose === true;
      if (fault.status < 500 || mayTell) return;
      hidden++;
      const { detail, issues, headers } = fault;
      expect({ detail, issues }).toEqual({ detail: undefined, issues: undefined });
      expect(text).not.toContain('CANARY');
      expect(Object.keys(headers).filter((name) => name !== 'retry-after')).toEqual([]);
    }),
    { numRuns: 2_000 },
  );
  expect(hidden).toBeGreaterThan(100);
});
