// Stored forms (src/entry): what encode.ts writes, decode.ts reads back, and whatever else stands under our keys is a miss.
// Damage inside a body of unchanged length is the tiers' to find: records carry no checksum.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decode } from '../../src/entry/decode.ts';
import { encodeEntry, encodeIndex, KIND, MAGIC, PREFIX, VERSION } from '../../src/entry/encode.ts';
import { isIndex, letGo, makeEntry, markedStale, ownBody } from '../../src/entry/entry.ts';
import type { Entry, EntryHead, Stored, VariantIndex } from '../../src/entry/entry.ts';

const date = 'Thu, 01 Jan 2026 00:00:00 GMT';
const body = Buffer.from('a body');
const head: EntryHead = {
  route: 'GET /products/:id',
  key: '1|http|https|a.example|/products/1?é',
  status: 200,
  fields: [
    ['content-type', 'text/plain'],
    ['link', ['<a>', '<b>']],
    ['etag', 'W/"ü"'],
    ['last-modified', date],
    ['date', date],
    ['content-length', '6'],
  ],
  bornAt: 1_767_225_600_123,
  lifetimeMs: 60_000,
  ttlOnly: true,
  authorizationAllowed: false,
  transformed: true,
  isWeakened: false,
  stale: { revalidate: 1, error: 2, overload: 3 },
  mustValidate: false,
  forbidsStale: true,
  ownValidator: true,
  immutable: false,
  took: 12.5,
  tags: ['a', 'group|https|a.example|b'],
};
const index: VariantIndex = {
  key: '1|http|https|a.example|/',
  generation: 'g1',
  lists: [['accept'], ['accept', 'cookie:lang']],
  variants: ['one', 'two'],
  until: 1_767_225_660_000,
};

// A record with any head, as another writer might leave it.
function record(json: string, kind: number = KIND.entry, tail: Buffer = body): Buffer {
  const prefix = Buffer.alloc(PREFIX);
  const text = Buffer.from(json);
  prefix.writeUInt16LE(MAGIC, 0);
  prefix[2] = VERSION;
  prefix[3] = kind;
  prefix.writeUInt32LE(text.length, 4);
  return Buffer.concat([prefix, text, tail]);
}

const withHead = (changes: object): Buffer => record(JSON.stringify({ ...head, ...changes }));
const withIndex = (changes: object): Buffer =>
  record(JSON.stringify({ ...index, ...changes }), KIND.index, Buffer.alloc(0));

function entryOf(stored: Stored | undefined): Entry {
  if (stored === undefined || isIndex(stored)) throw new Error('expected an entry');
  return stored;
}

