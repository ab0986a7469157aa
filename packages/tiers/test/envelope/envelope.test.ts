import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createdOf, readEnvelope } from '../../src/envelope/decode.ts';
import { encodeEnvelope, encodeTombstone } from '../../src/envelope/encode.ts';
import { FLAG } from '../../src/envelope/envelope.ts';
import type { Envelope } from '../../src/envelope/envelope.ts';
import { anyHead, bareHead, fullHead } from './support.ts';

const payload = Buffer.from('{"a":1}');

function read(bytes: Buffer): Envelope {
  const envelope = readEnvelope(bytes);
  if (typeof envelope === 'string') throw new Error(envelope);
  return envelope;
}

/** The same bytes with a checksum that is right. */
function signed(bytes: Buffer): Buffer {
  bytes.writeUInt32BE(crc32(bytes.subarray(0, -4)), bytes.length - 4);
  return bytes;
}

function changed(at: number, value: number, head = bareHead): Buffer {
  const bytes = encodeEnvelope(head, payload);
  bytes[at] = value;
  return signed(bytes);
}

describe('an envelope', () => {
  it('gives back every field of its head and the payload', () => {
    const bytes = encodeEnvelope(fullHead, payload);
    expect(read(bytes)).toEqual({ ...fullHead, rawLength: payload.length, payload });
  });

  it('gives back any head', () => {
    fc.assert(
      fc.property(anyHead, fc.uint8Array({ maxLength: 300 }), (head, raw) => {
        const envelope = read(encodeEnvelope(head, raw));
        const { memoryTtl, remoteTtl, diskTtl, ...rest } = head;
        expect(envelope).toMatchObject({ ...rest, tags: [...head.tags], rawLength: raw.length });
        expect(Object.entries(envelope.meta)).toEqual(Object.entries(head.meta));
        expect(Buffer.compare(envelope.payload, raw)).toBe(0);
        for (const [got, given] of [
          [envelope.memoryTtl, memoryTtl],
          [envelope.remoteTtl, remoteTtl],
          [envelope.diskTtl, diskTtl],
        ] as const) {
          if (Number.isFinite(given)) {
            // f32 keeps 24 bits
            expect(got).toBeLessThanOrEqual(given);
            expect(got).toBeGreaterThanOrEqual(given * (1 - 2 ** -23) - 2 ** -149);
          } else {
            expect(got).toBe(given);
          }
        }
      }),
    );
  });

  it('never rounds a stay up', () => {
    const year = 31_536_003_000;
    expect(Math.fround(year)).toBeGreaterThan(year);
    const { memoryTtl } = read(encodeEnvelope({ ...bareHead, memoryTtl: year }, payload));
    expect(memoryTtl).toBe(31_536_001_024);
  });

  it('keeps NaN as no bound and Infinity as for ever', () => {
    const envelope = read(encodeEnvelope({ ...bareHead, diskTtl: Infinity }, payload));
    expect(envelope.memoryTtl).toBeNaN();
    expect(envelope.cost).toBeNaN();
    expect(envelope.diskTtl).toBe(Infinity);
    expect(envelope.expiresAt).toBe(Infinity);
  });

  it('holds the payload as a view, and a copy of what the caller gave', () => {
    const given = Buffer.from('abc');
    const bytes = encodeEnvelope(bareHead, given);
    given.fill(0);
    const view = read(bytes).payload;
    expect(view.toString()).toBe('abc');
    expect(view.buffer).toBe(bytes.buffer);
  });

  it('is 64 bytes longer than the payload, without tags and meta', () => {
    expect(encodeEnvelope(bareHead, payload)).toHaveLength(64 + payload.length);
  });

  it('keeps a meta key named __proto__ as a key', () => {
    const meta = JSON.parse('{"__proto__":"x","a":"b"}') as Record<string, string>;
    const got = read(encodeEnvelope({ ...bareHead, meta }, payload)).meta;
    expect(Object.entries(got)).toEqual([
      ['__proto__', 'x'],
      ['a', 'b'],
    ]);
    expect(Object.getPrototypeOf(got)).toBe(Object.prototype);
  });

  it('leaves inherited meta out', () => {
    const meta = Object.create({ a: 'b' }) as Record<string, string>;
    expect(read(encodeEnvelope({ ...bareHead, meta }, payload)).meta).toEqual({});
  });

  it('refuses tags and meta that do not fit their sections', () => {
    const long = 'x'.repeat(65_000);
    expect(() => encodeEnvelope({ ...bareHead, tags: [long, long] }, payload)).toThrow(
      expect.objectContaining({ code: 'CATZ_TIERS_TAG' }),
    );
    expect(() => encodeEnvelope({ ...bareHead, meta: { long, b: long } }, payload)).toThrow(
      expect.objectContaining({ code: 'CATZ_TIERS_OPTION' }),
    );
  });

  it('is refused by all who check when it was written without checksum', () => {
    const bytes = encodeEnvelope(bareHead, payload, payload.length, { checksum: false });
    expect(readEnvelope(bytes)).toBe('corrupt');
    expect(readEnvelope(bytes, { verify: false })).toMatchObject({ codec: 1, payload });
  });
});

describe('a tombstone', () => {
  it('has a stamp, an end and no value', () => {
    expect(read(encodeTombstone(5_000_000, 30_000))).toMatchObject({
      flags: FLAG.tombstone,
      created: 5_000_000,
      expiresAt: 30_000,
      graceUntil: 30_000,
      rawLength: 0,
    });
  });
});

