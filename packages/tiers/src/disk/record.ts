// How a record lies in a file: 8 bytes of header, the id, the bytes. Little-endian.
//   0 kind (1 = bytes, 2 = none: hides older ones) | 1 format | 2 length of id, u16 | 4 length of bytes, u32
// Invariant: a record is taken for one only if its lengths add up and its id is the one asked for, so that a file or page
// of another record is never given for it. Damage within the bytes is for the envelope's checksum to find.
import type { DiskRecord } from './disk-store.ts';

const HEADER = 8;
const FORMAT = 1;
const BYTES = 1;
const NONE = 2;

/** A record without bytes: the id's older records are not to be found, though its newest could not be stored. */
export interface Hiding {
  readonly id: string;
  readonly bytes: null;
}

/** Bytes an encoded record takes at most. */
export function sizeBound(record: DiskRecord | Hiding): number {
  return HEADER + record.id.length * 3 + (record.bytes?.length ?? 0);
}

/** Writes a record.
 * @param target  has room for `sizeBound` of it
 * @returns the offset behind it
 * HOT: once per put, on the event loop. */
export function writeRecord(record: DiskRecord | Hiding, target: Buffer, at: number): number {
  const { id, bytes } = record;
  const idLength = target.write(id, at + HEADER);
  target[at] = bytes === null ? NONE : BYTES;
  target[at + 1] = FORMAT;
  target[at + 2] = idLength & 0xff;
  target[at + 3] = idLength >>> 8;
  target.writeUInt32LE(bytes?.length ?? 0, at + 4);
  const start = at + HEADER + idLength;
  if (bytes === null) return start;
  target.set(bytes, start);
  return start + bytes.length;
}

/** Length of a whole record that begins here, and of its id.
 * @returns undefined when none does, or not all of it is there */
export function measure(
  source: Uint8Array,
  at: number,
  end: number,
): { idLength: number; length: number } | undefined {
  if (end - at < HEADER || source[at + 1] !== FORMAT) return undefined;
  const idLength = u16(source, at + 2);
  const length = HEADER + idLength + u32(source, at + 4);
  return at + length <= end ? { idLength, length } : undefined;
}

/** Where the id of a record begins. */
export function idStart(at: number): number {
  return at + HEADER;
}

/** The bytes of a record that was read, a copy of their own.
 * @param size  length of what was read
 * @returns null: it hides older ones; undefined: it is not, or not wholly, a record of this id
 * HOT: once per get. */
export function readRecord(source: Buffer, size: number, id: string): Buffer | null | undefined {
  if (size < HEADER || source[1] !== FORMAT) return undefined;
  const idLength = u16(source, 2);
  const start = HEADER + idLength;
  if (start + u32(source, 4) !== size) return undefined;
  // As many bytes as characters: all ASCII, and Latin-1 is the fastest way to see it.
  const encoding = idLength === id.length ? 'latin1' : 'utf8';
  if (source.toString(encoding, HEADER, start) !== id) return undefined;
  if (source[0] === NONE) return null;
  if (source[0] !== BYTES) return undefined;
  const bytes = Buffer.allocUnsafe(size - start);
  source.copy(bytes, 0, start, size);
  return bytes;
}

/** The id of a record that was read, and whether it has bytes; undefined: it is not, or not wholly, a record. */
export function readId(source: Buffer, size: number): { id: string; hides: boolean } | undefined {
  const found = measure(source, 0, size);
  if (found === undefined || found.length !== size) return undefined;
  if (source[0] !== BYTES && source[0] !== NONE) return undefined;
  const id = source.toString('utf8', HEADER, HEADER + found.idLength);
  return { id, hides: source[0] === NONE };
}

function u16(source: Uint8Array, at: number): number {
  return (source[at] ?? 0) | ((source[at + 1] ?? 0) << 8);
}

function u32(source: Uint8Array, at: number): number {
  return (u16(source, at) | (u16(source, at + 2) << 16)) >>> 0;
}