describe('records', () => {
  it('read an entry back as it was written', () => {
    const entry = entryOf(decode(encodeEntry(head, body)));
    expect(entry).toMatchObject(head);
    expect(entry.body).toEqual(body);
    expect(entry).toEqual(makeEntry(head, body));
  });

  it('read an index back as it was written', () => {
    const stored = decode(encodeIndex(index));
    expect(stored).toEqual(index);
    expect(stored !== undefined && isIndex(stored)).toBe(true);
  });

  it('open with CZ, the version and the kind', () => {
    expect([...encodeEntry(head, body).subarray(0, 4)]).toEqual([0x43, 0x5a, 2, 1]);
    expect([...encodeIndex(index).subarray(0, 4)]).toEqual([0x43, 0x5a, 2, 2]);
  });

  it('copy the body they are given, and give a view of their own bytes', () => {
    const given = Buffer.from('a body');
    const bytes = encodeEntry(head, given);
    given.fill(0);
    const entry = entryOf(decode(bytes));
    expect(entry.body.toString()).toBe('a body');
    expect(entry.body.buffer).toBe(bytes.buffer);
  });

  it.each([0, 1, 3, 255])('of version %d are misses', (version) => {
    for (const bytes of [encodeEntry(head, body), encodeIndex(index)]) {
      bytes[2] = version;
      expect(decode(bytes)).toBeUndefined();
    }
  });

  it.each([0, 3, 255])('of kind %d are misses', (kind) => {
    const bytes = encodeEntry(head, body);
    bytes[3] = kind;
    expect(decode(bytes)).toBeUndefined();
  });

  it('of one kind with the head of the other are misses', () => {
    expect(decode(record(JSON.stringify(head), KIND.index))).toBeUndefined();
    expect(decode(record(JSON.stringify(index), KIND.entry))).toBeUndefined();
  });

  it('with another magic are misses', () => {
    for (const at of [0, 1]) {
      const bytes = encodeEntry(head, body);
      bytes[at]!++;
      expect(decode(bytes)).toBeUndefined();
    }
  });

  it('cut anywhere before the body are misses', () => {
    const bytes = encodeEntry(head, body);
    for (let end = 0; end < bytes.length - body.length; end++) {
      expect(decode(bytes.subarray(0, end)), String(end)).toBeUndefined();
    }
    const indexed = encodeIndex(index);
    for (let end = 0; end < indexed.length; end++) {
      expect(decode(indexed.subarray(0, end)), String(end)).toBeUndefined();
    }
  });

  it('with a head that ends elsewhere are misses', () => {
    for (const length of [0, 1, 0xffff_ffff]) {
      const bytes = encodeEntry(head, body);
      bytes.writeUInt32LE(length, 4);
      expect(decode(bytes)).toBeUndefined();
    }
    // The head itself is whole, and nothing but its length says that more should have come.
    const cut = encodeEntry({ ...head, fields: [] }, Buffer.alloc(0));
    cut.writeUInt32LE(cut.readUInt32LE(4) + 1, 4);
    expect(decode(cut)).toBeUndefined();
  });

  it.each(['', '{', 'null', '[]', '1', '"a"', 'true', '{}', '\u0000'])(
    'with the head %j are misses',
    (json) => {
      expect(decode(record(json))).toBeUndefined();
      expect(decode(record(json, KIND.index))).toBeUndefined();
    },
  );

  it.each([
    { route: 1 },
    { key: null },
    { status: '200' },
    { fields: {} },
    { fields: ['date'] },
    { fields: [[1, 'a']] },
    { bornAt: null },
    { bornAt: '1' },
    { lifetimeMs: null },
    { stale: undefined },
    { stale: null },
    { stale: { revalidate: 0, error: 0 } },
    { stale: { revalidate: 0, error: 0, overload: '0' } },
    { tags: 'a' },
  ])('of an entry with %j are misses', (changes) => {
    expect(decode(withHead(changes))).toBeUndefined();
  });

  it.each([
    { key: 1 },
    { generation: undefined },
    { lists: 'a' },
    { lists: ['a'] },
    { variants: {} },
    { until: null },
  ])('of an index with %j are misses', (changes) => {
    expect(decode(withIndex({}))).toEqual(index);
    expect(decode(withIndex(changes))).toBeUndefined();
  });

  it('read back any head and body', () => {
    const text = fc.string({ unit: 'binary' });
    const name = fc.constantFrom('x-a', 'etag', 'last-modified', 'date', '__proto__', 'link');
    const line = fc.string({ unit: fc.constantFrom('a', '"', '\\', ',', '\t', 'ÿ', '~') });
    const value = fc.oneof(line, fc.array(line));
    const heads = fc.record({
      route: text,
      key: text,
      status: fc.integer({ min: 200, max: 599 }),
      fields: fc.array(fc.tuple(name, value)),
      bornAt: fc.nat(),
      lifetimeMs: fc.nat(),
      stale: fc.record({ revalidate: fc.nat(), error: fc.nat(), overload: fc.nat() }),
      mustValidate: fc.boolean(),
      forbidsStale: fc.boolean(),
      tags: fc.array(text),
    });
    fc.assert(
      fc.property(heads, fc.uint8Array(), (changes, bytes) => {
        const tail = Buffer.from(bytes);
        const length = ['content-length', String(tail.length)] as const;
        const whole: EntryHead = { ...head, ...changes, fields: [...changes.fields, length] };
        const entry = entryOf(decode(encodeEntry(whole, bytes)));
        expect(entry).toMatchObject(whole);
        expect(entry.body).toEqual(tail);
      }),
    );
  });

  it('never throw where they are damaged, whatever the bytes', () => {
    const whole = [encodeEntry(head, body), encodeIndex(index)] as const;
    const damage = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 4 });
    fc.assert(
      fc.property(fc.constantFrom(...whole), damage, fc.nat(), (bytes, changes, cut) => {
        const damaged = Buffer.from(bytes);
        for (const [at, byte] of changes) damaged[at % damaged.length] = byte;
        const stored = decode(damaged.subarray(0, damaged.length - (cut % 5)));
        if (stored !== undefined) expect(stored.key).toBeTypeOf('string');
      }),
      { numRuns: 2_000 },
    );
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(decode(Buffer.from(bytes))).toBeUndefined();
      }),
    );
  });
});

