import { describe, expect, it } from 'vitest';
import { isNotModified } from '@catzilla/http';
import type { ByteRange } from '@catzilla/http';
import { composeFields } from '../../src/answer/compose.ts';
import { partOf } from '../../src/answer/part.ts';
import { rendered } from '../../src/answer/render.ts';
import { makeEntry } from '../../src/entry/entry.ts';
import type { Entry, EntryHead } from '../../src/entry/entry.ts';
import type { StoredField } from '../../src/rfc/stored-headers.ts';

const date = 'Sun, 06 Nov 1994 08:49:37 GMT';
const modified = 'Sat, 05 Nov 1994 08:49:37 GMT';
const bornAt = Date.UTC(1994, 10, 6, 8, 49, 37);
const now = bornAt + 5000;
const style = { status: 'minimal', xCache: false, told: undefined } as const;
const text = 'abcdefghijklmnopqrstuvwxyz';

const fields: StoredField[] = [
  ['content-type', 'text/plain; charset=utf-8'],
  ['content-length', '26'],
  ['etag', '"a"'],
  ['cache-control', 'max-age=60'],
  ['link', ['</a>', '</b>']],
  ['last-modified', modified],
  ['vary', 'accept'],
  ['date', date],
];

function stored(list: readonly StoredField[] = fields, body: Buffer = Buffer.from(text)): Entry {
  const head: EntryHead = {
    route: 'r',
    key: 'k',
    status: 200,
    fields: list,
    bornAt,
    lifetimeMs: 60_000,
    ttlOnly: false,
    authorizationAllowed: true,
    transformed: false,
    isWeakened: false,
    tags: [],
    stale: { revalidate: 0, error: 0, overload: 0 },
    mustValidate: false,
    forbidsStale: false,
    ownValidator: true,
    immutable: false,
    took: 0,
  };
  return makeEntry(head, body);
}

/** An entry whose body is not its own, and how often it was let go. */
function leased(copied = false): { entry: Entry; released: () => number } {
  let releases = 0;
  const lease = { copied, release: () => void releases++ };
  return { entry: { ...stored(), lease }, released: () => releases };
}

function parts(entry: Entry, ...ranges: (readonly [start: number, end: number])[]): Entry {
  const list: ByteRange[] = ranges.map(([start, end]) => ({ start, end }));
  return partOf(entry, { kind: 'parts', ranges: list });
}

const unsatisfiable = (entry: Entry): Entry => partOf(entry, { kind: 'unsatisfiable' });
const without = (...names: string[]): StoredField[] =>
  fields.filter(([name]) => !names.includes(name));
const valueOf = (entry: Entry, name: string): unknown =>
  entry.fields.find((field) => field[0] === name)?.[1];

function boundaryOf(entry: Entry): string {
  return /^multipart\/byteranges; boundary=(.+)$/.exec(String(valueOf(entry, 'content-type')))![1]!;
}

describe('R1 one range', () => {
  it('R1 is a 206 of the slice with all other stored fields, in their order', () => {
    const entry = parts(stored(), [2, 5]);
    expect(entry.status).toBe(206);
    expect(entry.body.toString()).toBe('cdef');
    expect(entry.fields).toEqual([
      ...without('content-length'),
      ['content-length', '4'],
      ['content-range', 'bytes 2-5/26'],
    ]);
  });

  it('R1 covers the first byte, the last and all', () => {
    for (const [start, end] of [
      [0, 0],
      [25, 25],
      [0, 25],
    ] as const) {
      const entry = parts(stored(), [start, end]);
      expect(entry.body.toString()).toBe(text.slice(start, end + 1));
      expect(valueOf(entry, 'content-range')).toBe(`bytes ${start}-${end}/26`);
    }
  });

  it('R1 replaces a Content-Range and drops sums over the whole message', () => {
    const list: StoredField[] = [
      ['content-range', 'bytes 0-0/1'],
      ['content-digest', 'sha-256=:YQ==:'],
      ['content-md5', 'YQ=='],
      ['repr-digest', 'sha-256=:YQ==:'],
      ['content-encoding', 'gzip'],
      ['date', date],
    ];
    expect(parts(stored(list), [0, 1]).fields).toEqual([
      ['repr-digest', 'sha-256=:YQ==:'],
      ['content-encoding', 'gzip'],
      ['date', date],
      ['content-length', '2'],
      ['content-range', 'bytes 0-1/26'],
    ]);
  });

  it('R1 is a view of the body that keeps its lease', () => {
    for (const copied of [false, true]) {
      const { entry, released } = leased(copied);
      const part = parts(entry, [2, 5]);
      expect(part.lease).toBe(entry.lease);
      expect(released()).toBe(0);
      entry.body[2] = 0x21;
      expect(part.body.toString()).toBe('!def');
    }
  });
});

