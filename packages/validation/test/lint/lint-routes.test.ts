import { type as ark } from 'arktype';
import { Type } from 'typebox';
import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { lintRoutes } from '../../src/lint/lint-routes.ts';

const CLOSED = { additionalProperties: false } as const;

/** Rule and place of each finding, for one route. */
function lint(schema: object, schemas: Record<string, unknown> = {}): string[] {
  const route = { method: 'POST', url: '/', schema, schemas };
  return lintRoutes([route]).map((found) => `${found.rule} ${found.in}${found.pointer}`);
}
const query = (part: object): object => ({
  querystring: { type: 'object', properties: { a: part } },
});

test('a finding names route, part, place and what to write', () => {
  const body = { type: 'object', properties: { ids: { type: 'array' } }, ...CLOSED };
  const route = { method: ['PUT', 'PATCH'], url: '/users/:id', schema: { body } };
  expect(lintRoutes([route])).toEqual([
    {
      route: 'PUT,PATCH /users/:id',
      in: 'body',
      pointer: '/properties/ids',
      rule: 'array-without-limit',
      message: 'an array without maxItems: give it one',
    },
  ]);
});

test('routes without schema, and parts that are no schema, have nothing to mend', () => {
  expect(lintRoutes([])).toEqual([]);
  expect(lintRoutes([{ method: 'GET', url: '/', schema: undefined }])).toEqual([]);
  expect(
    lint({ body: null, querystring: 1, params: true, response: { 200: Type.Array(Type.Any()) } }),
  ).toEqual([]);
});

test('each part of a request is looked at', () => {
  const part = { type: 'object', properties: { a: { type: 'string', pattern: '(a+)+$' } } };
  for (const [slot, name] of [
    ['querystring', 'query'],
    ['query', 'query'],
    ['params', 'params'],
    ['headers', 'headers'],
    ['cookies', 'cookies'],
  ]) {
    expect(lint({ [slot as string]: part })).toEqual([`unsafe-pattern ${name}/properties/a`]);
  }
});

describe('array-without-limit', () => {
  const at = 'array-without-limit query/properties/a';
  test.each<[string, object, string[]]>([
    ['an array', { type: 'array' }, [at]],
    ['an array or null', { type: ['array', 'null'] }, [at]],
    ['items without type', { items: {} }, [at]],
    ['an array with maxItems', { type: 'array', maxItems: 5 }, []],
    ['a closed tuple', { prefixItems: [{}], items: false }, []],
    ['a closed tuple of draft 7', { items: [{}], additionalItems: false }, []],
    ['an open tuple', { prefixItems: [{}] }, [at]],
    [
      'an array in an array',
      { type: 'array', maxItems: 1, items: { type: 'array' } },
      [`${at}/items`],
    ],
    ['an array in a composition', { anyOf: [{ type: 'array' }] }, [`${at}/anyOf/0`]],
    ['an array behind else', { if: {}, else: { type: 'array' } }, [`${at}/else`]],
    ['a string', { type: 'string' }, []],
  ])('%s', (_name, part, found) => {
    expect(lint(query(part))).toEqual(found);
  });
});

describe('quadratic-unique', () => {
  const at = 'quadratic-unique query/properties/a';
  const many = { type: 'array', maxItems: 1_000, uniqueItems: true };
  test.each<[string, object, string[]]>([
    ['objects', { ...many, items: { type: 'object' } }, [at]],
    ['anything', many, [at]],
    ['a mixed type', { ...many, items: { type: ['string', 'object'] } }, [at]],
    ['a few objects', { ...many, maxItems: 100, items: { type: 'object' } }, []],
    ['strings', { ...many, items: { type: 'string' } }, []],
    ['strings or null', { ...many, items: { type: ['string', 'null'] } }, []],
    ['strings by ref', { ...many, items: { $ref: 'S' } }, []],
    ['a ref to nowhere', { ...many, items: { $ref: 'T' } }, [at]],
    ['items that may be equal', { ...many, uniqueItems: false, items: {} }, []],
  ])('%s', (_name, part, found) => {
    expect(lint(query(part), { S: { $id: 'S', type: 'string' } })).toEqual(found);
  });
});

describe('unsafe-pattern', () => {
  const at = 'unsafe-pattern query/properties/a';
  test.each<[string, object, string[]]>([
    ['nested repetitions', { type: 'string', pattern: '^(a+)+$' }, [at]],
    ['no regular expression', { type: 'string', pattern: '(' }, [at]],
    ['a harmless one', { type: 'string', pattern: '^[a-z]+$' }, []],
    ['names of fields', { type: 'object', patternProperties: { '^(x+)+$': {} } }, [at]],
    ['names by propertyNames', { propertyNames: { pattern: '(a*)*' } }, [`${at}/propertyNames`]],
  ])('%s', (_name, part, found) => {
    expect(lint(query(part))).toEqual(found);
  });
});

