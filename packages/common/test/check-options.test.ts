import { describe, expect, expectTypeOf, it } from 'vitest';
import { bool, checkOptions, duration, int, list, object, optional, string } from '../src/index.ts';

const error = (message: string) => new RangeError(message);
const context = { path: 'options', error };
const specs = {
  ttl: duration({ default: 1000 }),
  name: optional(string()),
  nested: object({ deep: bool(false) }),
};

describe('checkOptions', () => {
  it('applies defaults to absent and undefined options and freezes the result', () => {
    const expected = { ttl: 1000, name: undefined, nested: { deep: false } };
    for (const input of [undefined, {}, { ttl: undefined, nested: undefined }]) {
      const options = checkOptions(input, specs, context);
      expect(options).toStrictEqual(expected);
      expect(Object.isFrozen(options)).toBe(true);
      expect(Object.isFrozen(options.nested)).toBe(true);
    }
  });

  it('infers the type of the result from the specs', () => {
    const options = checkOptions({ name: 'x' }, specs, context);
    expect(options.name).toBe('x');
    expectTypeOf(options.ttl).toEqualTypeOf<number>();
    expectTypeOf(options.name).toEqualTypeOf<string | undefined>();
    expectTypeOf(options.nested.deep).toEqualTypeOf<boolean>();
  });

  it('leaves the input as it was', () => {
    const input = { ttl: 5 };
    const options = checkOptions(input, specs, context);
    input.ttl = 6;
    expect(options.ttl).toBe(5);
    expect(Object.isFrozen(input)).toBe(false);
  });

  it.each([null, 1, 'x', [], () => 1])('refuses %j in place of an object', (input) => {
    expect(() => checkOptions(input, specs, context)).toThrow(
      /^expected options to be an object, got /,
    );
  });

  it('refuses an unknown option and names the nearest', () => {
    expect(() => checkOptions({ tll: 1 }, specs, context)).toThrow(
      new RangeError('unknown option options.tll, did you mean ttl?'),
    );
  });

  it('lists what is known when nothing is near', () => {
    expect(() => checkOptions({ compression: 1 }, specs, context)).toThrow(
      'unknown option options.compression, known are ttl, name, nested',
    );
  });

  it('does not take names of Object.prototype for known options', () => {
    expect(() => checkOptions({ toString: 1 }, specs, context)).toThrow(/unknown option/);
    expect(() => checkOptions(JSON.parse('{"__proto__": 1}'), specs, context)).toThrow(
      /unknown option/,
    );
  });

  it('passes over names that belong to somebody else', () => {
    const options = checkOptions({ prefix: '/x' }, specs, { ...context, ignore: ['prefix'] });
    expect(options).not.toHaveProperty('prefix');
  });

  it('names the whole path of a nested option', () => {
    const rules = { rules: list(object({ ttl: int({ min: 1 }) }), []) };
    expect(() => checkOptions({ rules: [{ ttl: 1 }, { ttl: 0 }] }, rules, context)).toThrow(
      new RangeError('expected options.rules[1].ttl to be an integer of at least 1, got 0'),
    );
    expect(() => checkOptions({ rules: [{ tl: 1 }] }, rules, context)).toThrow(
      'unknown option options.rules[0].tl, did you mean ttl?',
    );
  });

  it('refuses a required option that is absent', () => {
    expect(() => checkOptions({}, { port: int() }, context)).toThrow(
      'expected options.port to be an integer, got undefined',
    );
  });
});
