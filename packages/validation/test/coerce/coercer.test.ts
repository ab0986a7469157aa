import AjvCompiler from '@fastify/ajv-compiler';
import fc from 'fast-check';
import { Type } from 'typebox';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { coercerOf } from '../../src/coerce/coercer.ts';
import { resolverOf } from '../../src/coerce/resolve.ts';
import { textSchemaOf } from '../../src/schema/json-schema.ts';
import type { JsonSchema } from '../../src/schema/kind.ts';

/** What becomes of a value; the value itself where there is nothing to do. */
function coerce(schema: unknown, value: unknown, added: Record<string, unknown> = {}): unknown {
  const coercer = coercerOf(schema as JsonSchema, resolverOf(added));
  return coercer === undefined ? value : coercer(value);
}

const field = (schema: unknown, text: unknown): unknown =>
  (coerce({ type: 'object', properties: { f: schema } }, { f: text }) as { f: unknown }).f;

describe('by type', () => {
  it.each([
    ['integer', { type: 'integer' }, '5', 5],
    ['an integer that is none', { type: 'integer' }, '5.5', '5.5'],
    ['number', { type: 'number' }, '5.5', 5.5],
    ['boolean', { type: 'boolean' }, 'false', false],
    ['null from an empty text', { type: 'null' }, '', null],
    ['null or integer', { type: ['integer', 'null'] }, '', null],
    ['an integer or null', { type: ['integer', 'null'] }, '5', 5],
    ['integer before boolean', { type: ['boolean', 'integer'] }, '1', 1],
    ['boolean after number', { type: ['boolean', 'number'] }, 'true', true],
    ['a text', { type: 'string' }, '5', '5'],
    ['a text that may be null', { type: ['string', 'null'] }, '', ''],
    ['a union with text', { anyOf: [{ type: 'integer' }, { type: 'string' }] }, '5', '5'],
    ['a union without text', { oneOf: [{ type: 'integer' }, { type: 'boolean' }] }, 'true', true],
    ['anything', {}, '5', '5'],
    ['true', true, '5', '5'],
    ['a number by const', { const: 5 }, '5', 5],
    ['numbers by enum', { enum: [1, 2] }, '2', 2],
    ['booleans by enum', { enum: [true] }, 'true', true],
    ['a word of a union', { anyOf: [{ const: 'auto' }, { type: 'integer' }] }, 'auto', 'auto'],
    ['a number beside words', { anyOf: [{ const: 'auto' }, { type: 'integer' }] }, '5', 5],
    ['a word that looks like a number', { enum: ['1', 2] }, '1', '1'],
    ['allOf', { allOf: [{ type: ['integer', 'string'] }, { type: 'integer' }] }, '5', 5],
    ['nothing at all', false, '5', '5'],
  ])('gives %s', (_what, schema, text, value) => {
    expect(field(schema, text)).toEqual(value);
  });
});

describe('lists', () => {
  it('turn each item', () => {
    const schema = { type: 'array', items: { type: 'integer' } };
    expect(field(schema, ['1', 'x', '3'])).toEqual([1, 'x', 3]);
  });

  it('are made of one value', () => {
    expect(field({ type: 'array', items: { type: 'integer' } }, '1')).toEqual([1]);
    expect(field({ type: 'array', items: { type: 'string' } }, '1')).toEqual(['1']);
    expect(field({ type: 'array' }, '')).toEqual(['']);
  });

  it('are not made where a text or another type will do', () => {
    expect(field({ anyOf: [{ type: 'string' }, { type: 'array' }] }, 'a')).toBe('a');
    expect(field({ type: ['integer', 'array'], items: { type: 'integer' } }, '5')).toBe(5);
    expect(field({ type: ['integer', 'array'], items: { type: 'string' } }, 'x')).toEqual(['x']);
  });

  it('have rules for their first items', () => {
    const first = [{ type: 'integer' }, { type: 'boolean' }];
    expect(field({ type: 'array', prefixItems: first }, ['1', 'true', '2'])).toEqual([
      1,
      true,
      '2',
    ]);
    expect(
      field({ type: 'array', items: first, additionalItems: { type: 'number' } }, ['1', 'x', '2']),
    ).toEqual([1, 'x', 2]);
    expect(field({ type: 'array', items: first }, '1')).toEqual([1]);
  });

  it('stay as they are where no list is allowed', () => {
    expect(field({ type: 'integer' }, ['1', '2'])).toEqual(['1', '2']);
  });

  it('of which a member of a union leaves the items open are left alone', () => {
    const schema = { anyOf: [{ type: 'array', items: { type: 'integer' } }, { type: 'array' }] };
    expect(field(schema, ['1'])).toEqual(['1']);
  });
});