describe('R1 several ranges', () => {
  it('R1 is a 206 of parts, each with its type and range, in the order given', () => {
    const entry = parts(stored(), [20, 21], [0, 2]);
    const boundary = boundaryOf(entry);
    expect(entry.status).toBe(206);
    expect(entry.body.toString()).toBe(
      [
        `--${boundary}`,
        'Content-Type: text/plain; charset=utf-8',
        'Content-Range: bytes 20-21/26',
        '',
        'uv',
        `--${boundary}`,
        'Content-Type: text/plain; charset=utf-8',
        'Content-Range: bytes 0-2/26',
        '',
        'abc',
        `--${boundary}--`,
        '',
      ].join('\r\n'),
    );
  });

  it('R1 has the multipart type in the place of the stored one, its own length, and no Content-Range', () => {
    const entry = parts(stored(), [0, 2], [20, 21]);
    const type = `multipart/byteranges; boundary=${boundaryOf(entry)}`;
    expect(entry.fields).toEqual([
      ['content-type', type],
      ...without('content-length', 'content-type'),
      ['content-length', String(entry.body.length)],
    ]);
    const ranged = parts(stored([...fields, ['content-range', 'x']]), [0, 2], [20, 21]);
    expect(ranged.names.has('content-range')).toBe(false);
  });

  it('R1 writes no type into the parts where none is stored', () => {
    const entry = parts(stored(without('content-type')), [0, 2], [20, 21]);
    expect(entry.body.toString()).not.toContain('Content-Type');
    expect(entry.fields.at(-2)?.[0]).toBe('content-type');
    expect(entry.fields.at(-1)).toEqual(['content-length', String(entry.body.length)]);
  });

  it('R1 moves Content-Encoding into the parts, as the multipart is not coded', () => {
    const entry = parts(stored([...fields, ['content-encoding', 'gzip']]), [0, 2], [20, 21]);
    expect(entry.names.has('content-encoding')).toBe(false);
    expect(entry.body.toString().match(/\r\nContent-Encoding: gzip\r\n/g)).toHaveLength(2);
  });

  it('R1 takes the bytes as they are, whatever they are', () => {
    const body = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
    const entry = parts(stored([['content-type', 'a/b; c="\u00ff"']], body), [0, 9], [120, 255]);
    const bytes = entry.body.toString('latin1');
    expect(bytes).toContain('Content-Type: a/b; c="\u00ff"\r\n');
    expect(bytes).toContain(`\r\n\r\n${body.toString('latin1', 120)}\r\n--${boundaryOf(entry)}--`);
    expect(valueOf(entry, 'content-length')).toBe(String(bytes.length));
  });

  it('R1 makes a new boundary of 24 characters each time', () => {
    const made = Array.from({ length: 50 }, () => boundaryOf(parts(stored(), [0, 1], [5, 6])));
    expect(new Set(made).size).toBe(50);
    for (const boundary of made) expect(boundary).toMatch(/^[A-Za-z0-9_-]{24}$/);
  });

  it('R1 copies the bytes and lets the lease go', () => {
    const { entry, released } = leased();
    const part = parts(entry, [0, 2], [20, 21]);
    expect(part.lease).toBeUndefined();
    expect(released()).toBe(1);
    entry.body.fill(0);
    expect(part.body.toString()).toContain('\r\n\r\nabc\r\n');
  });
});

describe('R1 unsatisfiable', () => {
  it('R1 is an empty 416 with the size, Date and Vary', () => {
    const entry = unsatisfiable(stored());
    expect(entry.status).toBe(416);
    expect(entry.body.length).toBe(0);
    expect(entry.fields).toEqual([
      ['link', ['</a>', '</b>']],
      ['vary', 'accept'],
      ['date', date],
      ['content-length', '0'],
      ['content-range', 'bytes */26'],
    ]);
    expect(valueOf(unsatisfiable(stored(fields, Buffer.alloc(0))), 'content-range')).toBe(
      'bytes */0',
    );
  });

  it.each([
    'cache-control',
    'cdn-cache-control',
    'catzilla-cache-control',
    'surrogate-control',
    'expires',
    'etag',
    'last-modified',
    'content-type',
    'content-encoding',
    'content-language',
    'content-location',
    'content-disposition',
    'content-digest',
    'repr-digest',
  ])('R1 has no %s', (name) => {
    const entry = unsatisfiable(
      stored([
        [name, 'v'],
        ['x-a', 'v'],
        ['date', date],
      ]),
    );
    expect([...entry.names]).toEqual(['x-a', 'date', 'content-length', 'content-range']);
  });

  it('R1 lets the lease go', () => {
    const { entry, released } = leased();
    expect(unsatisfiable(entry).lease).toBeUndefined();
    expect(released()).toBe(1);
  });

  it('R1 is not made a 304 by a condition', () => {
    const conditions = { 'if-none-match': '"a"' };
    expect(isNotModified(conditions, stored().validators, now)).toBe(true);
    expect(isNotModified(conditions, unsatisfiable(stored()).validators, now)).toBe(false);
    expect(isNotModified(conditions, parts(stored(), [0, 1]).validators, now)).toBe(true);
  });
});

