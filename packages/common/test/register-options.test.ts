import { describe, expect, it } from 'vitest';
import { checkOptions, int, refuseRegisterOptions, registerOptions } from '../src/index.ts';

const error = (message: string) => new RangeError(message);
const site = { path: 'options', error };
const check = (input: unknown) => () => refuseRegisterOptions(input, 'board', 'options.path', site);

describe('options of register()', () => {
  it.each([
    [
      { prefix: '/api' },
      'expected options.prefix to be given to a scope around board, got "/api": ' +
        'app.register(async (scope) => { await scope.register(board, options); }, { prefix }), or set options.path',
    ],
    [
      { logLevel: 'warn' },
      'expected options.logLevel to be given to a scope around board, got "warn": ' +
        'app.register(async (scope) => { await scope.register(board, options); }, { logLevel })',
    ],
    [
      { logSerializers: {} },
      'expected options.logSerializers to be given to a scope around board, got an object: ' +
        'app.register(async (scope) => { await scope.register(board, options); }, { logSerializers })',
    ],
  ])('are refused by a plugin with routes, with the way to go: %j', (input, message) => {
    expect(check(input)).toThrow(new RangeError(message));
  });

  it.each([
    undefined,
    {},
    { prefix: '' },
    { prefix: undefined, logLevel: '', logSerializers: null },
    { path: '/api' },
  ])('pass where they say nothing: %j', (input) => {
    expect(check(input)).not.toThrow();
  });

  it('are passed over by a plugin without routes', () => {
    const context = { ...site, ignore: registerOptions };
    const input = { prefix: '/x', logLevel: 'warn', logSerializers: {} };
    expect(checkOptions(input, { a: int({ default: 1 }) }, context)).toEqual({ a: 1 });
  });
});
