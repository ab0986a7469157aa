// Which kind of schema a value is, what is refused, and what JSON Schema is made of it.
import { toJsonSchema } from '@valibot/to-json-schema';
import { type } from 'arktype';
import { Type } from 'typebox';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import * as zm from 'zod/mini';
import { DeferredSchema } from '../../src/schema/deferred.ts';
import { jsonSchemaOf, textSchemaOf } from '../../src/schema/json-schema.ts';
import { requireSchema, schemaKind } from '../../src/schema/kind.ts';

const fluent = (schema: object, mark: PropertyKey = 'isFluentJSONSchema'): object =>
  Object.assign(Object.create({}), { [mark]: true, valueOf: () => schema });
const standard = { version: 1, vendor: 'own', validate: (value: unknown) => ({ value }) };

describe('schemaKind', () => {
  it.each([
    ['typebox', Type.Object({}), 'json'],
    ['JSON Schema', { type: 'object' }, 'json'],
    ['an empty one', {}, 'json'],
    ['true', true, 'json'],
    ['false', false, 'json'],
    ['one without a prototype', Object.create(null), 'json'],
    ['fluent', fluent({ type: 'object' }), 'json'],
    [
      'fluent by its symbol',
      fluent({ type: 'object' }, Symbol.for('fluent-schema-object')),
      'json',
    ],
    ['zod', z.object({}), 'standard'],
    ['zod mini', zm.object({}), 'standard'],
    ['valibot', v.object({}), 'standard'],
    ['arktype, a function', type({}), 'standard'],
    ['a library of one', { '~standard': standard }, 'standard'],
    [
      'another version',
      new (class {
        '~standard' = { ...standard, version: 2 };
      })(),
      undefined,
    ],
    [
      'no validate',
      new (class {
        '~standard' = { ...standard, validate: 5 };
      })(),
      undefined,
    ],
    [
      'a half',
      new (class {
        '~standard' = null;
      })(),
      undefined,
    ],
    ['undefined', undefined, undefined],
    ['null', null, undefined],
    ['a text', 'object', undefined],
    ['a list', [], undefined],
    ['a function', () => true, undefined],
    ['a map', new Map(), undefined],
  ])('says of %s', (_what, value, kind) => {
    expect(schemaKind(value)).toBe(kind);
  });
});

describe('requireSchema', () => {
  it.each([
    [5, 'expected the schema of the body to be a JSON Schema, TypeBox or a Standard Schema, got 5'],
    [
      new Map(),
      'expected the schema of the body to be a JSON Schema, TypeBox or a Standard Schema, got a Map',
    ],
    [
      Type.Object({ a: Type.Refine(Type.String(), () => false) }),
      'the schema of the body has a rule in code (Type.Refine), which JSON Schema cannot hold',
    ],
    [
      Type.Array(Type.Codec(Type.String()).Decode(Number).Encode(String)),
      'the schema of the body has a rule in code (Type.Codec), which JSON Schema cannot hold',
    ],
    [
      { $async: true, type: 'object' },
      'the schema of the body is an asynchronous JSON Schema ($async); use a Standard Schema with config.validation.async',
    ],
    [
      { name: z.string() },
      'the schema of the body has a Standard Schema inside (name); make the whole of it one',
    ],
    [
      { type: 'object', properties: { tags: { items: v.string() } } },
      'the schema of the body has a Standard Schema inside (items); make the whole of it one',
    ],
    [
      fluent({ $async: true }),
      'the schema of the body is an asynchronous JSON Schema ($async); use a Standard Schema with config.validation.async',
    ],
  ])('refuses %j', (value, message) => {
    expect(() => requireSchema(value, 'the body')).toThrow(
      expect.objectContaining({ code: 'CATZ_VALIDATION_SCHEMA', message }),
    );
  });

  it('takes a schema that is in itself', () => {
    const schema: Record<string, unknown> = { type: 'object' };
    schema['properties'] = { self: schema };
    expect(requireSchema(schema, 'the body')).toBe('json');
  });
});

