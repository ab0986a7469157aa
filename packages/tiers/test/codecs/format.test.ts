import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Codec, Compression } from '../../src/codecs/codec.ts';
import { ValueFormat } from '../../src/codecs/format.ts';
import type * as lz4 from '../../src/codecs/lz4.ts';
import { readEnvelope } from '../../src/envelope/decode.ts';
import { encodeEnvelope, encodeTombstone } from '../../src/envelope/encode.ts';
import { FLAG } from '../../src/envelope/envelope.ts';
import type { Envelope, EnvelopeHead } from '../../src/envelope/envelope.ts';
import { anyHead, bareHead, fullHead } from '../envelope/support.ts';

const format = new ValueFormat();
const text = Buffer.from('a value that repeats itself, '.repeat(100));

/** What a cache would store of a value, at once or not. */
async function stored(of: ValueFormat, value: unknown, compress = true): Promise<Buffer> {
  const { codec, flags, payload } = of.encode(value);
  return of.pack({ ...fullHead, codec, flags }, payload, compress);
}

async function whole(of: ValueFormat, bytes: Buffer): Promise<Envelope> {
  const envelope = await of.unpack(bytes);
  if (typeof envelope === 'string') throw new Error(envelope);
  return envelope;
}

const own: Compression = {
  id: 130,
  name: 'own',
  minBytes: 0,
  compress: (raw) => raw.subarray(0, raw.length / 2),
  decompress: (bytes) => Buffer.concat([bytes, bytes]),
};

describe('a value', () => {
  it.each([
    ['json', { a: [1, null, 'x'] }],
    ['msgpack', { a: new Map([[1, new Set(['x'])]]), at: new Date(5) }],
    ['bytes', Buffer.from('raw')],
  ] as const)('comes back through every step: %s', async (codec, value) => {
    const of = new ValueFormat({ codec });
    const envelope = await whole(of, await stored(of, value));
    expect(of.decode(envelope)).toEqual(value);
    expect(envelope).toMatchObject({ tags: fullHead.tags, meta: fullHead.meta, compression: 0 });
  });

  it('that is undefined is a flag, and null is a value', async () => {
    expect(format.encode(undefined)).toMatchObject({ codec: 1, flags: FLAG.undefined });
    const envelope = await whole(format, await stored(format, undefined));
    expect(envelope.flags).toBe(FLAG.undefined);
    expect(format.decode(envelope)).toBeUndefined();
    expect(format.decode(await whole(format, await stored(format, null)))).toBeNull();
  });

  it('is read by the codec that wrote it, whatever writes now', async () => {
    const bytes = await stored(new ValueFormat({ codec: 'msgpack' }), new Set([1]));
    expect(format.decode(await whole(format, bytes))).toEqual(new Set([1]));
  });

  it('that has no form is refused by codec and kind, the cause kept', () => {
    expect(() => format.encode(10n)).toThrow(
      expect.objectContaining({
        code: 'CATZ_TIERS_ENCODE',
        message: 'the codec json cannot encode 10n',
        cause: expect.any(TypeError),
      }),
    );
    expect(() => format.encode(() => 1)).toThrow('cannot encode');
    const codec: Codec = { id: 128, name: 'odd', encode: () => 'x' as never, decode: () => 1 };
    expect(() => new ValueFormat({ codec }).encode(1)).toThrow('odd cannot encode 1 as bytes');
  });

  it('that a codec cannot read is an error with the cause', async () => {
    const bytes = await format.pack(fullHead, Buffer.from('{"a'), false);
    const envelope = await whole(format, bytes);
    expect(() => format.decode(envelope)).toThrow(
      expect.objectContaining({ code: 'CATZ_TIERS_DECODE', cause: expect.any(SyntaxError) }),
    );
    expect(() => format.decode({ ...envelope, codec: 222 })).toThrow('the codec 222');
    expect(() => format.decode({ ...envelope, compression: 1 })).toThrow(
      expect.objectContaining({ code: 'CATZ_TIERS_DECODE' }),
    );
  });

  it('can be shared when it is frozen, or bytes of the codec bytes', () => {
    const value = { a: [1] };
    expect(format.freeze(1, value)).toBe(true);
    expect(Object.isFrozen(value.a)).toBe(true);
    expect(format.freeze(2, Buffer.from('x'))).toBe(true);
    expect(format.freeze(3, { at: new Date() })).toBe(false);
    expect(format.freeze(3, Buffer.from('x'))).toBe(false);
  });
});

