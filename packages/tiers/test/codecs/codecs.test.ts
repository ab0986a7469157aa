import { inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesCodec } from '../../src/codecs/bytes.ts';
import { jsonCodec } from '../../src/codecs/json.ts';
import { msgpackCodec } from '../../src/codecs/msgpack.ts';

const both = [jsonCodec, msgpackCodec];

function roundTrip(codec: typeof jsonCodec, value: unknown): unknown {
  return codec.decode(Buffer.from(codec.encode(value)));
}

describe('the codec json', () => {
  it('gives back whatever JSON can say', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(roundTrip(jsonCodec, value)).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  it.each([
    ['a function', () => 1],
    ['a symbol', Symbol('x')],
    ['a bigint within', { a: 1n }],
    ['a cycle', cyclic()],
  ])('refuses %s', (_what, value) => {
    expect(() => jsonCodec.encode(value)).toThrow(TypeError);
  });

  it('refuses bytes that are no JSON', () => {
    expect(() => jsonCodec.decode(Buffer.from('{"a":'))).toThrow(SyntaxError);
    expect(() => jsonCodec.decode(Buffer.alloc(0))).toThrow(SyntaxError);
  });
});

describe('the codec bytes', () => {
  it('passes bytes through, a view of any kind included', () => {
    const bytes = Buffer.from([0, 255, 1]);
    expect(bytesCodec.encode(bytes)).toBe(bytes);
    expect(bytesCodec.decode(bytes)).toBe(bytes);
    expect(bytesCodec.encode(new Uint8Array(2))).toHaveLength(2);
  });

  it.each(['text', null, [1, 2], new ArrayBuffer(2), new Uint16Array(2)])('refuses %o', (value) => {
    expect(() => bytesCodec.encode(value)).toThrow(TypeError);
  });
});

describe('the codec msgpack', () => {
  const scalar = fc.oneof(
    fc.integer(),
    fc.double().map((value) => value + 0),
    fc.bigInt(),
    fc.bigInt({ min: -(2n ** 600n), max: 2n ** 600n }),
    fc.string({ unit: 'grapheme' }),
    fc.boolean(),
    fc.constant(null),
    fc.constant(undefined),
    fc.date({ noInvalidDate: false }),
    fc.uint8Array({ maxLength: 20 }),
    fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
    fc.float64Array({ maxLength: 4 }),
  );
  const key = fc.string({ unit: 'grapheme' }).filter((name) => name !== '__proto__');
  const { value: anyValue } = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      scalar,
      fc.array(tie('value'), { maxLength: 5 }),
      fc.dictionary(key, tie('value'), { maxKeys: 6, noNullPrototype: true }),
      fc
        .array(fc.tuple(tie('value'), tie('value')), { maxLength: 4 })
        .map((pairs) => new Map(pairs)),
      fc.array(tie('value'), { maxLength: 4 }).map((items) => new Set(items)),
    ),
  }));

  it('gives back Map, Set, Date, BigInt, undefined and bytes, in any nesting', () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        // -0 is written as 0, and inspect tells them apart
        const shown = (of: unknown): string =>
          inspect(of, { depth: null, maxArrayLength: null }).replaceAll('-0,', '0,');
        expect(shown(roundTrip(msgpackCodec, value))).toBe(shown(value));
      }),
      { numRuns: 500 },
    );
  });

  it('tells a Map from an object', () => {
    expect(roundTrip(msgpackCodec, [new Map([['a', 1]]), { a: 1 }, new Map(), {}])).toEqual([
      new Map([['a', 1]]),
      { a: 1 },
      new Map(),
      {},
    ]);
  });

  it('keeps cycles and what is shared', () => {
    const value = roundTrip(msgpackCodec, cyclic()) as {
      self: unknown;
      map: Map<unknown, unknown>;
    };
    expect(value.self).toBe(value);
    expect(value.map.get('root')).toBe(value);
  });

  it('makes messages that stand by themselves', () => {
    // no reader has seen the keys before, and none is needed for the second message to be the same
    const first = Buffer.from(msgpackCodec.encode({ name: 'a', at: 1 }));
    msgpackCodec.encode({ other: 1, keys: 2 });
    expect(Buffer.from(msgpackCodec.encode({ name: 'a', at: 1 })).equals(first)).toBe(true);
    expect(first.includes('name')).toBe(true);
  });

  it('gives bytes that are no view of what was read', () => {
    const bytes = Buffer.from(msgpackCodec.encode({ inner: Buffer.from('abc') }));
    const { inner } = msgpackCodec.decode(bytes) as { inner: Buffer };
    bytes.fill(0);
    expect(inner.toString()).toBe('abc');
  });

  it.each([
    ['a function', () => 1],
    ['a function within', { a: [() => 1] }],
    ['a symbol', { a: Symbol('x') }],
  ])('refuses %s', (_what, value) => {
    expect(() => msgpackCodec.encode(value)).toThrow();
    expect(roundTrip(msgpackCodec, { a: 1 })).toEqual({ a: 1 });
  });

  it('refuses what is cut short, and what has bytes behind it', () => {
    const bytes = Buffer.from(msgpackCodec.encode({ a: [1, 2, 'x'] }));
    for (let end = 0; end < bytes.length; end++) {
      expect(() => msgpackCodec.decode(bytes.subarray(0, end)), `${end}`).toThrow();
    }
    expect(() => msgpackCodec.decode(Buffer.concat([bytes, Buffer.from([0])]))).toThrow(RangeError);
  });

  it('bears any bytes, and reads the next message right', () => {
    const good = Buffer.from(msgpackCodec.encode([{ a: 1 }, { a: 2 }]));
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        try {
          msgpackCodec.decode(Buffer.from(bytes));
        } catch (error) {
          expect(error).toBeInstanceOf(Error);
        }
        expect(msgpackCodec.decode(good)).toEqual([{ a: 1 }, { a: 2 }]);
      }),
      { numRuns: 3000 },
    );
  });

  it('bears damage to a message of every kind of value', () => {
    const whole = Buffer.from(
      msgpackCodec.encode({
        map: new Map<unknown, unknown>([[{ a: 1 }, 2n ** 80n]]),
        set: new Set([1, 'x', new Date(0)]),
        list: [{ a: 1 }, { a: 2 }, cyclic()],
        error: new RangeError('x'),
        bytes: Buffer.alloc(9),
        floats: new Float64Array(2),
      }),
    );
    const at = fc.nat({ max: whole.length - 1 });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(at, fc.nat({ max: 255 })), { minLength: 1, maxLength: 4 }),
        (changes) => {
          const bytes = Buffer.from(whole);
          for (const [index, value] of changes) bytes[index] = value;
          try {
            msgpackCodec.decode(bytes);
          } catch (error) {
            expect(error).toBeInstanceOf(Error);
          }
        },
      ),
      { numRuns: 3000 },
    );
    expect(roundTrip(msgpackCodec, { a: 1 })).toEqual({ a: 1 });
  });

  it('refuses nesting too deep for the stack, at any depth', () => {
    const deep = Buffer.alloc(5_000_000, 0x91);
    expect(() => msgpackCodec.decode(deep)).toThrow(RangeError);
    expect(roundTrip(msgpackCodec, [1])).toEqual([1]);
  });

  it.each([
    ['array', 0xdd],
    ['map', 0xdf],
    ['bytes', 0xc6],
    ['text', 0xdb],
    ['extension', 0xc9],
  ])('refuses a forged length of 4 GB without taking memory: %s', (_what, token) => {
    const before = process.memoryUsage();
    const bytes = Buffer.from([token, 0xff, 0xff, 0xff, 0xff, 1, 1, 1]);
    expect(() => msgpackCodec.decode(bytes)).toThrow();
    const after = process.memoryUsage();
    expect(after.heapUsed - before.heapUsed).toBeLessThan(50e6);
    expect(after.arrayBuffers - before.arrayBuffers).toBeLessThan(50e6);
  });

  it('refuses bytes behind a value that would be endless in print', () => {
    // [[[…], same], same] 60 deep: 300 bytes, and 2^60 items to whoever writes them out
    const levels = 60;
    const parts: number[] = [];
    for (let id = 1; id <= levels; id++) parts.push(0x92, 0xd6, 0x69, 0, 0, 0, id);
    parts.push(0x90);
    for (let id = levels; id >= 1; id--) parts.push(0xd6, 0x70, 0, 0, 0, id);
    expect(msgpackCodec.decode(Buffer.from(parts))).toHaveLength(2);
    parts.push(0);
    expect(() => msgpackCodec.decode(Buffer.from(parts))).toThrow('where its bytes do');
  });

  it('compiles no code from the keys of records', () => {
    const bytes = Buffer.from(
      msgpackCodec.encode(Array.from({ length: 20 }, (_, i) => ({ unheardOfKey: i }))),
    );
    const original = globalThis.Function;
    let compiled = 0;
    globalThis.Function = new Proxy(original, {
      construct(target, args: string[]) {
        compiled++;
        return new target(...args);
      },
    });
    try {
      expect(msgpackCodec.decode(bytes)).toHaveLength(20);
    } finally {
      globalThis.Function = original;
    }
    expect(compiled).toBe(0);
  });
});

describe.each(both)('the codec $name', (codec) => {
  it('writes the same bytes for the same value', () => {
    const value = { a: [1, 'x', null, { b: true }] };
    expect(Buffer.from(codec.encode(value)).equals(Buffer.from(codec.encode(value)))).toBe(true);
  });
});

function cyclic(): object {
  const value: Record<string, unknown> = { a: 1, map: new Map() };
  value['self'] = value;
  (value['map'] as Map<unknown, unknown>).set('root', value);
  return value;
}
