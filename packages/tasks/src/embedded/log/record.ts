// The bytes of a log: records one after the other, in segments and in snapshots alike.
// A record is length (u32), CRC-32 of all that follows (u32), type (u8), sequence number (u48), body (UTF-8, JSON); all
// big-endian, the length counting type, number and body. Numbers grow by one from record to record over all segments.
// Invariant: what readRecord() accepts is what appendRecord() wrote, whole; the meaning of a body is left to replay.ts and
// snapshot.ts. An unknown type or version is damage, never guessed at.
import { crc32 } from 'node:zlib';

/** What a record is. The letters stand for themselves in a hex dump. */
export const RECORD = {
  /** Begins a file: `{ version, kind, … }`. */
  header: 0x48, // H
  /** A process took the log up: `{ boot }`, which start of the machine it was. */
  opened: 0x4f, // O
  /** A command that ran where it stands. */
  direct: 0x44, // D
  /** A command that runs at the commit that covers it, or at the end of the log. */
  prepare: 0x50, // P
  /** `[upTo, flushed, now]`: prepared commands up to a number ran here; up to another everything was flushed. */
  commit: 0x43, // C
  /** The log was closed in order: nothing can be missing behind it. */
  closed: 0x5a, // Z
  /** Of a snapshot: one part of the state. */
  state: 0x53, // S
} as const;

export type RecordType = (typeof RECORD)[keyof typeof RECORD];

/** Of the format; a file of another one is refused. */
export const FORMAT_VERSION = 1;

/** Bytes before the body. */
export const HEAD_BYTES = 15;

/** Longest body, in bytes: what is longer in a file is damage. */
const MAX_BODY_BYTES = 1_073_741_824;

/** Bytes that the length of a record counts besides its body. */
const COUNTED = 7;

const TYPES = new Set<number>(Object.values(RECORD));

/** A record as read. */
export interface LogRecord {
  readonly type: RecordType;
  readonly sequence: number;
  readonly body: string;
  /** Offset of what follows. */
  readonly end: number;
}

/** Bytes of records that are to be written together, in one buffer that is used again. */
export class RecordBuffer {
  #bytes: Buffer = Buffer.allocUnsafeSlow(65_536);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** What was added since clear(); valid until the next call. */
  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  /** Adds a record. Cost: O(body). HOT: benchmarks/tasks */
  add(type: RecordType, sequence: number, body: string): void {
    const start = this.#length;
    // UTF-8 needs at most three bytes for a unit of UTF-16.
    const most = start + HEAD_BYTES + body.length * 3;
    if (most > this.#bytes.length) this.#grow(start + HEAD_BYTES + Buffer.byteLength(body));
    const bytes = this.#bytes;
    const written = bytes.write(body, start + HEAD_BYTES, 'utf8');
    const end = start + HEAD_BYTES + written;
    bytes.writeUInt32BE(COUNTED + written, start);
    bytes[start + 8] = type;
    bytes.writeUIntBE(sequence, start + 9, 6);
    bytes.writeUInt32BE(crc32(bytes.subarray(start + 8, end)), start + 4);
    this.#length = end;
  }

  /** Empties it. A buffer that one huge batch made large is given back. */
  clear(): void {
    this.#length = 0;
    if (this.#bytes.length > 16_777_216) this.#bytes = Buffer.allocUnsafeSlow(65_536);
  }

  #grow(needed: number): void {
    if (needed <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.#bytes.length * 2));
    this.#bytes.copy(larger, 0, 0, this.#length);
    this.#bytes = larger;
  }
}

/** Reads the record that begins at an offset. Cost: O(body).
 * @returns undefined where there is none, or not a whole and unchanged one */
export function readRecord(bytes: Buffer, offset: number): LogRecord | undefined {
  if (offset + HEAD_BYTES > bytes.length) return undefined;
  const counted = bytes.readUInt32BE(offset);
  if (counted < COUNTED || counted > COUNTED + MAX_BODY_BYTES) return undefined;
  const end = offset + 8 + counted;
  if (end > bytes.length) return undefined;
  const type = bytes[offset + 8] as RecordType;
  if (!TYPES.has(type)) return undefined;
  if (crc32(bytes.subarray(offset + 8, end)) !== bytes.readUInt32BE(offset + 4)) return undefined;
  const body = bytes.toString('utf8', offset + HEAD_BYTES, end);
  return { type, sequence: bytes.readUIntBE(offset + 9, 6), body, end };
}

/** The next record behind a damaged place, if there is one: each offset is tried.
 * @param after  only a record with a higher number counts */
export function findRecord(bytes: Buffer, offset: number, after: number): LogRecord | undefined {
  for (let at = offset; at + HEAD_BYTES <= bytes.length; at++) {
    // A cheap look first: the CRC of a guessed length over a large file costs.
    if (!TYPES.has(bytes[at + 8] as number)) continue;
    if (bytes.readUIntBE(at + 9, 6) <= after) continue;
    const record = readRecord(bytes, at);
    if (record !== undefined) return record;
  }
  return undefined;
}
