// Which codecs and compressions a cache knows, by the ids that stand in its entries.
// Invariant: an id means one thing: 1 to 127 are ours, 128 to 255 the user's, none is given twice.
import { show } from '@catzilla/common';
import { errors } from '../errors.ts';
import { bytesCodec } from './bytes.ts';
import type { Codec, Compression } from './codec.ts';
import { jsonCodec } from './json.ts';
import { msgpackCodec } from './msgpack.ts';

/** Names of the codecs that are built in. */
export type CodecName = 'json' | 'bytes' | 'msgpack';

const BUILT_IN: Readonly<Record<CodecName, Codec>> = {
  json: jsonCodec,
  bytes: bytesCodec,
  msgpack: msgpackCodec,
};

/** Codecs of one cache. */
export interface CodecTable {
  /** The one that writes. */
  readonly own: Codec;
  /** By id; holes are ids that nobody has. */
  readonly byId: readonly (Codec | undefined)[];
}

/** Collects the codecs of a cache: those built in, the one that writes, and further ones for reading.
 * @throws CATZ_TIERS_OPTION */
export function codecTable(codec: CodecName | Codec, further: readonly Codec[]): CodecTable {
  const byId: (Codec | undefined)[] = Array.from({ length: 256 });
  for (const builtIn of Object.values(BUILT_IN)) byId[builtIn.id] = builtIn;
  for (const [i, given] of further.entries()) add(byId, given, `options.codecs[${i}]`);
  if (typeof codec !== 'string') {
    add(byId, codec, 'options.codec');
    return { own: codec, byId };
  }
  if (!Object.hasOwn(BUILT_IN, codec)) throw unknownCodec(codec);
  return { own: BUILT_IN[codec], byId };
}

/** Checks a compression of the user's.
 * @throws CATZ_TIERS_OPTION */
export function checkCompression(given: Compression): void {
  const path = 'options.compression';
  const isWhole =
    typeof given === 'object' &&
    given !== null &&
    typeof given.compress === 'function' &&
    typeof given.decompress === 'function';
  if (!isWhole) {
    throw new errors.OPTION(
      `expected ${path} to be "lz4", false or an object with id, name, compress and decompress, got ${show(given)}`,
    );
  }
  checkIdentity(given, path);
  const { minBytes } = given;
  if (minBytes !== undefined && !(Number.isSafeInteger(minBytes) && minBytes >= 0)) {
    throw new errors.OPTION(
      `expected ${path}.minBytes to be an integer of at least 0, got ${show(minBytes)}`,
    );
  }
}

function add(byId: (Codec | undefined)[], given: Codec, path: string): void {
  const isWhole =
    typeof given === 'object' &&
    given !== null &&
    typeof given.encode === 'function' &&
    typeof given.decode === 'function';
  if (!isWhole) throw unknownCodec(given, path);
  checkIdentity(given, path);
  const other = byId[given.id];
  if (other !== undefined && other !== given) {
    throw new errors.OPTION(
      `expected ${path}.id to be one that no other codec has, got ${given.id}, which is that of ${show(other.name)}`,
    );
  }
  byId[given.id] = given;
}

function checkIdentity(given: { readonly id: number; readonly name: string }, path: string): void {
  if (!Number.isSafeInteger(given.id) || given.id < 128 || given.id > 255) {
    throw new errors.OPTION(
      `expected ${path}.id to be an integer from 128 to 255, got ${show(given.id)}`,
    );
  }
  if (typeof given.name !== 'string' || given.name === '') {
    throw new errors.OPTION(
      `expected ${path}.name to be a non-empty string, got ${show(given.name)}`,
    );
  }
}

function unknownCodec(given: unknown, path = 'options.codec'): Error {
  const names = path === 'options.codec' ? '"json", "bytes", "msgpack" or ' : '';
  return new errors.OPTION(
    `expected ${path} to be ${names}an object with id, name, encode and decode, got ${show(given)}`,
  );
}
