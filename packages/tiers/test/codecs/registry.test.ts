import { describe, expect, it } from 'vitest';
import type { Codec, Compression } from '../../src/codecs/codec.ts';
import { ValueFormat } from '../../src/codecs/format.ts';
import type { FormatOptions } from '../../src/codecs/format.ts';

const codec: Codec = {
  id: 200,
  name: 'upper',
  encode: (value) => Buffer.from(String(value).toUpperCase()),
  decode: (bytes) => bytes.toString(),
};
const compression: Compression = {
  id: 130,
  name: 'own',
  compress: (raw) => raw,
  decompress: (bytes) => bytes,
};

describe('the options of a format', () => {
  it('name a codec that is built in, or give one', () => {
    expect(new ValueFormat().codecName).toBe('json');
    expect(new ValueFormat({ codec: 'bytes' }).codecName).toBe('bytes');
    expect(new ValueFormat({ codec: 'msgpack' }).codecName).toBe('msgpack');
    expect(new ValueFormat({ codec }).codecName).toBe('upper');
  });

  it('name a compression, or give one, or none', () => {
    expect(new ValueFormat().compressionName).toBe('lz4');
    expect(new ValueFormat({ compression: 'lz4' }).compressionName).toBe('lz4');
    expect(new ValueFormat({ compression }).compressionName).toBe('own');
    expect(new ValueFormat({ compression: false }).compressionName).toBe('none');
  });

  it('may give codecs for reading alone', () => {
    const format = new ValueFormat({ codecs: [codec] });
    expect(format.hasCodec(200)).toBe(true);
    expect(format.hasCodec(201)).toBe(false);
    expect([1, 2, 3].every((id) => format.hasCodec(id))).toBe(true);
    // the same one twice is no contradiction
    expect(new ValueFormat({ codec, codecs: [codec] }).codecName).toBe('upper');
  });

  const wrong: [string, unknown][] = [
    ['codec', 'yaml'],
    ['codec', 'constructor'],
    ['codec', 5],
    ['codec', null],
    ['codec', { ...codec, decode: undefined }],
    ['codec', { ...codec, id: 127 }],
    ['codec', { ...codec, id: 256 }],
    ['codec', { ...codec, id: 128.5 }],
    ['codec', { ...codec, name: '' }],
    ['codecs', [codec, { ...codec, name: 'other' }]],
    ['codecs', [null]],
    ['compression', 'gzip'],
    ['compression', true],
    ['compression', null],
    ['compression', { ...compression, compress: undefined }],
    ['compression', { ...compression, id: 1 }],
    ['compression', { ...compression, minBytes: -1 }],
  ];
  it.each(wrong)('are refused when %s is %o', (name, value) => {
    expect(() => new ValueFormat({ [name]: value } as FormatOptions)).toThrow(
      expect.objectContaining({
        code: 'CATZ_TIERS_OPTION',
        message: expect.stringContaining(`expected options.${name}`),
      }),
    );
  });
});
