// Values that tell what they are: key, version, size, and a checksum over all of it, so that a reader of any byte
// that is not of this value, or of an older version than it may see, knows it. Sizes run from 0 to 2 MB.
// Invariant: an empty value cannot say its version; only keys of kind 'empty' have such.
import { randomFillSync } from 'node:crypto';
import { crc32 } from 'node:zlib';

const HEADER_BYTES = 16;
export const LARGEST = 2_000_000;
/** What `versionOf` gives for a value that is right but empty: later than all others. */
export const UNVERSIONED = 2 ** 31 - 1;
const TAGS = 7;

const noise = randomFillSync(Buffer.allocUnsafeSlow(LARGEST + 4096));

/** Of 32 keys one has large values, four have middling ones, two have empty ones. */
function kindOf(key) {
  const kind = (Math.imul(key + 1, 0x9e3779b1) >>> 0) % 32;
  if (kind === 0) return 'large';
  if (kind < 5) return 'middle';
  return kind < 7 ? 'empty' : 'small';
}

export function nameOf(key) {
  return key % 10 === 9 ? `clé:${key}` : `key:${key}`;
}

/** The key that a name belongs to; -1 when it is no name of ours. */
export function keyOf(name) {
  const key = Number(name.slice(4));
  return Number.isSafeInteger(key) && nameOf(key) === name ? key : -1;
}

/** The tag that all values of a key have, as for `SetOptions.tags`; of three keys one has none. */
export function tagsOf(key) {
  return key % 3 === 0 ? undefined : [`tag:${key % TAGS}`];
}

/** Keys below a count that carry a tag: `tagsOf` the other way round. */
export function keysOfTag(tag, count) {
  return Array.from({ length: count }, (_, key) => key).filter(
    (key) => tagsOf(key)?.[0] === `tag:${tag}`,
  );
}

export function someTag(random) {
  return random(TAGS);
}

export function someSize(key, random) {
  switch (kindOf(key)) {
    case 'large':
      return 100_000 + random(LARGEST - 100_000 + 1);
    case 'middle':
      return 3_000 + random(60_000);
    case 'empty':
      return 0;
    default:
      return HEADER_BYTES + random(1500);
  }
}

/** Makes a value of `size` bytes, in memory of the caller's if there is some. */
export function makeValue(key, version, size, memory = Buffer.allocUnsafe(size)) {
  const bytes = memory.subarray(0, size);
  if (size < HEADER_BYTES) return bytes;
  noise.copy(bytes, HEADER_BYTES, (key * 37 + version * 11) % 4096);
  bytes.writeUInt32LE(key, 4);
  bytes.writeUInt32LE(version, 8);
  bytes.writeUInt32LE(size, 12);
  bytes.writeUInt32LE(crc32(bytes.subarray(4)), 0);
  return bytes;
}

/** The version of a value read under a key; -1 when it is not a value of that key, or damaged. */
export function versionOf(key, bytes) {
  if (bytes.length === 0) return kindOf(key) === 'empty' ? UNVERSIONED : -1;
  if (bytes.length < HEADER_BYTES || bytes.readUInt32LE(12) !== bytes.length) return -1;
  if (bytes.readUInt32LE(4) !== key || bytes.readUInt32LE(0) !== crc32(bytes.subarray(4)))
    return -1;
  return bytes.readUInt32LE(8);
}