describe('objects', () => {
  it('have fields by pattern, and others', () => {
    const schema = {
      type: 'object',
      properties: { a: { type: 'string' } },
      patternProperties: { '^n_': { type: 'integer' }, '^n_x': { type: 'boolean' } },
      additionalProperties: { type: 'boolean' },
    };
    expect(coerce(schema, { a: 'true', n_1: '5', n_x: '5', other: 'true' })).toEqual({
      a: 'true',
      n_1: 5,
      n_x: '5',
      other: true,
    });
  });

  it('inside of objects are turned, too', () => {
    const schema = Type.Object({ deep: Type.Object({ n: Type.Optional(Type.Integer()) }) });
    expect(coerce(schema, { deep: { n: '5' } })).toEqual({ deep: { n: 5 } });
    expect(coerce(schema, { deep: 'text' })).toEqual({ deep: 'text' });
  });

  it('of a union have the rules of the members that name a field', () => {
    const schema = {
      anyOf: [
        { type: 'object', properties: { a: { type: 'integer' } } },
        { type: 'object', properties: { b: { type: 'boolean' }, c: { type: 'string' } } },
        { type: 'object', properties: { c: { type: 'integer' } } },
      ],
    };
    expect(coerce(schema, { a: '1', b: 'true', c: '1' })).toEqual({ a: 1, b: true, c: '1' });
  });

  it('are read without their prototype', () => {
    const schema = {
      type: 'object',
      properties: {
        toString: { type: 'integer' },
        constructor: { type: 'object', properties: { name: { type: 'integer' } } },
      },
      additionalProperties: { type: 'integer' },
    };
    const inherited = Object.create({ n: '5', toString: '7' }) as Record<string, unknown>;
    expect(Object.keys(coerce(schema, inherited) as object)).toEqual([]);
    expect(coerce(schema, { x: '1' })).toEqual({ x: 1 });
    expect({}.constructor.name).toBe('Object');
  });

  it('leave a field __proto__ alone', () => {
    const schema = JSON.parse(
      '{"type":"object","properties":{"__proto__":{"type":"integer"}},"additionalProperties":{"type":"integer"}}',
    );
    const value = Object.assign(Object.create(null), JSON.parse('{"__proto__":"5","n":"5"}'));
    Object.defineProperty(value, '__proto__', {
      value: '5',
      enumerable: true,
      writable: true,
      configurable: true,
    });
    coerce(schema, value);
    expect(value.n).toBe(5);
    expect(Object.getOwnPropertyDescriptor(value, '__proto__')?.value).toBe('5');
  });
});

describe('references', () => {
  it('are followed inside the schema and to added schemas', () => {
    const schema = {
      type: 'object',
      properties: {
        a: { $ref: '#/$defs/n' },
        b: { $ref: 'shared#/properties/n~1m' },
        c: { $ref: 'shared#' },
      },
      $defs: { n: { type: 'integer' } },
    };
    const shared = {
      $id: 'shared',
      type: 'object',
      properties: { 'n/m': { $ref: '#/$defs/flag' } },
      $defs: { flag: { type: 'boolean' } },
    };
    expect(coerce(schema, { a: '1', b: 'true', c: { 'n/m': 'false' } }, { shared })).toEqual({
      a: 1,
      b: true,
      c: { 'n/m': false },
    });
  });

  it('that lead nowhere leave texts alone', () => {
    for (const $ref of ['#/$defs/none', 'unknown', '#anchor', '#/%E0%A4%A', '#/type/deeper']) {
      expect(field({ $ref }, '5')).toBe('5');
    }
  });

  it('that lead in a circle end', () => {
    const schema = {
      type: 'object',
      properties: { n: { type: 'integer' }, next: { $ref: '#' } },
    };
    expect(coerce(schema, { n: '1', next: { n: '2' } })).toEqual({ n: 1, next: { n: '2' } });
  });
});