describe('the stamp alone', () => {
  it('is read of any version, and of nothing else', () => {
    const bytes = encodeEnvelope(fullHead, payload);
    expect(createdOf(bytes)).toBe(fullHead.created);
    bytes[2] = 9;
    expect(createdOf(bytes)).toBe(fullHead.created);
    expect(createdOf(bytes.subarray(0, 16))).toBe(fullHead.created);
    expect(createdOf(bytes.subarray(0, 15))).toBeUndefined();
    expect(createdOf(Buffer.from('something else altogether'))).toBeUndefined();
    bytes.writeDoubleBE(NaN, 8);
    expect(createdOf(bytes)).toBeUndefined();
  });

  it('stands where a script in Redis looks for it', () => {
    expect(encodeEnvelope(fullHead, payload).readDoubleBE(8)).toBe(fullHead.created);
  });
});

describe('bytes that are no envelope', () => {
  it.each([
    ['nothing', Buffer.alloc(0), 'foreign'],
    ['one byte', Buffer.from([0x63]), 'foreign'],
    ['the magic alone', Buffer.from([0x63, 0x7a]), 'corrupt'],
    [
      'text',
      Buffer.from('{"what": "another application keeps, and it is long enough"}'),
      'foreign',
    ],
    ['an envelope of a later version', Buffer.from([0x63, 0x7a, 2]), 'version'],
    ['a head cut short', encodeEnvelope(bareHead, payload).subarray(0, 63), 'corrupt'],
    ['a payload cut short', encodeEnvelope(bareHead, payload).subarray(0, -1), 'corrupt'],
    [
      'bytes behind',
      Buffer.concat([encodeEnvelope(bareHead, payload), Buffer.alloc(1)]),
      'corrupt',
    ],
  ])('are told apart: %s', (_what, bytes, fault) => {
    expect(readEnvelope(bytes)).toBe(fault);
  });

  it.each([
    ['a flag of a later release', changed(6, 0x80), 'version'],
    ['a header shorter than it can be', changed(5, 59), 'corrupt'],
    ['a payload of 4 GB', changed(56, 0xff), 'corrupt'],
    ['a stamp that is no number', changed(8, 0x7f, { ...bareHead, created: -Infinity }), 'corrupt'],
    ['a grace that ends before the ttl', changed(24, 0xff), 'corrupt'],
    ['a raw length that differs without compression', changed(51, 1), 'corrupt'],
    ['a negative stay', signed(negative(32)), 'corrupt'],
    ['a negative cost', signed(negative(44)), 'corrupt'],
  ])('with a right checksum are no envelope: %s', (_what, bytes, fault) => {
    expect(readEnvelope(bytes)).toBe(fault);
  });

  function negative(at: number): Buffer {
    const bytes = encodeEnvelope(bareHead, payload);
    bytes.writeFloatBE(-1, at);
    return bytes;
  }

  it('have tags or meta whose lengths do not add up', () => {
    const tags = encodeEnvelope({ ...bareHead, tags: ['abcd'] }, payload);
    tags.writeUInt16BE(5, 60);
    expect(readEnvelope(signed(tags))).toBe('corrupt');
    tags.writeUInt16BE(3, 60);
    expect(readEnvelope(signed(tags))).toBe('corrupt');
    // one text is no pair
    const meta = encodeEnvelope({ ...bareHead, meta: { ab: '' } }, payload);
    meta.writeUInt16BE(4, 60);
    expect(readEnvelope(signed(meta))).toBe('corrupt');
  });

  it('never make reading throw', () => {
    const start = fc.constantFrom([0x63, 0x7a, 1], [0x63, 0x7a], []);
    fc.assert(
      fc.property(start, fc.uint8Array({ maxLength: 200 }), fc.boolean(), (head, rest, verify) => {
        const bytes = Buffer.from([...head, ...rest]);
        const got = readEnvelope(bytes, { verify });
        expect(typeof got === 'string' || got.payload.length <= bytes.length).toBe(true);
        createdOf(bytes);
      }),
      { numRuns: 2000 },
    );
  });

  it('are made by the change of any one byte', () => {
    const bytes = encodeEnvelope(fullHead, payload);
    for (let at = 0; at < bytes.length; at++) {
      for (const bit of [1, 0x10, 0x80, 0xff]) {
        const damaged = Buffer.from(bytes);
        damaged[at] = (damaged[at] as number) ^ bit;
        const fault = at < 2 ? 'foreign' : at === 2 ? 'version' : 'corrupt';
        expect(readEnvelope(damaged), `byte ${at}`).toBe(fault);
      }
    }
  });
});

describe('reading without a check', () => {
  it('never gives a payload that is not within the bytes', () => {
    const whole = encodeEnvelope(fullHead, payload);
    const at = fc.nat({ max: whole.length - 1 });
    fc.assert(
      fc.property(fc.array(fc.tuple(at, fc.nat({ max: 255 })), { maxLength: 6 }), (changes) => {
        const bytes = Buffer.from(whole);
        for (const [index, value] of changes) bytes[index] = value;
        const got = readEnvelope(bytes, { verify: false });
        if (typeof got === 'string') return;
        expect(got.payload.length).toBeLessThanOrEqual(bytes.length - 64);
        expect(got.graceUntil >= got.expiresAt).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  it('allows a longer header of a later release of this version', () => {
    const bytes = encodeEnvelope(bareHead, payload);
    const longer = Buffer.concat([bytes.subarray(0, 60), Buffer.alloc(8), bytes.subarray(60)]);
    longer[5] = 68;
    expect(read(signed(longer)).payload.toString()).toBe(payload.toString());
  });
});

it('large payloads come back whole', () => {
  const large = Buffer.alloc(3_000_000, createHash('sha256').update('x').digest());
  expect(read(encodeEnvelope(fullHead, large)).payload.equals(large)).toBe(true);
});
