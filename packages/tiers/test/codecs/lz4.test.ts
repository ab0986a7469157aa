import { describe, expect, it } from 'vitest';
import { loadLz4 } from '../../src/codecs/lz4.ts';

const lz4 = loadLz4();
const small = Buffer.from('a value that repeats itself, '.repeat(100));
const large = Buffer.from('a value that repeats itself, '.repeat(10_000));

describe('lz4', () => {
  it('gives back what it was given, at once up to 64 KB', () => {
    const block = lz4.compress(small);
    expect(block).toBeInstanceOf(Uint8Array);
    const raw = lz4.decompress(Buffer.from(block as Uint8Array), small.length);
    expect(raw).toBeInstanceOf(Uint8Array);
    expect(small.equals(raw as Uint8Array)).toBe(true);
  });

  it('works in another thread above', async () => {
    const compressing = lz4.compress(large);
    expect(compressing).toBeInstanceOf(Promise);
    const raw = lz4.decompress(Buffer.from(await compressing), large.length);
    expect(raw).toBeInstanceOf(Promise);
    expect(large.equals(await raw)).toBe(true);
  });

  it('takes bytes that are no Buffer', () => {
    const bytes = new Uint8Array(small);
    const block = lz4.compress(bytes.subarray(1)) as Uint8Array;
    expect(
      small.subarray(1).equals(lz4.decompress(Buffer.from(block), small.length - 1) as Buffer),
    ).toBe(true);
  });

  it('refuses a block whose prefix is not the length known, before it allocates', () => {
    const block = Buffer.from(lz4.compress(small) as Uint8Array);
    block.writeUInt32LE(2 ** 31, 0);
    const before = process.memoryUsage().rss;
    expect(() => lz4.decompress(block, small.length)).toThrow(RangeError);
    expect(process.memoryUsage().rss - before).toBeLessThan(200e6);
    expect(() => lz4.decompress(Buffer.alloc(3), 0)).toThrow(RangeError);
  });

  it('refuses a block that holds less than prefix and length say', async () => {
    const block = Buffer.from(lz4.compress(small) as Uint8Array);
    block.writeUInt32LE(small.length + 1000, 0);
    expect(() => lz4.decompress(block, small.length + 1000)).toThrow('another length');
    const long = Buffer.from(await lz4.compress(large));
    long.writeUInt32LE(large.length + 1, 0);
    await expect(lz4.decompress(long, large.length + 1)).rejects.toThrow();
  });

  it('refuses damaged blocks', () => {
    const block = Buffer.from(lz4.compress(small) as Uint8Array);
    block.fill(0xff, 4);
    expect(() => lz4.decompress(block, small.length)).toThrow();
  });

  it('says which package is missing', () => {
    const cause = new Error("Cannot find module 'lz4-napi'");
    const load = (): never => {
      throw cause;
    };
    expect(() => loadLz4(load)).toThrow(
      expect.objectContaining({ code: 'CATZ_TIERS_DEPENDENCY', cause }),
    );
  });
});