describe('compression', () => {
  it('is used from 1 KB on, where it saves a tenth', async () => {
    expect(readEnvelope(await format.pack(fullHead, text.subarray(0, 1023), true))).toMatchObject({
      compression: 0,
    });
    const bytes = await format.pack(fullHead, text.subarray(0, 1024), true);
    expect(readEnvelope(bytes)).toMatchObject({ compression: 1, rawLength: 1024 });
    expect(bytes.length).toBeLessThan(400);
    const random = createHash('shake256', { outputLength: 4000 }).update('x').digest();
    expect(readEnvelope(await format.pack(fullHead, random, true))).toMatchObject({
      compression: 0,
      payload: random,
    });
  });

  it('is left out when asked, and above maxValueBytes', async () => {
    expect(format.pack(fullHead, text, false)).toHaveLength(encodeEnvelope(fullHead, text).length);
    const bounded = new ValueFormat({ maxValueBytes: 2000 });
    expect(readEnvelope(await bounded.pack(fullHead, text, true))).toMatchObject({
      compression: 0,
    });
  });

  it('gives raw payloads back, at once for small values', () => {
    const bytes = format.pack(fullHead, text, true) as Buffer;
    expect(format.unpack(bytes)).toMatchObject({
      compression: 0,
      payload: text,
      rawLength: text.length,
    });
  });

  it('works in another thread for large values', async () => {
    const large = Buffer.alloc(300_000, 'abc');
    const packing = format.pack(fullHead, large, true);
    expect(packing).toBeInstanceOf(Promise);
    const unpacking = format.unpack(await packing);
    expect(unpacking).toBeInstanceOf(Promise);
    expect(await unpacking).toMatchObject({ compression: 0, payload: large });
  });

  it('is read by those who do not compress', async () => {
    const bytes = await format.pack(fullHead, text, true);
    const raw = new ValueFormat({ compression: false });
    expect(await raw.unpack(bytes)).toMatchObject({ payload: text });
    expect(raw.pack(fullHead, text, true)).toHaveLength(encodeEnvelope(fullHead, text).length);
    expect(await new ValueFormat({ compression: own }).unpack(bytes)).toMatchObject({
      payload: text,
    });
  });

  it('of the user is used by id, and unknown to others', async () => {
    const of = new ValueFormat({ compression: own });
    const bytes = await of.pack(fullHead, Buffer.from('abab'), true);
    expect(readEnvelope(bytes)).toMatchObject({ compression: 130, rawLength: 4 });
    expect(await of.unpack(bytes)).toMatchObject({ payload: Buffer.from('abab') });
    expect(await format.unpack(bytes)).toBe('version');
  });

  it.each<[string, Partial<Compression>]>([
    ['throws', { compress: () => fail() }],
    ['rejects', { compress: () => Promise.reject(new Error('no')) }],
    ['gives nothing', { compress: () => undefined as never }],
    ['gives no bytes in time', { compress: () => Promise.resolve('x' as never) }],
    ['gives more', { compress: (raw) => Buffer.concat([raw, raw]) }],
  ])('that %s leaves the value raw', async (_what, part) => {
    const of = new ValueFormat({ compression: { ...own, ...part } });
    expect(await of.unpack(await of.pack(fullHead, text, true))).toMatchObject({ payload: text });
  });

  it.each<[string, Partial<Compression>]>([
    ['throws', { decompress: () => fail() }],
    ['rejects', { decompress: () => Promise.reject(new Error('no')) }],
    ['gives nothing', { decompress: () => undefined as never }],
    ['gives no bytes in time', { decompress: () => Promise.resolve('x' as never) }],
    ['gives another length', { decompress: () => Buffer.alloc(1) }],
    ['gives another length in time', { decompress: async () => Buffer.alloc(1) }],
  ])('that %s on reading makes the entry corrupt', async (_what, part) => {
    const of = new ValueFormat({ compression: { ...own, ...part } });
    expect(await of.unpack(await of.pack(fullHead, Buffer.from('abab'), true))).toBe('corrupt');
  });

  it('takes an array of bytes that is no Buffer', async () => {
    const plain = { ...own, decompress: () => new Uint8Array([97, 98, 97, 98]) };
    const of = new ValueFormat({ compression: plain });
    const envelope = await whole(of, await of.pack(fullHead, Buffer.from('abab'), true));
    expect(envelope.payload.toString()).toBe('abab');
  });
});

