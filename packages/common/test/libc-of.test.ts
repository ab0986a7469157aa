import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { libcOf } from '../src/libc-of.ts';
import { elf, GLIBC, MUSL } from './support/elf.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'catz-libc-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function libcOfBytes(bytes: Buffer): string | undefined {
  const file = join(folder, 'program');
  writeFileSync(file, bytes);
  return libcOf(file);
}

function changed(change: (bytes: Buffer) => void): Buffer {
  const bytes = elf(GLIBC);
  change(bytes);
  return bytes;
}

describe('libcOf', () => {
  it.each([
    [GLIBC, 'glibc'],
    ['/lib/ld-linux-aarch64.so.1', 'glibc'],
    ['/lib64/ld64.so.2', 'glibc'],
    ['/nix/store/abc-glibc-2.40/lib/ld-linux-x86-64.so.2', 'glibc'],
    [MUSL, 'musl'],
    ['/lib/ld-musl-aarch64.so.1', 'musl'],
  ])('knows the dynamic linker %s as that of %s', (interpreter, libc) => {
    expect(libcOfBytes(elf(interpreter))).toBe(libc);
  });

  it('tells nothing of a dynamic linker it does not know', () => {
    expect(libcOfBytes(elf('/system/bin/linker64'))).toBeUndefined();
    expect(libcOfBytes(elf('/lib/ld-musl/ld-other.so.1'))).toBeUndefined();
  });

  it('tells nothing of a static program', () => {
    expect(libcOfBytes(elf(undefined))).toBeUndefined();
  });

  it.each([
    ['no ELF file', changed((bytes) => bytes.write('#!/bin/sh', 'latin1'))],
    ['of 32 bits', changed((bytes) => bytes.writeUInt8(1, 4))],
    ['big endian', changed((bytes) => bytes.writeUInt8(2, 5))],
    ['of entries with another size', changed((bytes) => bytes.writeUInt16LE(32, 54))],
    ['cut off in its header', elf(GLIBC).subarray(0, 20)],
    ['cut off in its entries', elf(GLIBC).subarray(0, 130)],
    ['empty', Buffer.alloc(0)],
    ['with a table beyond its end', changed((bytes) => bytes.writeBigUInt64LE(1n << 62n, 32))],
    ['with a name beyond its end', changed((bytes) => bytes.writeBigUInt64LE(1n << 40n, 128))],
  ])('tells nothing of a file that is %s', (_, bytes) => {
    expect(libcOfBytes(bytes)).toBeUndefined();
  });

  it('reads no more than the longest path of a name that claims to be huge', () => {
    const huge = changed((bytes) => bytes.writeBigUInt64LE(1n << 40n, 152));
    expect(libcOfBytes(huge)).toBe('glibc');
  });

  it('tells nothing of a file that is not there, or is a folder', () => {
    expect(libcOf(join(folder, 'nothing'))).toBeUndefined();
    expect(libcOf(folder)).toBeUndefined();
  });

  it('agrees with the report of the Node that runs this', () => {
    const { header } = process.report.getReport() as unknown as {
      header: { glibcVersionRuntime?: string };
    };
    const expected = header.glibcVersionRuntime === undefined ? 'musl' : 'glibc';
    expect(libcOf(process.execPath)).toBe(process.platform === 'linux' ? expected : undefined);
  });
});