describe('R1 a derived entry', () => {
  const derived: [kind: string, derive: (entry: Entry) => Entry][] = [
    ['one range', (entry) => parts(entry, [2, 5])],
    ['several ranges', (entry) => parts(entry, [0, 2], [20, 21])],
    ['unsatisfiable', unsatisfiable],
  ];

  it.each(derived)('R1 leaves the stored entry as it was: %s', (_, derive) => {
    const entry = stored();
    const whole = rendered(entry, now, style, '\r\n');
    const part = derive(entry);
    expect(rendered(part, now, style, '\r\n').head).toContain(`HTTP/1.1 ${part.status} `);
    expect(rendered(entry, now, style, '\r\n')).toBe(whole);
    expect(entry).toEqual({ ...stored(), forms: entry.forms });
    expect(part).toMatchObject({ key: 'k', route: 'r', bornAt, lifetimeMs: 60_000 });
    expect(part.freshUntil).toBe(entry.freshUntil);
  });

  it.each(derived)('R1 names the fields it has: %s', (_, derive) => {
    const part = derive(stored());
    expect([...part.names]).toEqual(part.fields.map(([name]) => name));
    expect(part.names.size).toBe(part.fields.length);
    expect(valueOf(part, 'content-length')).toBe(String(part.body.length));
  });

  it.each(derived)('R1 is composed as it is rendered: %s', (_, derive) => {
    const part = derive(stored());
    const options = { notModified: false, now, style, current: {}, raw: {} };
    const composed = composeFields(part, options).flatMap(([name, value]) =>
      (Array.isArray(value) ? value : [value]).map((line) => `${name}: ${line}\r\n`),
    );
    const { head } = rendered(part, now, style, '\r\n');
    expect(head.slice(head.indexOf('\r\n') + 2)).toBe(composed.join(''));
  });

  it('R1 is rendered with the lines of a 206', () => {
    const { whole } = rendered(parts(stored(), [2, 5]), now, style, '\r\n');
    expect(whole?.toString()).toBe(
      [
        'HTTP/1.1 206 Partial Content',
        'content-type: text/plain; charset=utf-8',
        'etag: "a"',
        'cache-control: max-age=60',
        'link: </a>',
        'link: </b>',
        `last-modified: ${modified}`,
        'vary: accept',
        `date: ${date}`,
        'content-length: 4',
        'content-range: bytes 2-5/26',
        'age: 5',
        'cache-status: catzilla; hit; ttl=55',
        '',
        'cdef',
      ].join('\r\n'),
    );
  });

  it('R1 is rendered with the lines of a 416', () => {
    const { whole } = rendered(unsatisfiable(stored()), now, style, '\r\n');
    expect(whole?.toString()).toBe(
      [
        'HTTP/1.1 416 Range Not Satisfiable',
        'link: </a>',
        'link: </b>',
        'vary: accept',
        `date: ${date}`,
        'content-length: 0',
        'content-range: bytes */26',
        'age: 5',
        'cache-status: catzilla; hit; ttl=55',
        '',
        '',
      ].join('\r\n'),
    );
  });

  it('R1 is rendered with head and body of a multipart that fit each other', () => {
    const part = parts(stored(), [0, 2], [20, 21]);
    const bytes = rendered(part, now, style, '\r\n').whole!.toString();
    const [head, ...rest] = bytes.split('\r\n\r\n');
    expect(head).toContain('HTTP/1.1 206 Partial Content\r\ncontent-type: multipart/byteranges; ');
    expect(head).toContain(`\r\ncontent-length: ${rest.join('\r\n\r\n').length}\r\n`);
    expect(head).not.toContain('content-range');
  });
});
