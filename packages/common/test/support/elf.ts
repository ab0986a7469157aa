// The head of an ELF executable that names a program interpreter, as a linker would write it; what a test wants to be
// wrong with it is changed in the bytes.
const HEADER = 64;
const ENTRY = 56;
const PT_PHDR = 6;
const PT_INTERP = 3;

/** @param interpreter  undefined: a static program, with no such entry */
export function elf(interpreter: string | undefined): Buffer {
  const name = Buffer.from(`${interpreter ?? ''}\0`, 'latin1');
  const bytes = Buffer.alloc(HEADER + 2 * ENTRY + name.length);
  bytes.write('\x7fELF\x02\x01\x01', 'latin1');
  bytes.writeBigUInt64LE(BigInt(HEADER), 32);
  bytes.writeUInt16LE(ENTRY, 54);
  bytes.writeUInt16LE(2, 56);
  bytes.writeUInt32LE(PT_PHDR, HEADER);
  const entry = HEADER + ENTRY;
  bytes.writeUInt32LE(interpreter === undefined ? 0 : PT_INTERP, entry);
  bytes.writeBigUInt64LE(BigInt(HEADER + 2 * ENTRY), entry + 8);
  bytes.writeBigUInt64LE(BigInt(name.length), entry + 32);
  name.copy(bytes, HEADER + 2 * ENTRY);
  return bytes;
}

export const GLIBC = '/lib64/ld-linux-x86-64.so.2';
export const MUSL = '/lib/ld-musl-x86_64.so.1';
