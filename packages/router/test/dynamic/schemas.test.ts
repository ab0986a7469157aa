import { createRequire } from 'node:module';
import { describe, expect, test } from 'vitest';
import { VERSIONS } from '../fastify/versions.ts';
import { lowerHeaders } from '../../src/dynamic/headers-schema.ts';
import { randomFrom } from '../support/random.ts';
import type { Random } from '../support/random.ts';
import { get, makeTable } from './apps.ts';

const [, make] = VERSIONS.at(-1)!;
const handler = async (request: { query: unknown }) => request.query;

describe('schemas', () => {
  test('of one text share their validator, other texts and parts do not', async () => {
    const { app, table } = await makeTable(make);
    const validators: unknown[] = [];
    const add = (url: string, schema: object): void => {
      table.add({
        method: 'GET',
        url,
        schema,
        handler: async (request) => {
          validators.push(
            request.getValidationFunction('querystring') ?? request.getValidationFunction('params'),
          );
          return 'ok';
        },
      });
    };
    const schema = () => ({ type: 'object', properties: { id: { type: 'string', maxLength: 3 } } });
    add('/a/:id', { querystring: schema() });
    add('/b/:id', { querystring: schema() });
    add('/c/:id', { params: schema() });
    add('/d/:id', { querystring: { ...schema(), maxProperties: 2 } });
    for (const url of ['a', 'b', 'c', 'd']) expect(await get(app, `/t/${url}/1`)).toBe('ok');
    expect(validators[0]).toBe(validators[1]);
    expect(new Set(validators).size).toBe(3);
  });

  test("are each given to a compiler of the application's own, with method and URL", async () => {
    const compiled: unknown[] = [];
    const { table } = await makeTable(
      make,
      {},
      {
        before(root) {
          root.setValidatorCompiler(({ method, url, httpPart }) => {
            compiled.push([method, url, httpPart]);
            return () => true;
          });
        },
      },
    );
    for (const url of ['/a', '/b']) {
      table.add({ method: 'GET', url, schema: { querystring: { type: 'object' } }, handler });
    }
    expect(compiled).toEqual([
      ['GET', '/t/a', 'querystring'],
      ['GET', '/t/b', 'querystring'],
    ]);
  });

  test('that are more than JSON are never taken for each other', async () => {
    class Point {}
    const kinds = [() => 1, Symbol('a'), 10n, NaN, undefined, new Date(0), new Point()];
    const customOptions = { keywords: ['mine'], strict: false };
    const { app, table } = await makeTable(make, {}, { fastify: { ajv: { customOptions } } });
    const seen: unknown[] = [];
    for (const [i, mine] of kinds.entries()) {
      for (const url of [`/x${i}`, `/y${i}`]) {
        table.add({
          method: 'GET',
          url,
          schema: { querystring: { type: 'object', mine } },
          handler: async (request) => {
            seen.push(request.getValidationFunction('querystring'));
            return 'ok';
          },
        });
      }
    }
    for (const i of kinds.keys())
      for (const one of ['x', 'y']) expect(await get(app, `/t/${one}${i}`)).toBe('ok');
    expect(new Set(seen).size).toBe(2 * kinds.length);
  });

  test('with a cycle are refused', async () => {
    const { table } = await makeTable(make);
    const schema: Record<string, unknown> = { type: 'object' };
    schema['not'] = schema;
    expect(() =>
      table.add({ method: 'GET', url: '/a', schema: { querystring: schema }, handler }),
    ).toThrow(/circular/);
  });

  test('are left as they were given', async () => {
    const { app, table } = await makeTable(make);
    const schema = {
      query: { type: 'object', properties: { n: { type: 'integer' } } },
      headers: { type: 'object', properties: { 'X-A': {} } },
      response: { '2XX': { type: 'object', properties: { n: { type: 'integer' } } } },
    };
    const before = structuredClone(schema);
    table.add({ method: 'GET', url: '/a', schema: schema as never, handler });
    expect(await get(app, '/t/a?n=5&m=6')).toBe('{"n":5}');
    expect(schema).toEqual(before);
    expect(Object.getOwnPropertySymbols(schema)).toEqual([]);
  });

  test.each(['isFluentSchema', 'isFluentJSONSchema', Symbol.for('fluent-schema-object')])(
    'that say %s are written out',
    async (mark) => {
      const { app, table } = await makeTable(make);
      const fluent = (schema: object) => ({ [mark]: true, valueOf: () => schema });
      const part = { type: 'object', properties: { n: { type: 'integer' } } };
      table.add({
        method: 'GET',
        url: '/a',
        schema: { querystring: fluent(part), response: { 200: fluent(part) } },
        handler,
      });
      expect(await get(app, '/t/a?n=5&m=6')).toBe('{"n":5}');
      expect((await app.inject('/t/a?n=x')).statusCode).toBe(400);
    },
  );

  test('may be true and false, of any part', async () => {
    const { app, table } = await makeTable(make);
    table.add({ method: 'GET', url: '/no', schema: { querystring: false } as never, handler });
    table.add({ method: 'GET', url: '/yes', schema: { headers: true } as never, handler });
    expect((await app.inject('/t/no')).statusCode).toBe(400);
    expect((await app.inject('/t/yes')).statusCode).toBe(200);
  });
});

