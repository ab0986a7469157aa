// Values that carry a checksum of their own, as the envelopes above a disk tier do.
import { createHash } from 'node:crypto';

/** Bytes that say which id and version they are of.
 * @param size  at least 64 */
export function makeValue(id, version, size) {
  const head = Buffer.from(JSON.stringify([id, version]));
  const body = Buffer.alloc(Math.max(size, head.length + 34), version & 0xff);
  body.writeUInt16LE(head.length, 32);
  head.copy(body, 34);
  createHash('sha256').update(body.subarray(32)).digest().copy(body);
  return body;
}

/** The version of a value.
 * @returns -1: damaged; throws when it is another id's */
export function versionOf(id, bytes) {
  const body = Buffer.from(bytes);
  const sum = createHash('sha256').update(body.subarray(32)).digest();
  if (!sum.equals(body.subarray(0, 32))) return -1;
  const [found, version] = JSON.parse(body.toString('utf8', 34, 34 + body.readUInt16LE(32)));
  if (found !== id) throw new Error(`a value of ${found} was given for ${id}`);
  return version;
}
