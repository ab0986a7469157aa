// validate(): any kind of schema, without Fastify.
import { type } from 'arktype';
import { Type } from 'typebox';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { validate } from '../../src/compile/validate.ts';
import { LIBRARIES } from '../support/apps.ts';

describe.each(LIBRARIES)('%s', (_library, schema) => {
  it('gives the value, or what is wrong', () => {
    expect(validate(schema, { n: 5, name: 'x' })).toEqual({ value: { n: 5, name: 'x' } });
    expect(validate(schema, { n: '5', name: 'x' })).toMatchObject({
      issues: [{ in: 'body', pointer: '/n' }],
    });
    expect(validate(schema, undefined)).toMatchObject({ issues: [{ pointer: '' }] });
  });

  it('turns texts where it is asked to, and changes nothing that it was given', () => {
    const given = { n: '5', name: '7' };
    expect(validate(schema, given, { coerce: true })).toEqual({ value: { n: 5, name: '7' } });
    expect(given).toEqual({ n: '5', name: '7' });
  });
});

it('names the part it is told', () => {
  expect(validate(Type.Integer(), 'x', { in: 'query' })).toMatchObject({
    issues: [{ in: 'query', pointer: '', code: 'type', message: 'must be integer' }],
  });
});

it('fills in defaults, and takes out what the schema forbids, in a copy', () => {
  const schema = Type.Object(
    {
      n: Type.Integer({ default: 3 }),
      list: Type.Array(Type.Object({}, { additionalProperties: false })),
    },
    { additionalProperties: false },
  );
  const date = new Date(0);
  const given = { list: [{ extra: 1 }], extra: date, ['__proto__']: 1 };
  expect(validate(schema, given)).toEqual({ value: { n: 3, list: [{}] } });
  expect(given.list).toEqual([{ extra: 1 }]);
  expect(validate({}, { date, list: [null, 1], none: Object.create(null) })).toEqual({
    value: { date, list: [null, 1], none: {} },
  });
});

it('keeps a field __proto__ a field', () => {
  const given = JSON.parse('{"__proto__":{"isAdmin":true}}') as object;
  const { value } = validate({ type: 'object' }, given) as { value: object };
  expect(Object.keys(value)).toEqual(['__proto__']);
  expect((value as { isAdmin?: unknown }).isAdmin).toBeUndefined();
});

it('waits where a Standard Schema does', async () => {
  const later = v.pipeAsync(
    v.string(),
    v.checkAsync(async (text) => text === 'right', 'is wrong'),
  );
  const result = validate(later, 'right');
  expect(result).toBeInstanceOf(Promise);
  expect(await result).toEqual({ value: 'right' });
  expect(await validate(later, 'x')).toMatchObject({ issues: [{ message: 'is wrong' }] });
});

it('takes booleans as schemas', () => {
  expect(validate(true, 5)).toEqual({ value: 5 });
  expect(validate(false, 5)).toMatchObject({ issues: [{ code: 'false schema' }] });
});

it('tells of at most 100 issues', () => {
  const many = Array.from({ length: 500 }, () => 'x');
  expect((validate(z.array(z.int()), many) as { issues: unknown[] }).issues).toHaveLength(100);
});

it('makes what the library makes', () => {
  expect(validate(type('string.date.parse'), '1970-01-01')).toEqual({ value: new Date(0) });
  expect(
    validate(
      z.string().transform((text) => text.length),
      'abc',
    ),
  ).toEqual({ value: 3 });
});

it('refuses what is no schema, and unknown options', () => {
  expect(() => validate(5, 5)).toThrow(expect.objectContaining({ code: 'CATZ_VALIDATION_SCHEMA' }));
  expect(() => validate({}, 5, { coercion: true } as never)).toThrow(
    expect.objectContaining({
      code: 'CATZ_VALIDATION_OPTIONS',
      message: 'unknown option options.coercion, known are coerce, in',
    }),
  );
});

it('lets through what a rule throws, and a library that breaks the standard', async () => {
  const throwing = () => {
    throw new Error('own');
  };
  expect(() => validate(v.pipe(v.any(), v.check(throwing)), 5)).toThrow('own');
  await expect(validate(z.any().refine(throwing), 5)).rejects.toThrow('own');
  const none = { '~standard': { version: 1, vendor: 'own', validate: () => ({}) } };
  expect(() => validate(none, 5)).toThrow('a Standard Schema gave neither a value nor issues');
});
