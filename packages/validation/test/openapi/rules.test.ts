// The rules that documents are held against find what they are there for.
import { expect, test } from 'vitest';
import type { Json } from './documents.ts';
import { wrongIn } from './rules.ts';

const sound = {
  openapi: '3.1.0',
  info: { title: 't', version: '1' },
  paths: {
    '/a/{id}': {
      get: {
        operationId: 'a',
        parameters: [{ in: 'path', name: 'id', required: true, schema: { type: 'string' } }],
        responses: { 200: { description: 'ok', content: { 'a/b': { schema: true } } } },
      },
    },
  },
};
const at = (change: (get: Json, document: Json) => void) => {
  const document = structuredClone(sound);
  change(document.paths['/a/{id}'].get, document);
  return document;
};

test('a sound document has nothing wrong', () => {
  expect(wrongIn(sound)).toEqual([]);
});

test.each<[string, unknown, RegExp]>([
  ['another version', { ...sound, openapi: '3.0.3' }, /openapi/],
  ['no title', { ...sound, info: { version: '1' } }, /title/],
  ['an unknown member', at((get) => (get['extra'] = 1)), /additional/],
  ['a path without slash', { ...sound, paths: { a: {} } }, /additional/],
  ['an unknown method', at((_get, doc) => (doc['paths']['/b'] = { query: {} })), /additional/],
  ['a response without description', at((get) => (get['responses'][200] = {})), /description/],
  ['a status that is none', at((get) => (get['responses'][600] = {})), /additional/],
  ['an optional path parameter', at((get) => delete get['parameters'][0].required), /required/],
  ['a path parameter that is missing', at((get) => (get['parameters'] = [])), /are not those/],
  ['a parameter twice', at((get) => get['parameters'].push(get['parameters'][0])), /twice|those/],
  [
    'an operationId twice',
    at((get, doc) => (doc['paths']['/b'] = { get: { ...get, parameters: [] } })),
    /not unique/,
  ],
  [
    'a ref to nowhere',
    at((get) => (get['parameters'][0].schema = { $ref: '#/components/schemas/X' })),
    /points nowhere/,
  ],
  [
    'a ref into the schema itself',
    at((get) => (get['parameters'][0].schema = { $ref: '#/$defs/X', $defs: { X: true } })),
    /points nowhere/,
  ],
  [
    'a schema that is none',
    at((get) => (get['parameters'][0].schema = { type: 'text' })),
    /must be equal to one of/,
  ],
])('%s is found', (_name, document, message) => {
  expect(wrongIn(document).join('\n')).toMatch(message);
});