describe('names of headers', () => {
  const { compileSchemasForValidation } = createRequire(import.meta.url)(
    'fastify/lib/validation.js',
  ) as {
    compileSchemasForValidation: (
      context: object,
      compile: (to: { schema: unknown }) => void,
      isCustom: boolean,
    ) => void;
  };
  const byFastify = (headers: unknown): unknown => {
    let lowered: unknown;
    compileSchemasForValidation(
      { schema: { headers } },
      ({ schema }) => void (lowered = schema),
      false,
    );
    return lowered;
  };

  const NAMES = ['X-A', 'Accept', 'x-b', 'CONST'];
  const KEYWORDS = [
    'properties',
    'required',
    'dependencies',
    'dependentSchemas',
    'dependentRequired',
    'definitions',
    '$defs',
    'patternProperties',
    'allOf',
    'anyOf',
    'not',
    'if',
    'items',
    'additionalProperties',
    'propertyNames',
    'enum',
    'const',
    'type',
    'pattern',
    'contains',
    'default',
  ];
  function schemaOf(random: Random, depth: number): unknown {
    if (depth === 0 || random.once(6)) return random.pick([true, false, {}, { type: 'string' }]);
    const schema: Record<string, unknown> = {};
    for (let i = random.int(4); i >= 0; i--) {
      const keyword = random.pick(KEYWORDS);
      schema[keyword] = valueOf(random, keyword, depth - 1);
    }
    return schema;
  }
  function valueOf(random: Random, keyword: string, depth: number): unknown {
    const names = () => Array.from({ length: random.int(3) }, () => random.pick(NAMES));
    const byName = (value: () => unknown) =>
      Object.fromEntries(names().map((name) => [name, value()]));
    if (['required', 'enum'].includes(keyword)) return names();
    if (['const', 'default', 'type', 'pattern'].includes(keyword)) return random.pick(NAMES);
    if (['allOf', 'anyOf'].includes(keyword))
      return [schemaOf(random, depth), schemaOf(random, depth)];
    if (keyword === 'dependentRequired') return byName(names);
    if (keyword === 'dependencies')
      return byName(() => (random.once(2) ? names() : schemaOf(random, depth)));
    if (
      /[Pp]roperties$|definitions|\$defs|Schemas/.test(keyword) &&
      keyword !== 'additionalProperties'
    ) {
      return byName(() => schemaOf(random, depth));
    }
    return schemaOf(random, depth);
  }

  test('are lowered as Fastify lowers them, in 3000 random schemas', () => {
    const random = randomFrom(7);
    let changed = 0;
    for (let i = 0; i < 3000; i++) {
      const schema = schemaOf(random, 4) as object;
      if (typeof schema !== 'object') continue;
      const before = structuredClone(schema);
      const lowered = lowerHeaders(schema);
      expect(lowered, `seed 7, schema ${i}: ${JSON.stringify(schema)}`).toEqual(byFastify(schema));
      expect(schema).toEqual(before);
      if (JSON.stringify(lowered) !== JSON.stringify(schema)) changed++;
    }
    expect(changed).toBeGreaterThan(1000);
  });

  test('a broken schema is left for the compiler to refuse', () => {
    for (const headers of [
      { properties: null },
      { dependencies: 7 },
      { required: 'X-A' },
      { $defs: [] },
    ]) {
      expect(() => lowerHeaders(headers)).not.toThrow();
    }
  });
});