describe('without lz4-napi', () => {
  afterEach(() => {
    vi.doUnmock('../../src/codecs/lz4.ts');
    vi.resetModules();
  });

  it('nothing is compressed unless asked, and compressed entries are kept for others', async () => {
    const bytes = await format.pack(fullHead, text, true);
    vi.resetModules();
    vi.doMock('../../src/codecs/lz4.ts', async (original) => {
      const { loadLz4, LZ4_ID } = await original<typeof lz4>();
      return { LZ4_ID, loadLz4: (): Compression => loadLz4(fail) };
    });
    const { ValueFormat: Without } = await import('../../src/codecs/format.ts');
    const without = new Without();
    expect(without.compressionName).toBe('none');
    expect(without.pack(fullHead, text, true)).toHaveLength(encodeEnvelope(fullHead, text).length);
    expect(without.unpack(bytes)).toBe('version');
    expect(() => new Without({ compression: 'lz4' })).toThrow(
      expect.objectContaining({ code: 'CATZ_TIERS_DEPENDENCY' }),
    );
  });
});

describe('bytes from a tier below', () => {
  it('come back as any head and payload that was packed', async () => {
    await fc.assert(
      fc.asyncProperty(
        anyHead.map((head): EnvelopeHead => ({ ...head, codec: 1 })),
        fc.uint8Array({ maxLength: 3000, size: 'max' }),
        fc.boolean(),
        async (head, payload, compress) => {
          const envelope = await whole(format, await format.pack(head, payload, compress));
          expect(Buffer.compare(envelope.payload, payload)).toBe(0);
          expect(envelope.tags).toEqual(head.tags);
          expect(envelope.graceUntil).toBe(head.graceUntil);
        },
      ),
    );
  });

  it('are a fault when one of them has changed', async () => {
    const bytes = await format.pack(fullHead, text, true);
    for (let at = 0; at < bytes.length; at++) {
      const damaged = Buffer.from(bytes);
      damaged[at] = (damaged[at] as number) ^ 0x55;
      const fault = at < 2 ? 'foreign' : at === 2 ? 'version' : 'corrupt';
      expect(await format.unpack(damaged), `byte ${at}`).toBe(fault);
    }
  });

  it('never make reading throw or reject, with a right checksum either', async () => {
    const bytes = await format.pack(bareHead, text, true);
    const change = fc.tuple(fc.nat({ max: bytes.length - 5 }), fc.nat({ max: 255 }));
    await fc.assert(
      fc.asyncProperty(fc.array(change, { maxLength: 5 }), async (changes) => {
        const forged = Buffer.from(bytes);
        for (const [at, value] of changes) forged[at] = value;
        forged.writeUInt32BE(crc32(forged.subarray(0, -4)), forged.length - 4);
        const envelope = await format.unpack(forged);
        if (typeof envelope === 'string') return;
        expect(envelope.payload).toHaveLength(envelope.rawLength);
      }),
      { numRuns: 2000 },
    );
  });

  it('of an unknown codec are another release’s, unless they hold no value', async () => {
    const bytes = encodeEnvelope({ ...bareHead, codec: 99 }, text);
    expect(format.unpack(bytes)).toBe('version');
    const tombstone = await whole(format, encodeTombstone(1, 2));
    expect(tombstone.flags).toBe(FLAG.tombstone);
    expect(format.decode(tombstone)).toBeUndefined();
  });

  it('that say they are 2 GB are not believed', async () => {
    const block = Buffer.alloc(50);
    block.writeUInt32LE(2 ** 31, 0);
    const before = process.memoryUsage().rss;
    const head = { ...bareHead, compression: 1 };
    // in both lengths: above maxValueBytes; in one of them: corrupt
    expect(await format.unpack(encodeEnvelope(head, block, 2 ** 31))).toBe('version');
    expect(await format.unpack(encodeEnvelope(head, block, 3000))).toBe('corrupt');
    expect(process.memoryUsage().rss - before).toBeLessThan(200e6);
  });
});

function fail(): never {
  throw new Error('no');
}
