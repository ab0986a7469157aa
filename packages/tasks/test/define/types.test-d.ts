// What a task's schema says of its payload and result. Never run: tsc is the test.
import { type } from 'arktype';
import * as v from 'valibot';
import { expectTypeOf } from 'vitest';
import { z } from 'zod';
import { defineTask } from '../../src/index.ts';
import type { AnyTask, Task, TaskHandle, Tasks } from '../../src/index.ts';

const byZod = defineTask({
  name: 'zod',
  schema: z.object({ at: z.iso.datetime().transform((text) => new Date(text)) }),
  idempotencyKey: (payload) => {
    expectTypeOf(payload).toEqualTypeOf<{ at: string }>();
    return payload.at;
  },
  schedule: { cron: '0 3 * * *', payload: { at: '2026-01-01T00:00:00Z' } },
  handler: ({ at }, { signal, attempt }) => {
    expectTypeOf(at).toEqualTypeOf<Date>();
    expectTypeOf(signal).toEqualTypeOf<AbortSignal>();
    return attempt;
  },
});
expectTypeOf(byZod).toEqualTypeOf<Task<{ at: string }, number>>();

const byValibot = defineTask({
  name: 'valibot',
  schema: v.object({ n: v.optional(v.number(), 5) }),
  handler: async ({ n }) => ({ n }),
});
expectTypeOf(byValibot).toEqualTypeOf<Task<{ n?: number | undefined }, { n: number }>>();

const byArktype = defineTask({
  name: 'arktype',
  schema: type({ to: 'string' }),
  handler: ({ to }) => {
    to.trim();
  },
});
expectTypeOf(byArktype).toEqualTypeOf<Task<{ to: string }, void>>();

const byJsonSchema = defineTask({
  name: 'json-schema',
  schema: { type: 'object', properties: { n: { type: 'number' } } },
  handler: (payload: { n: number }) => payload.n,
});
expectTypeOf(byJsonSchema).toEqualTypeOf<Task<{ n: number }, number>>();

const inThread = defineTask<typeof numbers, number>({
  name: 'in-thread',
  schema: z.array(z.number()),
  file: new URL('file:///sum.js'),
});
const numbers = z.array(z.number());
expectTypeOf(inThread).toEqualTypeOf<Task<number[], number>>();

const asJson = defineTask({
  name: 'as-json',
  schema: z.object({}),
  handler: async () => ({ at: new Date(), n: 1, list: [new Date()] as const }),
});
expectTypeOf(asJson).toEqualTypeOf<
  Task<Record<string, never>, { at: string; n: number; list: readonly [string] }>
>();

const all: readonly AnyTask[] = [byZod, byValibot, byArktype, byJsonSchema, inThread];

export async function use(tasks: Tasks): Promise<readonly AnyTask[]> {
  expectTypeOf(await tasks.enqueue(byZod, { at: 'x' })).toEqualTypeOf<TaskHandle<number>>();
  expectTypeOf(await (await tasks.enqueue(inThread, [1])).result()).toEqualTypeOf<number>();
  // @ts-expect-error: the payload is what the schema takes, not what it makes of it
  await tasks.enqueue(byZod, { at: new Date() });
  // @ts-expect-error: a payload is required
  await tasks.enqueue(byZod);
  // @ts-expect-error: every payload
  await tasks.enqueueMany(byArktype, [{ to: 'a' }, { to: 1 }]);
  await tasks.schedule(byArktype, { every: 5, payload: { to: 'a' } });
  // @ts-expect-error: of a schedule, too
  await tasks.schedule(byArktype, { every: 5, payload: { to: 5 } });
  return all;
}

export const mistakes: () => void = () => {
  defineTask({
    name: 'a',
    schema: z.object({ n: z.number() }),
    // @ts-expect-error: a handler of another payload
    handler: ({ n }: { n: string }) => n,
  });
  defineTask({
    name: 'a',
    schema: z.object({ n: z.number() }),
    // @ts-expect-error: a handler that needs more than the schema gives
    handler: (payload: { n: number; m: number }) => payload.m,
  });
  defineTask({
    name: 'a',
    schema: z.object({ n: z.number() }),
    // @ts-expect-error: also when it is written as a method
    handler(payload: { n: number; m: number }) {
      return payload.m;
    },
  });
  // @ts-expect-error: neither handler nor file
  defineTask({ name: 'a', schema: z.any() });
  // @ts-expect-error: both
  defineTask({ name: 'a', schema: z.any(), handler: () => 1, file: new URL('file:///a.js') });
};