describe('jsonSchemaOf', () => {
  it('is the schema itself for JSON Schema', () => {
    const schema = Type.Object({ a: Type.String() });
    expect((jsonSchemaOf(schema, 'input') as { schema: unknown }).schema).toBe(schema);
    expect(jsonSchemaOf(true, 'input')).toEqual({ schema: true });
    expect(jsonSchemaOf(fluent({ type: 'object' }), 'input')).toEqual({
      schema: { type: 'object' },
    });
  });

  it.each([
    ['zod', z.object({ n: z.int().min(0).max(9) })],
    ['valibot', v.object({ n: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(9)) })],
    ['arktype', type({ n: '0 <= number.integer <= 9' })],
  ])('asks %s, and leaves out the dialect', (_library, schema) => {
    for (const target of ['draft-07', 'draft-2020-12'] as const) {
      const converted = jsonSchemaOf(schema, 'input', target) as {
        schema: Record<string, unknown>;
        reason?: string;
      };
      expect(converted.reason).toBeUndefined();
      expect(converted.schema).toMatchObject({
        type: 'object',
        properties: { n: { type: 'integer', minimum: 0, maximum: 9 } },
        required: ['n'],
      });
      expect(converted.schema).not.toHaveProperty('$schema');
    }
  });

  it('has two sides', () => {
    const schema = z.object({
      n: z
        .string()
        .transform((text) => text.length)
        .pipe(z.int()),
      d: z.string().default('x'),
    });
    expect(jsonSchemaOf(schema, 'input')).toMatchObject({
      schema: { properties: { n: { type: 'string' } }, required: ['n'] },
    });
    expect(jsonSchemaOf(schema, 'output')).toMatchObject({
      schema: { properties: { n: { type: 'integer' } }, required: ['n', 'd'] },
    });
    const pipe = v.object({ n: v.pipe(v.string(), v.transform(Number), v.number()) });
    expect(jsonSchemaOf(pipe, 'input')).toMatchObject({
      schema: { properties: { n: { type: 'string' } } },
    });
    expect(jsonSchemaOf(pipe, 'output')).toMatchObject({
      schema: { properties: { n: { type: 'number' } } },
    });
  });

  it.each([
    ['zod', z.object({ at: z.date(), n: z.int() })],
    ['valibot', v.object({ at: v.date(), n: v.pipe(v.number(), v.integer()) })],
  ])('leaves open what %s cannot say, with the reason', (_library, schema) => {
    const converted = jsonSchemaOf(schema, 'input') as {
      schema: { properties: Record<string, object> };
      reason: string;
    };
    expect(converted.schema.properties).toMatchObject({ at: {}, n: { type: 'integer' } });
    expect(converted.reason).toMatch(/date/i);
  });

  it('of valibot is what @valibot/to-json-schema makes', () => {
    const schema = v.strictObject({
      a: v.optional(v.pipe(v.string(), v.email())),
      b: v.picklist(['x', 'y']),
    });
    const { $schema: _, ...made } = toJsonSchema(schema, { target: 'draft-2020-12' });
    expect(jsonSchemaOf(schema, 'input')).toEqual({ schema: made });
  });

  it('is made once', () => {
    const schema = z.object({});
    expect(jsonSchemaOf(schema, 'input')).toBe(jsonSchemaOf(schema, 'input'));
    expect(jsonSchemaOf(schema, 'output')).not.toBe(jsonSchemaOf(schema, 'input'));
  });

  it('says why there is none', () => {
    expect(jsonSchemaOf(zm.object({}), 'input')).toEqual({
      reason: 'zod does not say what its schemas are in JSON Schema',
    });
    expect(jsonSchemaOf({ '~standard': standard }, 'input')).toEqual({
      reason: 'own does not say what its schemas are in JSON Schema',
    });
    for (const thrown of [new Error('cannot'), 'cannot']) {
      const failing = () => {
        throw thrown;
      };
      const schema = {
        '~standard': { ...standard, jsonSchema: { input: failing, output: failing } },
      };
      expect(jsonSchemaOf(schema, 'input')).toEqual({
        reason: thrown instanceof Error ? 'cannot' : 'the library gave no reason',
      });
    }
  });

  it('of a schema that is awaited is that of the schema inside', () => {
    const schema = z.object({ n: z.int() });
    const deferred = new DeferredSchema(schema);
    expect(jsonSchemaOf(deferred, 'input')).toBe(jsonSchemaOf(schema, 'input'));
    expect(deferred['~standard'].validate(5)).toEqual({ value: 5 });
  });

  it('for texts is open where zod turns them itself', () => {
    expect(textSchemaOf(z.object({ a: z.coerce.number(), b: z.number() }))).toEqual({
      schema: {
        type: 'object',
        properties: { a: {}, b: { type: 'number' } },
        required: ['a', 'b'],
      },
    });
  });
});