describe('entries', () => {
  it('know until when they are fresh, their validators and their names', () => {
    const entry = makeEntry(head, body);
    expect(entry.freshUntil).toBe(head.bornAt + 60_000);
    expect(entry.validators).toEqual({
      status: 200,
      etag: 'W/"ü"',
      lastModified: Date.parse(date),
      date: Date.parse(date),
    });
    expect([...entry.names]).toEqual(head.fields.map(([name]) => name));
    expect(entry).toMatchObject({ lease: undefined, isMarkedStale: false });
  });

  it('called stale are the same otherwise, with forms of their own', () => {
    const entry = makeEntry(head, body);
    const stale = markedStale(entry, entry.freshUntil - 10);
    expect(stale).toEqual({ ...entry, isMarkedStale: true, staleFrom: entry.freshUntil - 10 });
    // Past its time it is stale since then, whatever came later.
    expect(markedStale(entry, entry.freshUntil + 10).staleFrom).toBe(entry.freshUntil);
    expect(stale.forms).not.toBe(entry.forms);
    expect(entry.isMarkedStale).toBe(false);
  });

  it('with a lease give it back for a body of their own, once', () => {
    let releases = 0;
    const lease = { copied: false, release: () => void releases++ };
    const leased: Entry = { ...makeEntry(head, Buffer.from('a body')), lease };
    const own = ownBody(leased);
    leased.body.fill(0);
    expect(own.body.toString()).toBe('a body');
    expect(own.lease).toBeUndefined();
    expect(releases).toBe(1);
    expect(ownBody(own)).toBe(own);
    expect(releases).toBe(1);
  });

  it('are let go with their lease, and an index without one', () => {
    let releases = 0;
    const lease = { copied: false, release: () => void releases++ };
    expect(letGo({ ...makeEntry(head, body), lease })).toBeUndefined();
    expect(letGo(makeEntry(head, body))).toBeUndefined();
    expect(letGo(index)).toBeUndefined();
    expect(letGo(undefined)).toBeUndefined();
    expect(releases).toBe(1);
  });
});

describe('damaged records', () => {
  it('a record cut inside its body is a miss', () => {
    expect(decode(encodeEntry(head, body).subarray(0, -1))).toBeUndefined();
  });

  it('a record with a field value that is no text is a miss, and never throws', () => {
    expect(decode(withHead({ fields: [['etag', {}]] }))).toBeUndefined();
  });

  it.each(['ttlOnly', 'transformed', 'mustValidate', 'forbidsStale'])(
    'a record without %s is a miss: what is absent would forbid nothing',
    (name) => {
      expect(decode(withHead({ [name]: undefined }))).toBeUndefined();
    },
  );
});
