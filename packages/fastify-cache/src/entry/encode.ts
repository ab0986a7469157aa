// Stored forms, written. Every record opens with 'CZ', a version byte and a kind byte, so that a reader of another
// version sees a miss and never a crash.
// Layout: magic(2) version(1) kind(1) headLength(4, little endian) head(JSON, UTF-8) body.
// Reading is decode.ts; what may be stored at all is decided before.
import type { EntryHead, VariantIndex } from './entry.ts';

/** First two bytes of every record: 'C', 'Z'. */
export const MAGIC = 0x5a43;
/** Version of the layout; a reader takes only its own. */
export const VERSION = 2;
/** Bytes before the head. */
export const PREFIX = 8;
/** Kinds of records. */
export const KIND: { readonly entry: 1; readonly index: 2 } = { entry: 1, index: 2 };

/** Writes an entry.
 * @param body  as it goes to clients, content coding included
 * @returns one buffer of its own */
export function encodeEntry(head: EntryHead, body: Uint8Array): Buffer {
  return encode(KIND.entry, head, body);
}

/** Writes an index of variants. */
export function encodeIndex(index: VariantIndex): Buffer {
  return encode(KIND.index, index, undefined);
}

function encode(kind: number, head: object, body: Uint8Array | undefined): Buffer {
  const json = Buffer.from(JSON.stringify(head));
  const bytes = Buffer.allocUnsafe(PREFIX + json.length + (body?.length ?? 0));
  bytes.writeUInt16LE(MAGIC, 0);
  bytes[2] = VERSION;
  bytes[3] = kind;
  bytes.writeUInt32LE(json.length, 4);
  json.copy(bytes, PREFIX);
  if (body !== undefined) bytes.set(body, PREFIX + json.length);
  return bytes;
}
