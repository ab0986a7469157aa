import { describe, expect, expectTypeOf, it } from 'vitest';
import { defineErrors } from '../src/index.ts';
import type { ErrorTable } from '../src/index.ts';

const errors: ErrorTable<'CATZ_SHOP', 'KEY' | 'CLOSED'> = defineErrors('CATZ_SHOP', {
  KEY: { message: 'expected key to be a string, got %s', help: 'Convert it.', base: TypeError },
  CLOSED: { message: 'shop %s is closed', help: 'Come back.', statusCode: 503 },
});

describe('defineErrors', () => {
  it('makes constructors whose code is prefix and key', () => {
    expect(errors.KEY.code).toBe('CATZ_SHOP_KEY');
    expect(new errors.CLOSED('x').code).toBe('CATZ_SHOP_CLOSED');
    expectTypeOf(errors.KEY.code).toEqualTypeOf<'CATZ_SHOP_KEY'>();
    expectTypeOf(new errors.CLOSED('x').code).toEqualTypeOf<'CATZ_SHOP_CLOSED'>();
  });

  it('refuses keys the table does not have at compile time', () => {
    // @ts-expect-error: no such key
    expect(errors.OPEN).toBeUndefined();
  });

  it('fills the arguments into the message and keeps the cause', () => {
    const cause = new Error('why');
    const error = new errors.CLOSED('one', { cause });
    expect(error.message).toBe('shop one is closed');
    expect(error.cause).toBe(cause);
    expect(error.stack).toContain('define-errors.test.ts');
  });

  it('makes instances of the base, of their own class, and of no other class of the table', () => {
    const error = new errors.KEY('1');
    expect(error).toBeInstanceOf(TypeError);
    expect(error).toBeInstanceOf(Error);
    expect(error).toBeInstanceOf(errors.KEY);
    expect(error).not.toBeInstanceOf(errors.CLOSED);
    expect(new errors.CLOSED('x')).not.toBeInstanceOf(TypeError);
  });

  it('recognises errors of another installed copy of the same table', () => {
    const copy = defineErrors('CATZ_SHOP', { KEY: { message: 'other %s', help: 'x' } });
    expect(new copy.KEY('1')).toBeInstanceOf(errors.KEY);
  });

  it('carries the status for Fastify, 500 by default', () => {
    expect(new errors.CLOSED('x').statusCode).toBe(503);
    expect(new errors.KEY('x').statusCode).toBe(500);
  });

  it('keeps the rows for the docs', () => {
    expect(errors.$table).toEqual([
      {
        code: 'CATZ_SHOP_KEY',
        base: 'TypeError',
        statusCode: 500,
        message: 'expected key to be a string, got %s',
        help: 'Convert it.',
      },
      {
        code: 'CATZ_SHOP_CLOSED',
        base: 'Error',
        statusCode: 503,
        message: 'shop %s is closed',
        help: 'Come back.',
      },
    ]);
  });

  it('is frozen with its rows', () => {
    expect(Object.isFrozen(errors)).toBe(true);
    expect(Object.isFrozen(errors.$table)).toBe(true);
    expect(Object.isFrozen(errors.$table[0])).toBe(true);
  });

  it.each(['lower', 'KEY_', 'A-B', ''])('refuses the key %j', (key) => {
    expect(() => defineErrors('CATZ', { [key]: { message: 'm', help: 'h' } })).toThrow(
      /upper-case words, got CATZ_/,
    );
  });
});
