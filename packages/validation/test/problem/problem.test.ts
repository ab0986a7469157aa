import { describe, expect, test } from 'vitest';
import { isProblem, problem } from '../../src/problem/problem.ts';
import type { ProblemOptions } from '../../src/problem/problem.ts';
import { VERSIONS, makeApp } from './apps.ts';

describe.each(VERSIONS)('Fastify %s', (_version, make) => {
  test('a thrown problem is answered as it says, with its fields', async () => {
    const app = makeApp(make);
    app.get('/', async () => {
      throw problem(409, {
        code: 'SOLD_OUT',
        title: 'Sold out',
        detail: 'the last one is gone',
        type: 'https://example.com/problems/sold-out',
        errors: [{ in: 'body', pointer: '/items/0', code: 'stock', message: 'none left' }],
        headers: { 'Retry-After': 5, link: ['<a>', '<b>'] },
      });
    });
    const answer = await app.inject('/');
    expect(answer.statusCode).toBe(409);
    expect(answer.headers['content-type']).toBe('application/problem+json');
    expect(answer.headers['retry-after']).toBe('5');
    expect(answer.headers.link).toEqual(['<a>', '<b>']);
    expect(Object.keys(answer.json())).toEqual([
      'type',
      'title',
      'status',
      'detail',
      'code',
      'requestId',
      'errors',
    ]);
    expect(answer.json()).toEqual({
      type: 'https://example.com/problems/sold-out',
      title: 'Sold out',
      status: 409,
      detail: 'the last one is gone',
      code: 'SOLD_OUT',
      requestId: 'req-1',
      errors: [{ in: 'body', pointer: '/items/0', code: 'stock', message: 'none left' }],
    });
  });

  test('a problem of 5xx is shown too, for somebody wrote it for clients, and its cause is not', async () => {
    const app = makeApp(make);
    app.get('/', async () => {
      throw problem(503, {
        code: 'BUSY',
        detail: 'come back later',
        cause: new Error('db-secret'),
      });
    });
    const answer = await app.inject('/');
    expect(answer.json()).toMatchObject({ status: 503, code: 'BUSY', detail: 'come back later' });
    expect(answer.body).not.toContain('secret');
  });

  test('a problem without words has the name of its status as title', async () => {
    const app = makeApp(make);
    app.get('/', async () => {
      throw problem(404, { code: 'NO_CITY' });
    });
    expect((await app.inject('/')).json()).toEqual({
      type: 'about:blank',
      title: 'Not Found',
      status: 404,
      code: 'NO_CITY',
      requestId: 'req-1',
    });
  });
});

test('problemBase and the code make the type', async () => {
  const app = makeApp(undefined, { problemBase: 'https://example.com/problems/' });
  app.get('/', async () => {
    throw problem(404, { code: 'NO_CITY' });
  });
  expect((await app.inject('/')).json().type).toBe('https://example.com/problems/NO_CITY');
});

test('fields that describe the message stay ours', async () => {
  const app = makeApp();
  app.get('/', async () => {
    throw problem(400, {
      code: 'X',
      headers: { 'content-type': 'text/html', 'Content-Length': 3, 'content-encoding': 'gzip' },
    });
  });
  const answer = await app.inject('/');
  expect(answer.headers['content-type']).toBe('application/problem+json');
  expect(answer.headers['content-encoding']).toBeUndefined();
  expect(answer.headers['content-length']).toBe(String(Buffer.byteLength(answer.body)));
});

test('a problem is known in another copy of the package by its mark', () => {
  expect(isProblem(problem(400, { code: 'X' }))).toBe(true);
  expect(isProblem(new Error('no'))).toBe(false);
});

test('the message in logs is the detail, else the title, else the code, and the cause is kept', () => {
  const cause = new Error('why');
  expect(problem(400, { code: 'X', title: 't', detail: 'd', cause })).toMatchObject({
    message: 'd',
    cause,
    name: 'ProblemError',
    expose: true,
    status: 400,
    statusCode: 400,
  });
  expect(problem(400, { code: 'X', title: 't' }).message).toBe('t');
  expect(problem(400, { code: 'X' }).message).toBe('X');
  expect('cause' in problem(400, { code: 'X' })).toBe(false);
});

const wrong: [string, number, unknown, RegExp][] = [
  ['a status below 400', 302, { code: 'X' }, /integer from 400 to 599, got 302/],
  ['a status above 599', 600, { code: 'X' }, /got 600/],
  ['a status that is no integer', 404.5, { code: 'X' }, /got 404.5/],
  ['no code', 404, {}, /problem\.code/],
  ['a code with spaces', 404, { code: 'no city' }, /problem\.code/],
  ['an unknown member', 404, { code: 'X', detials: 'x' }, /did you mean detail/],
  ['a type with spaces', 404, { code: 'X', type: 'a b' }, /problem\.type/],
  ['an error without part', 404, { code: 'X', errors: [{}] }, /problem\.errors\[0\]\.in/],
  [
    'an error whose pointer is none',
    404,
    { code: 'X', errors: [{ in: 'body', pointer: 'a', code: 'c', message: 'm' }] },
    /JSON Pointer/,
  ],
  ['a field with a line break', 404, { code: 'X', headers: { link: 'a\r\nb: c' } }, /headers/],
  ['a field name that is none', 404, { code: 'X', headers: { 'a b': 'c' } }, /headers/],
  ['a field of another kind', 404, { code: 'X', headers: { link: {} } }, /headers/],
  ['fields that are a list', 404, { code: 'X', headers: [] }, /headers/],
];
test.each(wrong)('%s is CATZ_VALIDATION_PROBLEM', (_name, status, options, message) => {
  const make = () => problem(status, options as ProblemOptions);
  expect(make).toThrow(expect.objectContaining({ code: 'CATZ_VALIDATION_PROBLEM' }));
  expect(make).toThrow(message);
  expect(make).toThrow(TypeError);
});
