import { type } from 'arktype';
import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { defineTask } from '../../src/define/define-task.ts';
import type { AnyTask } from '../../src/define/types.ts';
import { requireValidator, validatePayload } from '../../src/define/validate.ts';
import type { PayloadError, Validate } from '../../src/define/validate.ts';

const SECRET = 'correct horse battery';

function taskOf(schema: object): AnyTask {
  return defineTask({ name: 'mail', schema, handler: () => undefined } as never);
}

async function refusal(
  schema: object,
  payload: unknown,
  validate?: Validate,
): Promise<PayloadError> {
  return validatePayload(taskOf(schema), payload, validate).then(
    () => expect.unreachable('the payload was taken'),
    (error: unknown) => error as PayloadError,
  );
}

describe('validatePayload', () => {
  test.each<[string, object]>([
    ['zod', z.object({ to: z.string(), age: z.coerce.number().optional() })],
    ['valibot', v.object({ to: v.string(), age: v.optional(v.number()) })],
    ['arktype', type({ to: 'string', 'age?': 'number' })],
  ])('asks a schema of %s', async (_library, schema) => {
    expect(await validatePayload(taskOf(schema), { to: 'a' }, undefined)).toEqual({ to: 'a' });
    const error = await refusal(schema, { to: 5 });
    expect(error).toMatchObject({
      code: 'CATZ_TASKS_PAYLOAD',
      statusCode: 400,
      issues: [{ path: '/to' }],
    });
    expect(error.message).toContain('expected the payload of task mail to be valid: /to ');
  });

  test.each<[string, object]>([
    ['zod', z.object({ a: z.object({ pin: z.literal('1') }) })],
    [
      'zod with a message of its own',
      z.object({
        a: z.string().refine(() => false, { error: ({ input }) => `no ${JSON.stringify(input)}` }),
      }),
    ],
    ['valibot', v.object({ a: v.object({ pin: v.literal('1') }) })],
    [
      'valibot',
      v.pipe(
        v.object({ a: v.any() }),
        v.check(
          () => false,
          ({ input }) => JSON.stringify(input),
        ),
      ),
    ],
    ['arktype', type({ a: { pin: "'1'" } })],
    ['arktype', type({ a: "'x' | number" })],
  ])('tells issues of %s without the value', async (_library, schema) => {
    for (const payload of [{ a: { pin: SECRET } }, { a: SECRET }]) {
      const error = await refusal(schema, payload);
      expect(JSON.stringify([error.message, error.issues])).not.toContain('horse');
    }
  });

  test('gives what an asynchronous schema makes of it', async () => {
    const schema = z.object({ n: z.number() }).transform(async ({ n }) => n + 1);
    expect(await validatePayload(taskOf(schema), { n: 1 }, undefined)).toBe(2);
  });

  test('asks validate for schemas that are no Standard Schema', async () => {
    const schema = { type: 'object' };
    const validate: Validate = (given, value) => {
      expect(given).toBe(schema);
      return typeof value === 'object'
        ? { value: 'made of it' }
        : { issues: [{ pointer: '/x', message: 'must be an object' }, { message: 'is no use' }] };
    };
    expect(await validatePayload(taskOf(schema), {}, validate)).toBe('made of it');
    expect((await refusal(schema, 1, validate)).issues).toEqual([
      { path: '/x', message: 'must be an object' },
      { path: '', message: 'is no use' },
    ]);
  });

  test('wants validate for schemas that are no Standard Schema', async () => {
    expect(() => requireValidator(taskOf({ type: 'object' }), undefined)).toThrow(
      expect.objectContaining({ code: 'CATZ_TASKS_OPTIONS' }) as Error,
    );
    expect(() => requireValidator(taskOf(z.any()), undefined)).not.toThrow();
    expect(() => requireValidator(taskOf({}), () => ({ value: 1 }))).not.toThrow();
    await expect(validatePayload(taskOf({}), 1, undefined)).rejects.toMatchObject({
      code: 'CATZ_TASKS_OPTIONS',
    });
  });

  test('names three issues in the message, and counts the others', async () => {
    const schema = z.object({ a: z.string(), b: z.string(), c: z.string(), d: z.string() });
    const error = await refusal(schema, {});
    expect(error.message).toMatch(/\/a .*; \/b .*; \/c .*; and 1 more$/);
    expect(error.issues).toHaveLength(4);
  });

  test('takes messages for echoes of payloads that are too large to look through', async () => {
    const payload = { list: Array.from({ length: 2_000 }, (_, n) => n), a: 1 };
    const schema = z.object({ list: z.array(z.number()), a: z.string('give a text') });
    // The issue is about all of it: what stands in there nobody has looked at to the end.
    expect((await refusal(schema, payload)).issues[0]).toEqual({
      path: '/a',
      message: 'is not valid',
    });
  });
});
