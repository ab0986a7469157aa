// Writes envelopes: one allocation, everything copied, so that the caller's payload may be written again.
// Invariant: what is written is read back equal, but for the stays, which may come out shorter (f32), never longer.
// That tags and meta are within their limits is checked where users give them; here only what would not fit is refused.
import { crc32 } from 'node:zlib';
import { errors } from '../errors.ts';
import { FLAG } from './envelope.ts';
import type { EnvelopeHead } from './envelope.ts';
import { AT, CHECKSUM_BYTES, HEADER_BYTES, MAGIC, MAX_SECTION_BYTES, VERSION } from './layout.ts';

/** How an envelope is written. */
export interface EncodeOptions {
  /** false: without checksum, for memory alone, where nobody checks it; every tier below takes such a copy for
   * corrupt. Default: true. */
  readonly checksum?: boolean | undefined;
}

const NOTHING = new Uint8Array(0);

/** Writes an envelope.
 * @param payload    copied
 * @param rawLength  bytes of the payload before compression. Default: those of `payload`
 * @returns bytes of its own. Cost: O(size)
 * @throws CATZ_TIERS_TAG, CATZ_TIERS_OPTION when tags or meta have more than 65535 bytes */
// HOT: benchmarks/tiers
export function encodeEnvelope(
  head: EnvelopeHead,
  payload: Uint8Array,
  rawLength: number = payload.length,
  options?: EncodeOptions,
): Buffer {
  const tagsBytes = head.tags.length === 0 ? 0 : sizeOfTexts(head.tags);
  const meta = flat(head.meta);
  const metaBytes = meta === undefined ? 0 : sizeOfTexts(meta);
  if (tagsBytes > MAX_SECTION_BYTES) {
    throw new errors.TAG('tags', `at most ${MAX_SECTION_BYTES} bytes in all`, tagsBytes);
  }
  if (metaBytes > MAX_SECTION_BYTES) {
    throw new errors.OPTION(
      `expected options.meta to be at most ${MAX_SECTION_BYTES} bytes, got ${metaBytes}`,
    );
  }
  const start = HEADER_BYTES + tagsBytes + metaBytes;
  const end = start + payload.length;
  const bytes = Buffer.allocUnsafe(end + CHECKSUM_BYTES);
  writeHead(bytes, head);
  bytes.writeUInt32BE(rawLength, AT.rawLength);
  bytes.writeUInt16BE(tagsBytes, AT.tagsBytes);
  bytes.writeUInt16BE(metaBytes, AT.metaBytes);
  bytes.writeUInt32BE(payload.length, AT.payloadBytes);
  if (tagsBytes !== 0) writeTexts(bytes, head.tags, HEADER_BYTES);
  if (meta !== undefined) writeTexts(bytes, meta, HEADER_BYTES + tagsBytes);
  bytes.set(payload, start);
  bytes.writeUInt32BE(options?.checksum === false ? 0 : crc32(bytes.subarray(0, end)), end);
  return bytes;
}

/** Writes what stands in the place of a deleted key: it has no value, and fills made before it lose against it.
 * @param created     stamp of the deletion, in microseconds
 * @param graceUntil  when it may be forgotten, wall clock in ms */
export function encodeTombstone(created: number, graceUntil: number): Buffer {
  return encodeEnvelope(
    {
      codec: 0,
      compression: 0,
      flags: FLAG.tombstone,
      created,
      expiresAt: graceUntil,
      graceUntil,
      memoryTtl: NaN,
      remoteTtl: NaN,
      diskTtl: NaN,
      cost: NaN,
      tags: [],
      meta: {},
    },
    NOTHING,
  );
}

function writeHead(bytes: Buffer, head: EnvelopeHead): void {
  bytes.writeUInt16BE(MAGIC, 0);
  bytes[AT.version] = VERSION;
  bytes[AT.codec] = head.codec;
  bytes[AT.compression] = head.compression;
  bytes[AT.headerLength] = HEADER_BYTES;
  bytes.writeUInt16BE(head.flags, AT.flags);
  bytes.writeDoubleBE(head.created, AT.created);
  bytes.writeDoubleBE(head.expiresAt, AT.expiresAt);
  bytes.writeDoubleBE(head.graceUntil, AT.graceUntil);
  writeStay(bytes, head.memoryTtl, AT.memoryTtl);
  writeStay(bytes, head.remoteTtl, AT.remoteTtl);
  writeStay(bytes, head.diskTtl, AT.diskTtl);
  bytes.writeFloatBE(head.cost, AT.cost);
}

// A 32-bit float holds a year to 2 s. Rounded down, for no copy may stay longer than its author said.
function writeStay(bytes: Buffer, stay: number, at: number): void {
  bytes.writeFloatBE(stay, at);
  // The next lower float has the next lower bits, above 0; NaN and Infinity are never rounded up.
  if (bytes.readFloatBE(at) > stay) bytes.writeUInt32BE(bytes.readUInt32BE(at) - 1, at);
}

// Keys and values in turn; undefined when there are none. `for in` makes no array for the usual empty object.
function flat(meta: Readonly<Record<string, string>>): string[] | undefined {
  let texts: string[] | undefined;
  for (const key in meta) {
    if (!Object.hasOwn(meta, key)) continue;
    texts ??= [];
    texts.push(key, meta[key] as string);
  }
  return texts;
}

function sizeOfTexts(texts: readonly string[]): number {
  let bytes = 0;
  for (let i = 0; i < texts.length; i++) bytes += 2 + Buffer.byteLength(texts[i] as string);
  return bytes;
}

function writeTexts(bytes: Buffer, texts: readonly string[], start: number): void {
  let at = start;
  for (let i = 0; i < texts.length; i++) {
    const length = bytes.write(texts[i] as string, at + 2);
    bytes.writeUInt16BE(length, at);
    at += 2 + length;
  }
}
