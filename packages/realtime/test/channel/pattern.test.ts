import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { defineChannel } from '../../src/channel/definition.ts';
import { checkChannelName, isChannelName } from '../../src/channel/name.ts';
import { matchPattern, overlaps, parsePattern } from '../../src/channel/pattern.ts';
import { ChannelRegistry } from '../../src/channel/registry.ts';

describe('a channel name', () => {
  it.each(['a', 'orders/42', 'cache/url/%2Fa%3Fb', ':id', '*', 'ä/😀 x', 'a'.repeat(256)])(
    'may be %j',
    (name) => {
      expect(checkChannelName(name)).toBe(name);
    },
  );

  it.each([
    '',
    '/a',
    'a/',
    'a//b',
    '/',
    'a\nb',
    'a\u0000',
    'a\u007f',
    'a\u0085',
    'a\u2028',
    '\ud800',
    'a'.repeat(257),
    7,
    null,
    undefined,
    ['a'],
  ])('may not be %j', (name) => {
    expect(isChannelName(name)).toBe(false);
    expect(() => checkChannelName(name)).toThrow(
      expect.objectContaining({ code: 'CATZ_REALTIME_CHANNEL_NAME', statusCode: 400 }),
    );
  });

  it('is not repeated in the error, as it comes from a client', () => {
    expect(() => checkChannelName('secret//')).toThrow(/got another text$/);
  });
});

describe('a pattern', () => {
  const match = (pattern: string, name: string): unknown => {
    const params = matchPattern(parsePattern(pattern), name.split('/'));
    return params === undefined ? undefined : { ...params };
  };

  it('takes segments by its params, as they are written', () => {
    expect(match('orders/:id', 'orders/4%2F2')).toEqual({ id: '4%2F2' });
    expect(match(':a/x/:b', '1/x/2')).toEqual({ a: '1', b: '2' });
    expect(match('files/*', 'files/a/b')).toEqual({ '*': 'a/b' });
    expect(match('news', 'news')).toEqual({});
    expect(match('*', 'a/b')).toEqual({ '*': 'a/b' });
  });

  it.each([
    ['orders/:id', 'orders'],
    ['orders/:id', 'orders/1/2'],
    ['orders/:id', 'order/1'],
    ['files/*', 'files'],
    ['news', 'News'],
  ])('%s does not fit %s', (pattern, name) => {
    expect(match(pattern, name)).toBeUndefined();
  });

  it('keeps a param called __proto__ apart from the object', () => {
    const params = matchPattern(parsePattern('a/:__proto__'), ['a', 'x'])!;
    expect(Object.keys(params)).toEqual(['__proto__']);
  });

  it.each(['', 'a//b', 'a/*/b', 'a/*rest', 'a*', ':', 'a/:1', ':a/:a', 'x/:a-b', 5])(
    'may not be %j',
    (text) => {
      expect(() => parsePattern(text as string)).toThrow(
        expect.objectContaining({ code: 'CATZ_REALTIME_CHANNEL_NAME' }),
      );
    },
  );

  it('overlaps another exactly where some name fits both', () => {
    const segment = fc.constantFrom('a', 'b', ':x');
    const pattern = fc
      .tuple(fc.array(segment, { minLength: 1, maxLength: 3 }), fc.boolean())
      .map(([parts, hasRest]) => {
        const named = parts.map((part, index) => (part === ':x' ? `:x${index}` : part));
        return (hasRest ? [...named, '*'] : named).join('/');
      });
    const names: string[] = [];
    const grow = (prefix: string, left: number): void => {
      for (const part of ['a', 'b', 'c']) {
        const name = prefix === '' ? part : `${prefix}/${part}`;
        names.push(name);
        if (left > 1) grow(name, left - 1);
      }
    };
    grow('', 5);
    fc.assert(
      fc.property(pattern, pattern, (one, other) => {
        const isBoth = names.some(
          (name) => match(one, name) !== undefined && match(other, name) !== undefined,
        );
        const [a, b] = [parsePattern(one), parsePattern(other)];
        expect(overlaps(a, b)).toBe(isBoth);
        expect(overlaps(b, a)).toBe(isBoth);
      }),
      { seed: 4, numRuns: 300 },
    );
  });
});

describe('a definition', () => {
  it('needs authorize, or to be public', () => {
    expect(() => defineChannel('a', {} as never)).toThrow(
      'expected options.authorize of the channel a to be a function, or options.public to be true, got neither',
    );
    expect(() => defineChannel('a', { public: false } as never)).toThrow('got neither');
    expect(() => defineChannel('a', undefined as never)).toThrow('got neither');
  });

  it('has defaults that let nobody publish and show nobody', () => {
    expect(defineChannel('a', { public: true })).toMatchObject({
      authorize: undefined,
      publish: false,
      validate: undefined,
      presence: false,
    });
  });

  it.each([
    [{ public: true, publish: 1 }, 'expected options.publish to be true or false, got 1'],
    [{ public: true, presence: 'yes' }, 'options.presence to be true, false or a function'],
    [{ public: true, validate: {} }, 'options.validate to be a function'],
    [
      { public: true, validate: () => true },
      'expected options.publish of the channel a to be true',
    ],
    [{ authorise: () => true }, 'did you mean authorize?'],
  ])('refuses %j', (options, message) => {
    expect(() => defineChannel('a', options as never)).toThrow(
      expect.objectContaining({
        code: 'CATZ_REALTIME_OPTION',
        message: expect.stringContaining(message) as string,
      }),
    );
  });

  it('is taken once for a name', () => {
    const registry = new ChannelRegistry();
    registry.add(defineChannel('orders/:id', { public: true }));
    registry.add(defineChannel('orders/:id/items', { public: true }));
    expect(() => registry.add(defineChannel('orders/latest', { public: true }))).toThrow(
      expect.objectContaining({
        code: 'CATZ_REALTIME_CHANNEL_TAKEN',
        message: 'the channel orders/latest is defined already, as orders/:id',
      }),
    );
    expect(registry.find('orders/1')!.definition.pattern.text).toBe('orders/:id');
    expect(registry.find('orders/1/items')!.params['id']).toBe('1');
    expect(registry.find('orders')).toBeUndefined();
  });
});
