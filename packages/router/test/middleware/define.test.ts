// Options of one middleware: defaults, and what is refused where it is written.
import { describe, expect, test } from 'vitest';
import { isMiddleware } from '../../src/middleware/define.ts';
import { define } from './support.ts';
import type { Loose } from './support.ts';

const pre = (): undefined => undefined;
const post = pre;

test('a middleware is frozen and has the defaults of the guide', () => {
  const made = define({ name: 'a', pre });
  expect(made).toMatchObject({
    name: 'a',
    priority: 500,
    postPriority: 500,
    at: 'preHandler',
    provides: [],
    requires: [],
    transforms: false,
    perRequest: false,
    on404: false,
    skippable: false,
  });
  expect(Object.isFrozen(made)).toBe(true);
  expect(isMiddleware(made)).toBe(true);
  expect(isMiddleware({ ...made })).toBe(false);
});

test('postPriority is the counterpart of priority with a pre, and priority without one', () => {
  expect(define({ name: 'a', priority: 100, pre, post }).postPriority).toBe(900);
  expect(define({ name: 'a', priority: 100, post }).postPriority).toBe(100);
  expect(define({ name: 'a', priority: 100, pre, post, postPriority: 7 }).postPriority).toBe(7);
});

describe('CATZ_MIDDLEWARE_OPTIONS', () => {
  test.each<[string, unknown, RegExp]>([
    ['no object', 5, /^expected middleware to be an object, got 5$/],
    [
      'no name',
      { pre },
      /^expected middleware.name to be a name of 1 to 64 letters.*got undefined$/,
    ],
    ['a name that is no token', { name: 'a b', pre }, /got "a b"$/],
    ['a long name', { name: 'a'.repeat(65), pre }, /middleware.name/],
    ['no part', { name: 'a' }, /^middleware a: expected pre, post or after$/],
    [
      'a part that is no function',
      { name: 'a', pre: 5 },
      /middleware.pre to be a function, got 5$/,
    ],
    ['an unknown point', { name: 'a', pre, at: 'onSend' }, /"onRequest" or "preValidation" or/],
    ['a misspelt option', { name: 'a', pre, prority: 5 }, /did you mean priority\?$/],
    ['a key that is taken', { name: 'a', pre, provides: ['outcome'] }, /provides\[0\].*"outcome"$/],
    ['a key that is none', { name: 'a', pre, provides: ['__proto__'] }, /provides\[0\]/],
    ['provides without a pre', { name: 'a', post, provides: ['b'] }, /a: expected a pre, which/],
    ['at without a pre', { name: 'a', post, at: 'onRequest' }, /a: expected a pre, for at/],
    ['transforms without a post', { name: 'a', pre, transforms: true }, /a: expected a post, for/],
    ['perRequest without a post', { name: 'a', pre, perRequest: true }, /a: expected a post, for/],
    ['both kinds of post', { name: 'a', post, transforms: true, perRequest: true }, /not both$/],
    ['an async perRequest', { name: 'a', post: async () => {}, perRequest: true }, /not async/],
    [
      'what it provides itself',
      { name: 'a', pre, provides: ['b'], requires: ['b'] },
      /not to require b/,
    ],
  ])('refuses %s', (_what, definition, message) => {
    expect(() => define(definition)).toThrow(
      expect.objectContaining({
        code: 'CATZ_MIDDLEWARE_OPTIONS',
        message: expect.stringMatching(message) as string,
      }) as Error,
    );
  });
});

describe('CATZ_MIDDLEWARE_PRIORITY', () => {
  test.each<[string, Loose]>([
    ['below 0', { priority: -1 }],
    ['above 1000', { priority: 1001 }],
    ['a fraction', { priority: 1.5 }],
    ['text', { priority: '5' }],
    ['NaN', { priority: Number.NaN }],
    ['a postPriority above 1000', { post, postPriority: 1001 }],
  ])('refuses %s', (_what, more) => {
    expect(() => define({ name: 'a', pre, ...more })).toThrow(
      expect.objectContaining({
        code: 'CATZ_MIDDLEWARE_PRIORITY',
        message: expect.stringContaining('riority to be an integer from 0 to 1000, got') as string,
      }) as Error,
    );
  });

  test('takes both ends', () => {
    expect(define({ name: 'a', priority: 0, pre, post }).postPriority).toBe(1000);
    expect(define({ name: 'a', priority: 1000, pre, post }).postPriority).toBe(0);
  });
});
