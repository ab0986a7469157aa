// Nothing that a client sends as a value comes back, whatever the library writes into its messages; names do, cut.
import { type } from 'arktype';
import { Type } from 'typebox';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { entriesOf } from '../../src/issue/of-standard.ts';
import { cutPointer, pointerTo } from '../../src/issue/pointer.ts';
import { LIBRARIES, makeApp } from '../support/apps.ts';

const CANARY = 'canary-4f1d';

const TELLING: readonly (readonly [string, unknown])[] = [
  ...LIBRARIES,
  [
    'zod, a message of the application',
    z.object({
      n: z.int(),
      name: z.string().refine(() => false, { error: ({ input }) => `no ${String(input)}` }),
    }),
  ],
  [
    'zod, of the whole',
    z
      .object({ n: z.any(), name: z.string() })
      .refine(() => false, { error: ({ input }) => `no ${JSON.stringify(input)}` }),
  ],
  ['zod, strict', z.strictObject({ n: z.int(), name: z.enum(['a', 'b']) })],
  ['zod, a union', z.object({ n: z.union([z.int(), z.boolean()]), name: z.literal('x') })],
  ['valibot, strict', v.strictObject({ n: v.number(), name: v.picklist(['a', 'b']) })],
  [
    'valibot, formats',
    v.object({ n: v.number(), name: v.pipe(v.string(), v.email(), v.startsWith('x')) }),
  ],
  [
    'valibot, a message of the application',
    v.object({
      n: v.number(),
      name: v.pipe(
        v.string(),
        v.check(
          () => false,
          (issue) => `no ${String(issue.input)}`,
        ),
      ),
    }),
  ],
  ['arktype, a union', type({ n: 'number | boolean', name: "'a' | 'b'" })],
  ['arktype, reject', type({ '+': 'reject', n: 'number', name: 'string.email' })],
  [
    'arktype, a rule',
    type({ n: 'number', name: type('string').narrow((text, ctx) => ctx.mustBe(`not ${text}`)) }),
  ],
  [
    'ajv, enum',
    Type.Object(
      { n: Type.Integer(), name: Type.Union([Type.Literal('a'), Type.Literal('b')]) },
      { additionalProperties: false },
    ),
  ],
  [
    'ajv, formats',
    {
      type: 'object',
      properties: { n: { const: 5 }, name: { type: 'string', format: 'email', pattern: '^x' } },
    },
  ],
];

describe.each(TELLING)('%s', (_library, schema) => {
  it('says nothing of a value', async () => {
    const app = await makeApp();
    app.post('/body', { schema: { body: schema } }, async () => 'ok');
    app.post('/query', { schema: { querystring: schema } }, async () => 'ok');
    app.post('/headers', { schema: { headers: schema } }, async () => 'ok');
    app.post('/cookies', { schema: { cookies: schema } }, async () => 'ok');
    const values = [
      { n: CANARY, name: CANARY },
      { n: 5, name: `${CANARY}${'x'.repeat(30)}` },
      { n: { a: [CANARY] }, name: 'a', [`name-${'x'.repeat(200)}`]: CANARY },
    ];
    for (const payload of values) {
      const text = { n: CANARY, name: `${CANARY}${'x'.repeat(30)}` };
      const query = new URLSearchParams(text).toString();
      const replies = await Promise.all([
        app.inject({ method: 'POST', url: '/body', payload }),
        app.inject({ method: 'POST', url: `/query?${query}` }),
        app.inject({ method: 'POST', url: '/headers', headers: text }),
        app.inject({ method: 'POST', url: '/cookies', cookies: text }),
      ]);
      for (const reply of replies) {
        expect(reply.statusCode).toBeLessThan(500);
        expect(reply.body + JSON.stringify(reply.headers)).not.toContain(CANARY);
        expect(reply.body).not.toContain('x'.repeat(110));
      }
    }
  });
});

it('says nothing of limits that are values, with $data', async () => {
  const app = await makeApp({}, undefined, { ajv: { customOptions: { $data: true } } });
  const body = {
    type: 'object',
    properties: {
      limit: { type: 'integer' },
      n: { type: 'integer', maximum: { $data: '1/limit' } },
    },
  };
  app.post('/', { schema: { body } }, async () => 'ok');
  const reply = await app.inject({
    method: 'POST',
    url: '/',
    payload: { limit: 987654, n: 987655 },
  });
  expect(reply.json().errors).toEqual([
    { in: 'body', pointer: '/n', code: 'maximum', message: 'must pass "maximum"' },
  ]);
  expect((await app.inject({ method: 'POST', url: '/', payload: { limit: 5, n: 5 } })).body).toBe(
    'ok',
  );
});

