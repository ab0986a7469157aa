// Which libc an executable of Linux was linked with, read from the file itself: the program interpreter it names
// (PT_INTERP of the ELF header) is the dynamic linker of glibc or of musl. Three bounded reads, where the documented way,
// process.report, gathers all there is to know of a process. Whatever is not plainly one of the two is `undefined`.
// Source: ELF-64 Object File Format, version 1.5; System V ABI, "Program Interpreter".
import { closeSync, openSync, readSync } from 'node:fs';
import { basename } from 'node:path';

export type Libc = 'glibc' | 'musl';

const HEADER_BYTES = 64;
const ENTRY_BYTES = 56;
const MAX_ENTRIES = 64;
const MAX_NAME_BYTES = 4096;
const PT_INTERP = 3;

/** Tells glibc from musl. Never throws.
 * @param executable  absolute path, for example `process.execPath`
 * @returns undefined for a static program, another system's file, or one that cannot be read */
export function libcOf(executable: string): Libc | undefined {
  let file: number | undefined;
  try {
    file = openSync(executable, 'r');
    const linker = basename(interpreterOf(file) ?? '');
    if (linker.startsWith('ld-musl-')) return 'musl';
    return /^ld(-linux.*|64)\.so\.\d+$/.test(linker) ? 'glibc' : undefined;
  } catch {
    return undefined; // not ours to report: the caller tries the files of both
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

// 64 bits and little endian, which is every Linux that Node has official binaries for.
function interpreterOf(file: number): string | undefined {
  const header = bytesAt(file, 0, HEADER_BYTES);
  if (header.toString('latin1', 0, 6) !== '\x7fELF\x02\x01') return undefined;
  const count = Math.min(header.readUInt16LE(56), MAX_ENTRIES);
  if (header.readUInt16LE(54) !== ENTRY_BYTES) return undefined;
  const table = bytesAt(file, Number(header.readBigUInt64LE(32)), count * ENTRY_BYTES);
  for (let at = 0; at < table.length; at += ENTRY_BYTES) {
    if (table.readUInt32LE(at) !== PT_INTERP) continue;
    const size = Math.min(Number(table.readBigUInt64LE(at + 32)), MAX_NAME_BYTES);
    const name = bytesAt(file, Number(table.readBigUInt64LE(at + 8)), size).toString('latin1');
    return name.split('\0', 1)[0];
  }
  return undefined;
}

function bytesAt(file: number, position: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  return bytes.subarray(0, readSync(file, bytes, 0, length, position));
}
