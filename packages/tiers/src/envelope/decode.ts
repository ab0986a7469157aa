// Reads envelopes, whoever wrote them: no bytes make it throw, and no length in them is believed before it has been
// compared with what is there. The payload is a view of the bytes read; what it means is the codec's.
// Invariant: an envelope that comes out has times that can be compared, and flags that this release knows.
import { crc32 } from 'node:zlib';
import { FLAG } from './envelope.ts';
import type { Envelope, EnvelopeFault } from './envelope.ts';
import {
  AT,
  CHECKSUM_BYTES,
  HEADER_BYTES,
  KNOWN_FLAGS,
  MAGIC,
  MIN_BYTES,
  VERSION,
} from './layout.ts';

/** How an envelope is read. */
export interface ReadEnvelopeOptions {
  /** false: the checksum is not compared, for memory alone. Default: true. */
  readonly verify?: boolean | undefined;
}

const NO_TAGS: readonly string[] = Object.freeze([]);
const NO_META: Readonly<Record<string, string>> = Object.freeze({});

/** Reads an envelope.
 * @returns the envelope, its payload a view that must not be written; or why these bytes are none. Never throws */
// HOT: benchmarks/tiers
export function readEnvelope(
  bytes: Buffer,
  options?: ReadEnvelopeOptions,
): Envelope | EnvelopeFault {
  if (!hasMagic(bytes)) return 'foreign';
  if (bytes.length > AT.version && bytes[AT.version] !== VERSION) return 'version';
  if (bytes.length < MIN_BYTES) return 'corrupt';

  const headerLength = bytes[AT.headerLength] as number;
  const tagsBytes = bytes.readUInt16BE(AT.tagsBytes);
  const metaBytes = bytes.readUInt16BE(AT.metaBytes);
  const payloadBytes = bytes.readUInt32BE(AT.payloadBytes);
  const start = headerLength + tagsBytes + metaBytes;
  const end = start + payloadBytes;
  if (headerLength < HEADER_BYTES || end + CHECKSUM_BYTES !== bytes.length) return 'corrupt';
  if (options?.verify !== false && crc32(bytes.subarray(0, end)) !== bytes.readUInt32BE(end)) {
    return 'corrupt';
  }

  const flags = bytes.readUInt16BE(AT.flags);
  if ((flags & ~KNOWN_FLAGS) !== 0) return 'version';
  const compression = bytes[AT.compression] as number;
  const created = bytes.readDoubleBE(AT.created);
  const expiresAt = bytes.readDoubleBE(AT.expiresAt);
  const graceUntil = bytes.readDoubleBE(AT.graceUntil);
  const memoryTtl = bytes.readFloatBE(AT.memoryTtl);
  const remoteTtl = bytes.readFloatBE(AT.remoteTtl);
  const diskTtl = bytes.readFloatBE(AT.diskTtl);
  const cost = bytes.readFloatBE(AT.cost);
  const rawLength = bytes.readUInt32BE(AT.rawLength);
  // Written so that NaN fails where it may not stand, and passes where it may.
  if (!Number.isFinite(created) || !(graceUntil >= expiresAt)) return 'corrupt';
  if (memoryTtl < 0 || remoteTtl < 0 || diskTtl < 0 || cost < 0) return 'corrupt';
  if (compression === 0 && rawLength !== payloadBytes) return 'corrupt';

  const tags = tagsBytes === 0 ? NO_TAGS : readTexts(bytes, headerLength, tagsBytes);
  const meta = metaBytes === 0 ? NO_META : readPairs(bytes, headerLength + tagsBytes, metaBytes);
  if (tags === undefined || meta === undefined) return 'corrupt';
  return {
    codec: bytes[AT.codec] as number,
    compression,
    flags,
    created,
    expiresAt,
    graceUntil,
    memoryTtl,
    remoteTtl,
    diskTtl,
    cost,
    tags,
    meta,
    rawLength,
    payload: bytes.subarray(start, end),
  };
}

/** Reads the stamp alone, of any version, without a look at the rest.
 * @returns microseconds; undefined when these bytes are no envelope */
export function createdOf(bytes: Uint8Array): number | undefined {
  if (!hasMagic(bytes) || bytes.length < AT.created + 8) return undefined;
  const created = new DataView(bytes.buffer, bytes.byteOffset).getFloat64(AT.created);
  return Number.isFinite(created) ? created : undefined;
}

/** Whether an envelope, of which the first eight bytes are enough, stands for a key that was deleted. */
export function isTombstone(head: Uint8Array): boolean {
  if (!hasMagic(head) || head.length < AT.created) return false;
  const flags = new DataView(head.buffer, head.byteOffset).getUint16(AT.flags);
  return (flags & FLAG.tombstone) !== 0;
}

function hasMagic(bytes: Uint8Array): boolean {
  return bytes.length >= 2 && bytes[0] === MAGIC >> 8 && bytes[1] === (MAGIC & 0xff);
}

// undefined when the lengths within do not fill the section to the byte.
function readTexts(bytes: Buffer, start: number, length: number): string[] | undefined {
  const end = start + length;
  const texts: string[] = [];
  let at = start;
  // A length that leads beyond the section ends the loop; Buffer cuts what it reads of it.
  while (at + 2 <= end) {
    const next = at + 2 + bytes.readUInt16BE(at);
    texts.push(bytes.toString('utf8', at + 2, next));
    at = next;
  }
  return at === end ? texts : undefined;
}

function readPairs(
  bytes: Buffer,
  start: number,
  length: number,
): Record<string, string> | undefined {
  const texts = readTexts(bytes, start, length);
  if (texts === undefined || texts.length % 2 !== 0) return undefined;
  const pairs: [string, string][] = [];
  for (let i = 0; i < texts.length; i += 2) {
    pairs.push([texts[i] as string, texts[i + 1] as string]);
  }
  // Not by assignment: a key may be `__proto__`.
  return Object.fromEntries(pairs);
}