describe('open-body', () => {
  const inner = { type: 'object', properties: { b: { type: 'string' } } };
  test.each<[string, object, string[]]>([
    ['an object', inner, ['open-body body']],
    ['properties without type', { properties: {} }, ['open-body body']],
    ['an object that takes all', { ...inner, additionalProperties: true }, ['open-body body']],
    ['a closed object', { ...inner, ...CLOSED }, []],
    ['an object closed by unevaluatedProperties', { ...inner, unevaluatedProperties: false }, []],
    ['a dictionary', { type: 'object', additionalProperties: { type: 'string' } }, []],
    [
      'an open object in a closed one',
      { type: 'object', properties: { a: inner }, ...CLOSED },
      ['open-body body/properties/a'],
    ],
    ['a composition that is closed outside', { allOf: [inner], unevaluatedProperties: false }, []],
    [
      'a composition',
      { type: 'object', ...CLOSED, properties: { a: { oneOf: [inner] } } },
      ['open-body body/properties/a/oneOf/0'],
    ],
    ['a string', { type: 'string' }, []],
  ])('%s', (_name, body, found) => {
    expect(lint({ body })).toEqual(found);
  });

  test('is asked of bodies only', () => {
    expect(lint({ querystring: inner, params: inner, headers: inner })).toEqual([]);
  });

  test('is asked of bodies by content type', () => {
    const content = { 'application/json': { schema: inner }, 'text/plain': {} };
    expect(lint({ body: { content } })).toEqual(['open-body body']);
  });

  test('is what a library does with unknown fields, where its JSON Schema says so', () => {
    const text = z.object({ a: z.string() });
    expect(lint({ body: text })).toEqual([]);
    expect(lint({ body: z.strictObject({ a: z.string() }) })).toEqual([]);
    expect(lint({ body: z.looseObject({ a: z.string() }) })).toEqual(['open-body body']);
    expect(lint({ body: ark({ a: 'string' }) })).toEqual(['open-body body']);
    expect(lint({ body: ark({ a: 'string', '+': 'delete' }) })).toEqual([]);
    expect(lint({ body: Type.Object({ a: Type.String() }) })).toEqual(['open-body body']);
    expect(lint({ body: Type.Object({ a: Type.String() }, CLOSED) })).toEqual([]);
    expect(lint({ body: v.looseObject({ a: v.string() }) })).toEqual([]);
  });
});

test('arrays of every library are found', () => {
  const at = ['array-without-limit body/properties/a'];
  expect(lint({ body: z.object({ a: z.array(z.string()) }) })).toEqual(at);
  expect(lint({ body: z.object({ a: z.array(z.string()).max(9) }) })).toEqual([]);
  expect(lint({ body: v.object({ a: v.array(v.string()) }) })).toEqual(at);
  expect(lint({ body: ark({ '+': 'delete', a: 'string[]' }) })).toEqual(at);
  expect(lint({ body: Type.Object({ a: Type.Array(Type.String()) }, CLOSED) })).toEqual(at);
});

test('refs are followed, each schema once, and recursion ends', () => {
  const tree = {
    $id: 'Tree',
    type: 'object',
    properties: { children: { type: 'array', items: { $ref: '#' } }, at: { $ref: '#spot' } },
    $defs: { spot: { $anchor: 'spot', type: 'array' }, 'a/b': { type: 'array' } },
    ...CLOSED,
  };
  expect(lint({ body: { $ref: 'Tree#' } }, { Tree: tree })).toEqual([
    'array-without-limit body/properties/children',
    'array-without-limit body/properties/at',
  ]);
  expect(lint({ body: { $ref: 'Tree#/$defs/a~1b' } }, { Tree: tree })).toEqual([
    'array-without-limit body',
  ]);
  expect(lint({ body: { $ref: 'Tree#/$defs/none' } }, { Tree: tree })).toEqual([]);
  expect(lint({ body: { $ref: 'Tree#/%zz' } }, { Tree: tree })).toEqual([]);
  expect(lint({ body: { $ref: 'Nowhere' } })).toEqual([]);
});

test('cyclic schemas of TypeBox are followed', () => {
  const node = Type.Object({ next: Type.Array(Type.Ref('Node')) }, CLOSED);
  expect(lint({ body: Type.Cyclic({ Node: node }, 'Node') })).toEqual([
    'array-without-limit body/properties/next',
  ]);
});

test('what a library cannot say in JSON Schema is not judged', () => {
  const validate = (value: unknown): { value: unknown } => ({ value });
  const own = { '~standard': { version: 1, vendor: 'own', validate } };
  expect(lint({ body: own })).toEqual([]);
});
