// What the compiler must and must not accept of the type provider; nothing here runs.
import { type } from 'arktype';
import Fastify from 'fastify';
import { Type } from 'typebox';
import * as v from 'valibot';
import { z } from 'zod';
import { validate } from '../../src/compile/validate.ts';
import type { CatzillaTypeProvider } from '../../src/types/provider.ts';
import type { InferReply, InferRequest } from '../../src/types/infer.ts';

type Same<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
declare function expectType<Expected>(): <Actual>(
  value: Actual,
  ...same: Same<Actual, Expected> extends true ? [] : [never]
) => void;

const app = Fastify().withTypeProvider<CatzillaTypeProvider>();

const Name = Type.Object({ name: Type.String(), age: Type.Optional(Type.Integer()) });
app.post(
  '/typebox/:id',
  {
    schema: {
      body: Name,
      params: Type.Object({ id: Type.Integer() }),
      response: { 200: Type.Object({ id: Type.Integer() }), 404: Type.Null() },
    },
  },
  async (request, reply) => {
    expectType<string>()(request.body.name);
    expectType<number | undefined>()(request.body.age);
    expectType<number>()(request.params.id);
    expectType<unknown>()(request.query);
    expectType<undefined>()(request.validCookies);
    // @ts-expect-error not in the schema
    void request.body.other;
    // @ts-expect-error not the reply
    reply.send({ id: '5' });
    return reply.code(200).send({ id: request.params.id });
  },
);

const Page = z.object({
  page: z.coerce.number().default(1),
  since: z.iso.date().transform((text) => new Date(text)),
});
app.get(
  '/zod',
  {
    schema: {
      querystring: Page,
      headers: z.object({ 'x-tenant': z.string() }),
      cookies: z.object({ session: z.string() }),
      response: { 200: z.object({ at: z.date().transform((date) => date.toISOString()) }) },
    },
  },
  async (request) => {
    expectType<number>()(request.query.page);
    expectType<Date>()(request.query.since);
    expectType<string>()(request.headers['x-tenant']);
    expectType<string>()(request.validCookies.session);
    // The input of the reply: the schema makes a text of it.
    return { at: request.query.since };
  },
);
app.get(
  '/zod/wrong',
  { schema: { response: { 200: z.object({ at: z.date() }) } } },
  async (_request, reply) => {
    // @ts-expect-error no date
    reply.send({ at: 'today' });
    return { at: new Date() };
  },
);

app.put(
  '/valibot',
  {
    schema: {
      body: v.object({ n: v.pipe(v.string(), v.transform(Number)) }),
      cookies: v.object({ theme: v.picklist(['dark', 'light']) }),
      response: { '2xx': v.object({ n: v.number() }) },
    },
  },
  async (request, reply) => {
    expectType<number>()(request.body.n);
    expectType<'dark' | 'light'>()(request.validCookies.theme);
    // @ts-expect-error not the reply
    reply.send({ n: 'five' });
    return { n: request.body.n };
  },
);

app.patch(
  '/arktype',
  {
    schema: {
      body: type({ at: 'string.date.parse', 'n?': 'number' }),
      response: { 200: type({ ok: 'boolean' }) },
    },
  },
  async (request) => {
    expectType<Date>()(request.body.at);
    expectType<number | undefined>()(request.body.n);
    return { ok: true };
  },
);

app.post(
  '/json',
  {
    schema: {
      body: { type: 'object', properties: { a: { type: 'string' } } },
      response: { 200: { type: 'object' } },
    },
  },
  async (request) => {
    expectType<unknown>()(request.body);
    return { anything: 1 };
  },
);

// The types of a route still win.
app.post<{ Body: { own: true } }>('/own', { schema: { body: Name } }, async (request) => {
  expectType<{ own: true }>()(request.body);
});

// @sinclair/typebox, the name before: its types carry what they stand for.
interface OlderType {
  readonly static: { older: boolean };
  readonly params: unknown[];
  readonly type: 'object';
}
declare const older: OlderType;
app.post('/older', { schema: { body: older } }, async (request) => {
  expectType<{ older: boolean }>()(request.body);
});

expectType<{ a: number }>()(
  {} as InferRequest<{
    readonly '~standard': {
      version: 1;
      vendor: 'x';
      validate: never;
      types?: { input: { a: string }; output: { a: number } };
    };
  }>,
);
expectType<{ a: string }>()(
  {} as InferReply<{
    readonly '~standard': {
      version: 1;
      vendor: 'x';
      validate: never;
      types?: { input: { a: string }; output: { a: number } };
    };
  }>,
);

async function validates(): Promise<void> {
  const result = await validate(Page, {});
  if (result.issues === undefined) {
    expectType<Date>()(result.value.since);
    return;
  }
  expectType<string>()(result.issues[0]?.pointer ?? '');
  // @ts-expect-error no value where there are issues
  void result.value.page;
}
void validates;

// @ts-expect-error no such value
app.get('/config', { config: { validation: { async: 'yes' } } }, async () => 'x');
app.get('/config/right', { config: { validation: { async: true } } }, async () => 'x');