describe('messages', () => {
  const of = (
    schema: { readonly '~standard': { validate(value: unknown): unknown; vendor: string } },
    value: unknown,
  ) => {
    const { issues } = schema['~standard'].validate(value) as { issues: never };
    return entriesOf(schema['~standard'].vendor, issues, value, 10).map(
      ({ instancePath, keyword, message }) => [instancePath, keyword, message],
    );
  };

  it('say what was expected', () => {
    expect(of(z.object({ a: z.string() }), {})).toEqual([
      ['/a', 'invalid_type', 'Invalid input: expected string, received undefined'],
    ]);
    expect(of(v.object({ a: v.string() }), { a: 5 })).toEqual([['/a', 'string', 'must be string']]);
    expect(of(v.pipe(v.string(), v.email()), 'x')).toEqual([['', 'email', 'is not valid']]);
    expect(
      of(
        v.pipe(
          v.string(),
          v.check(() => false, 'is not ours'),
        ),
        'x',
      ),
    ).toEqual([['', 'check', 'is not ours']]);
    expect(of(type({ a: 'string' }), { a: 5 })).toEqual([['/a', 'domain', 'must be a string']]);
    expect(of(type('number | boolean'), 'x')).toEqual([
      ['', 'predicate', 'must be a number or boolean'],
    ]);
    expect(of(type({ a: 'boolean' }), { a: 5 })).toEqual([['/a', 'union', 'is not valid']]);
  });

  it('name each key that is not known', () => {
    expect(of(z.strictObject({}), { 'a/b': 1, c: 2 })).toEqual([
      ['/a~1b', 'unrecognized_keys', 'is not known here'],
      ['/c', 'unrecognized_keys', 'is not known here'],
    ]);
  });

  it('are plain where the value is too large to look through', () => {
    const value = { list: Array.from({ length: 2000 }, () => 1) };
    expect(
      of(
        z
          .object({})
          .loose()
          .refine(() => false, 'is not ours'),
        value,
      ),
    ).toEqual([['', 'custom', 'is not valid']]);
    const nested = Array.from({ length: 900 }, () => [1, 2]);
    expect(
      of(
        z.any().refine(() => false, 'is not ours'),
        nested,
      ),
    ).toEqual([['', 'custom', 'is not valid']]);
    expect(
      of(
        z.any().refine(() => false, 'is not ours'),
        [1, 2n, null],
      ),
    ).toEqual([['', 'custom', 'is not ours']]);
  });

  it('stand even where the library says little', () => {
    const issues = [
      { message: 'is wrong' },
      { message: 'is wrong', path: [{ key: 'a' }, 0, Symbol('s')] },
    ];
    expect(entriesOf('own', issues, undefined, 10)).toEqual([
      { keyword: 'invalid', instancePath: '', schemaPath: '', params: {}, message: 'is wrong' },
      {
        keyword: 'invalid',
        instancePath: '/a/0/Symbol(s)',
        schemaPath: '',
        params: {},
        message: 'is wrong',
      },
    ]);
    expect(entriesOf('own', issues, undefined, 1)).toHaveLength(1);
  });
});

describe('pointers', () => {
  it('are escaped, and their names cut', () => {
    expect(pointerTo('/a', 'b/c~d')).toBe('/a/b~1c~0d');
    expect(pointerTo('', 'x'.repeat(101))).toBe(`/${'x'.repeat(100)}…`);
    expect(pointerTo('', `${'x'.repeat(99)}😀`)).toBe(`/${'x'.repeat(99)}…`);
    expect(cutPointer('/a/b')).toBe('/a/b');
    expect(cutPointer(`/a/${'x'.repeat(99)}~1y/b`)).toBe(`/a/${'x'.repeat(99)}…/b`);
  });
});

it('lists at most maxErrors, and says that there are more', async () => {
  const app = await makeApp({ maxErrors: 2 });
  app.post('/', { schema: { body: z.array(z.int()) } }, async () => 'ok');
  app.post(
    '/later',
    { schema: { body: z.array(z.int()) }, config: { validation: { async: true } } },
    async () => 'ok',
  );
  for (const url of ['/', '/later']) {
    const many = (await app.inject({ method: 'POST', url, payload: ['a', 'b', 'c'] })).json();
    expect(many.errors.map(({ pointer }: { pointer: string }) => pointer)).toEqual(['/0', '/1']);
    expect(many.truncated).toBe(true);
    const few = (await app.inject({ method: 'POST', url, payload: ['a', 'b'] })).json();
    expect(few.errors).toHaveLength(2);
    expect(few.truncated).toBeUndefined();
  }
});
