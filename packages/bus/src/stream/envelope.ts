// One message as it stands in the field `m` of a stream entry: magic, version, flags, origin, id, payload.
// Invariant: whatever bytes come, decoding gives a message or undefined; it never throws. What is not ours, or of a
// version that is not known, is undefined: the reader tells it as a gap, for nobody knows what it said.
//
// | bytes | what |
// |---|---|
// | 0–1 | magic, 0xC2 0xB5 |
// | 2 | version, 1 |
// | 3 | flags, 0 |
// | 4 | length of origin |
// | 5 | length of id; 0: none |
// | 6… | origin, id (ASCII), payload |

const MAGIC = 0xc2b5;
const VERSION = 1;
const HEADER = 6;

/** A message as it was appended. */
export interface Envelope {
  readonly origin: string;
  readonly id: string | undefined;
  readonly payload: Buffer;
}

export function encode({ origin, id = '', payload }: Envelope): Buffer {
  const bytes = Buffer.allocUnsafe(HEADER + origin.length + id.length + payload.length);
  bytes.writeUInt16BE(MAGIC, 0);
  bytes[2] = VERSION;
  bytes[3] = 0;
  bytes[4] = origin.length;
  bytes[5] = id.length;
  bytes.write(origin + id, HEADER, 'latin1');
  payload.copy(bytes, HEADER + origin.length + id.length);
  return bytes;
}

/** @param fields  of a stream entry: names and values by turns */
export function decode(fields: readonly unknown[]): Envelope | undefined {
  const [name, bytes] = fields;
  if (fields.length !== 2 || String(name) !== 'm' || !Buffer.isBuffer(bytes)) return undefined;
  if (bytes.length < HEADER || bytes.readUInt16BE(0) !== MAGIC) return undefined;
  // Flags are for what an older release must not pass over.
  if (bytes[2] !== VERSION || bytes[3] !== 0) return undefined;
  const idAt = HEADER + bytes[4]!;
  const payloadAt = idAt + bytes[5]!;
  if (bytes.length < payloadAt) return undefined;
  const id = bytes.toString('latin1', idAt, payloadAt);
  return {
    origin: bytes.toString('latin1', HEADER, idAt),
    id: id === '' ? undefined : id,
    payload: bytes.subarray(payloadAt),
  };
}
