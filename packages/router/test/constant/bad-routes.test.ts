// What cannot be a constant route is refused where it is declared, in a sentence that names the route and the fault.
import { expect, test } from 'vitest';
import { addConstant } from '../../src/constant/add-constant.ts';
import type { ConstantOptions } from '../../src/constant/types.ts';
import { makeApp } from './apps.ts';

const cyclic: Record<string, unknown> = {};
cyclic['self'] = cyclic;

test.each<[string, unknown, string]>([
  ['an unknown key', { body: 'x', stauts: 200 }, 'unknown response.stauts beside response.body'],
  ['JSON with a key named body', { id: 1, body: 'x' }, 'is written { body: { … } }'],
  [
    'a description without body',
    { status: 301, headers: { location: '/' } },
    'expected response.body',
  ],
  ['a status alone', { status: 204 }, 'body: null'],
  ['headers alone', { headers: {} }, 'body: null'],
  ['no response', undefined, 'response.body to be text, bytes, an object or null, got undefined'],
  ['a number', 5, 'response.body to be text, bytes, an object or null, got 5'],
  ['a status of text', { body: '', status: '200' }, 'response.status to be an integer from 200'],
  ['an interim status', { body: '', status: 103 }, 'response.status'],
  ['a status above all', { body: '', status: 600 }, 'response.status'],
  ['content of a 204', { body: 'x', status: 204 }, 'to be null, as 204 has no content, got "x"'],
  ['content of a 304', { body: 'x', status: 304 }, 'to be null, as 304'],
  ['a cycle', cyclic, 'to be what JSON can hold: Converting circular'],
  ['a BigInt', { n: 1n }, 'to be what JSON can hold'],
  ['JSON of nothing', { toJSON: () => undefined }, 'to be what JSON can hold'],
  ['headers of text', { body: '', headers: 'x: 1' }, 'response.headers to be an object of header'],
  ['a header of two lines', { body: '', headers: { a: 'b\r\nc: d' } }, 'what HTTP allows'],
  ['a name with a space', { body: '', headers: { 'a b': 'c' } }, 'what HTTP allows'],
  ['a value beyond Latin-1', { body: '', headers: { a: '\u0141' } }, 'what HTTP allows'],
  ['a value that is none', { body: '', headers: { a: true } }, 'headers.a to be text, a number'],
  ['a list with a hole', { body: '', headers: { a: ['b', null] } }, 'headers.a to be text'],
  ['a name twice', { body: '', headers: { A: '1', a: '2' } }, 'to name a once'],
  ['a length', { body: '', headers: { 'Content-Length': 1 } }, 'without content-length'],
  ['a date', { body: '', headers: { date: 'x' } }, 'without date'],
  ['chunks', { body: '', headers: { 'transfer-encoding': 'chunked' } }, 'transfer-encoding'],
  ['a type that is none', { body: '', contentType: 'html' }, 'contentType to be a media type'],
  ['a type of two lines', { body: '', contentType: 'a/b;\r\nc' }, 'contentType'],
  ['a tag without quotes', { body: '', etag: 'v1' }, 'etag to be false or a tag in quotes'],
  ['a tag as a header', { body: '', headers: { etag: 'v1' } }, 'etag to be'],
  ['a tag twice', { body: '', etag: '"a"', headers: { etag: '"a"' } }, 'etag or its header'],
  ['a time that is none', { body: '', lastModified: new Date(NaN) }, 'lastModified to be a valid'],
  ['a time of text', { body: '', headers: { 'last-modified': '2026' } }, 'lastModified'],
])('%s is refused', (_what, response, message) => {
  expect(() => addConstant(makeApp(), '/x', response as string)).toThrow(
    expect.objectContaining({
      code: 'CATZ_ROUTER_BAD_ROUTE',
      message: expect.stringMatching(
        new RegExp(`^GET /x: .*${message.replace(/[{}.?]/g, '\\$&')}`, 's'),
      ),
    }),
  );
});

test.each<[string, object, string]>([
  ['a handler', { handler: () => 'x' }, 'without handler'],
  ['compress of text', { compress: 'gzip' }, 'options.compress to be true or false'],
])('%s among the options is refused', (_what, options, message) => {
  expect(() => addConstant(makeApp(), '/x', 'x', options as ConstantOptions)).toThrow(
    expect.objectContaining({
      code: 'CATZ_ROUTER_BAD_ROUTE',
      message: expect.stringContaining(message),
    }),
  );
});

test('a response that has a coding already is not compressed', () => {
  const response = { body: Buffer.of(1), headers: { 'content-encoding': 'gzip' } };
  expect(() => addConstant(makeApp(), '/x', response, { compress: true })).toThrow(
    expect.objectContaining({
      code: 'CATZ_ROUTER_BAD_ROUTE',
      message: 'GET /x: expected compress: false of a response that has a content-encoding already',
    }),
  );
});

test('an object that no description could be is JSON', async () => {
  const app = makeApp();
  const objects = [
    {},
    { status: 'ok' },
    { status: 1, uptime: 2 },
    new (class A {
      status = 1;
    })(),
  ];
  for (const [at, object] of objects.entries()) addConstant(app, `/${at}`, object);
  for (const [at, object] of objects.entries()) {
    expect((await app.inject(`/${at}`)).body).toBe(JSON.stringify(object));
  }
});