it('leaves nothing to do where a schema takes texts only', () => {
  const schema = Type.Object({
    a: Type.String(),
    b: Type.Array(Type.Union([Type.String(), Type.Null()])),
  });
  expect(
    coercerOf({ type: 'object', properties: { a: { type: 'string' } } }, resolverOf({})),
  ).toBeUndefined();
  expect(coerce(schema, { a: '1', b: ['', '2'] })).toEqual({ a: '1', b: ['', '2'] });
});

it('leaves texts to a schema that turns them itself', () => {
  const converted = textSchemaOf(
    z.object({ n: z.coerce.number(), on: z.coerce.boolean(), plain: z.number() }),
  );
  expect('schema' in converted).toBe(true);
  const { schema } = converted as { schema: JsonSchema };
  expect(coerce(schema, { n: '0x10', on: 'false', plain: '1' })).toEqual({
    n: '0x10',
    on: 'false',
    plain: 1,
  });
});

it('passes over patterns that are none', () => {
  expect(
    coerce({ type: 'object', patternProperties: { '(': { type: 'integer' } } }, { a: '1' }),
  ).toEqual({ a: '1' });
});

const scalar = fc.constantFrom('string', 'integer', 'number', 'boolean', 'null', 'array');
const leaf = fc.oneof(
  fc.record({ type: fc.oneof(scalar, fc.uniqueArray(scalar, { minLength: 1 })) }),
  fc.record({
    enum: fc.uniqueArray(fc.constantFrom('1', 'true', 1, true, null), { minLength: 1 }),
  }),
  fc.constant({}),
);
const schemas = fc.letrec<{ schema: object }>((tie) => ({
  schema: fc.oneof(
    { maxDepth: 3 },
    leaf,
    fc.record({ type: fc.constant('array'), items: tie('schema') }),
    fc.record({ anyOf: fc.array(tie('schema'), { minLength: 1, maxLength: 3 }) }),
    fc.record({ allOf: fc.array(tie('schema'), { minLength: 1, maxLength: 2 }) }),
  ),
})).schema;
const text = fc.oneof(
  fc.constantFrom('', '0', '1', '-0', '1.5', 'true', 'false', 'null', 'x', '0x1', ' 1'),
  fc.string({ maxLength: 5 }),
);
const texts = fc.oneof(text, fc.array(text, { maxLength: 3 }));

describe('for any schema', () => {
  const compile = AjvCompiler()(
    {},
    { customOptions: { strict: false, coerceTypes: false, logger: false } },
  );
  const takes = (schema: object, value: unknown): boolean =>
    compile({ schema, method: 'GET', url: '/' })(value) as boolean;

  it('turning twice is turning once', () => {
    fc.assert(
      fc.property(schemas, texts, (schema, value) => {
        const once = field(schema, structuredClone(value));
        expect(field(schema, structuredClone(once))).toEqual(once);
      }),
      { seed: 7002, numRuns: 500 },
    );
  });

  it('a text that the schema takes is never turned into what it does not take', () => {
    fc.assert(
      fc.property(schemas, texts, (schema, value) => {
        if (!takes(schema, value)) return;
        expect(takes(schema, field(schema, structuredClone(value)))).toBe(true);
      }),
      { seed: 7003, numRuns: 500 },
    );
  });

  it('a text that the schema takes stays that text', () => {
    fc.assert(
      fc.property(schemas, text, (schema, value) => {
        if (takes(schema, value)) expect(field(schema, value)).toBe(value);
      }),
      { seed: 7004, numRuns: 500 },
    );
  });
});
