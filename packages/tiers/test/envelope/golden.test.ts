// Stored formats must not change unnoticed: entries outlive releases. If this fails, either undo the change or raise
// VERSION in src/envelope/layout.ts and keep golden.json as it is, with the new version beside it.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { CodecName } from '../../src/codecs/registry.ts';
import { ValueFormat } from '../../src/codecs/format.ts';
import { readEnvelope } from '../../src/envelope/decode.ts';
import { encodeTombstone } from '../../src/envelope/encode.ts';
import { FLAG } from '../../src/envelope/envelope.ts';
import type { Envelope } from '../../src/envelope/envelope.ts';
import { bareHead, fullHead } from './support.ts';

const golden = JSON.parse(readFileSync(new URL('golden.json', import.meta.url), 'utf8')) as Record<
  string,
  string
>;

const rich = {
  map: new Map<unknown, unknown>([
    ['a', 1],
    [{ k: 1 }, [2n ** 64n, undefined]],
  ]),
  set: new Set([1, 'x']),
  at: new Date(1_700_000_000_123),
  items: [{ id: 1 }, { id: 2 }],
  bytes: Buffer.from('raw'),
};
const long = { text: 'a value that repeats itself, '.repeat(60) };

function packed(codec: CodecName, value: unknown, head = fullHead, flags = 0): Buffer {
  const format = new ValueFormat({ codec });
  const encoded = format.encode(value);
  const all = { ...head, codec: encoded.codec, flags: encoded.flags | flags };
  return format.pack(all, encoded.payload, true) as Buffer;
}

const written: Record<string, { bytes: Buffer; value: unknown }> = {
  'json, all fields': {
    bytes: packed('json', { name: 'Zürich', n: 1.5 }),
    value: { name: 'Zürich', n: 1.5 },
  },
  'json, bare': { bytes: packed('json', null, bareHead), value: null },
  'undefined, negative': {
    bytes: packed('json', undefined, bareHead, FLAG.negative),
    value: undefined,
  },
  bytes: { bytes: packed('bytes', Buffer.from('raw'), bareHead), value: Buffer.from('raw') },
  msgpack: { bytes: packed('msgpack', rich, bareHead), value: rich },
  lz4: { bytes: packed('json', long, bareHead), value: long },
  tombstone: {
    bytes: encodeTombstone(1_700_000_000_123_456, 1_700_000_030_000),
    value: undefined,
  },
};

describe('the stored format', () => {
  it('has a sample of each kind', () => {
    expect(Object.keys(golden).toSorted()).toEqual(Object.keys(written).toSorted());
  });

  it.each(Object.entries(written))('of %s is read as it was', async (name, { bytes, value }) => {
    const format = new ValueFormat();
    const envelope = (await format.unpack(Buffer.from(golden[name] ?? '', 'hex'))) as Envelope;
    expect(envelope).toEqual(await format.unpack(bytes));
    expect(format.decode(envelope)).toEqual(value);
  });

  // Which bytes LZ4 makes is up to its version; any of them is read alike.
  const ours = Object.entries(written).filter(([name]) => name !== 'lz4');
  it.each(ours)('of %s is written as it was', (name, { bytes }) => {
    expect(bytes.toString('hex')).toBe(golden[name]);
  });

  it('of compressed values says so', () => {
    expect(readEnvelope(Buffer.from(golden['lz4'] ?? '', 'hex'))).toMatchObject({ compression: 1 });
  });
});
