// How one cache turns values into stored bytes and back: codec, compression and envelope in their order.
// Memory holds raw payloads without checksum (`encode`, `decode`); what goes to a tier below or comes from one passes
// `pack` and `unpack`, which compress, check and decompress.
// Invariant: a value that cannot be compressed goes raw, bytes that cannot be read are a fault: no promise given here
// rejects. There is a promise only where a compression works in another thread.
import { show } from '@catzilla/common';
import { readEnvelope } from '../envelope/decode.ts';
import { encodeEnvelope } from '../envelope/encode.ts';
import { FLAG } from '../envelope/envelope.ts';
import type { Envelope, EnvelopeFault, EnvelopeHead } from '../envelope/envelope.ts';
import { errors } from '../errors.ts';
import { bytesCodec } from './bytes.ts';
import type { Codec, Compression } from './codec.ts';
import { deepFreeze, freezeTree } from './freeze.ts';
import { jsonCodec } from './json.ts';
import { loadLz4, LZ4_ID } from './lz4.ts';
import { checkCompression, codecTable } from './registry.ts';
import type { CodecName } from './registry.ts';

/** Settings of a format. */
export interface FormatOptions {
  /** Writes values. Default: 'json'. */
  readonly codec?: CodecName | Codec | undefined;
  /** Further ones that stored entries may have been written with. Default: none. */
  readonly codecs?: readonly Codec[] | undefined;
  /** Below memory. 'lz4' needs the package lz4-napi; false: none. Default: 'lz4' where that is installed. */
  readonly compression?: 'lz4' | Compression | false | undefined;
  /** Values above are not compressed, and those that say they are larger not decompressed; bytes. Default: 16 MiB. */
  readonly maxValueBytes?: number | undefined;
}

/** A value as the codec wrote it, for the head of an envelope. */
export interface EncodedValue {
  readonly codec: number;
  readonly flags: number;
  readonly payload: Uint8Array;
}

const DEFAULT_MIN_BYTES = 1024;
const DEFAULT_MAX_VALUE_BYTES = 16 * 1024 * 1024;
/** What compression must come down to, or it does not pay for decompression. */
const WORTHWHILE = 0.9;
const NO_VALUE: number = FLAG.undefined | FLAG.tombstone;
const EMPTY = new Uint8Array(0);
/** Ids from here on belong to codecs of users. */
const FIRST_OWN_ID = 128;

/** Codecs and compression of one cache. */
export class ValueFormat {
  readonly #own: Codec;
  readonly #codecs: readonly (Codec | undefined)[];
  readonly #compression: Compression | undefined;
  readonly #maxValueBytes: number;
  // lz4 for reading, looked for once, when the first entry needs it: others may compress though we do not.
  #lz4: Compression | undefined;
  #isLz4Sought = false;

  /** @throws CATZ_TIERS_OPTION; CATZ_TIERS_DEPENDENCY when 'lz4' is asked for and cannot be loaded */
  constructor(options: FormatOptions = {}) {
    const { codec = 'json', codecs = [], compression } = options;
    const { own, byId } = codecTable(codec, codecs);
    this.#own = own;
    this.#codecs = byId;
    this.#maxValueBytes = options.maxValueBytes ?? DEFAULT_MAX_VALUE_BYTES;
    if (compression === 'lz4') {
      this.#lz4 = loadLz4();
      this.#isLz4Sought = true;
      this.#compression = this.#lz4;
    } else if (compression === undefined) {
      this.#compression = this.#lz4ForReading();
    } else if (compression !== false) {
      checkCompression(compression);
      this.#compression = compression;
    }
  }

  /** Name of the codec that writes. */
  get codecName(): string {
    return this.#own.name;
  }

  /** Name of the compression that writes, or 'none'. */
  get compressionName(): string {
    return this.#compression?.name ?? 'none';
  }

  /** Whether entries of this codec can be read. */
  hasCodec(id: number): boolean {
    return this.#codecs[id] !== undefined;
  }

  /** Whether the value of an envelope is its payload, as it is. */
  isBytes(envelope: Envelope): boolean {
    return envelope.codec === bytesCodec.id && (envelope.flags & NO_VALUE) === 0;
  }

  /** Turns a value into bytes; undefined becomes a flag. Bytes stay as they are under every codec of ours.
   * @throws CATZ_TIERS_ENCODE, its cause what the codec said */
  encode(value: unknown): EncodedValue {
    const { id, name } = this.#own;
    if (value === undefined) return { codec: id, flags: FLAG.undefined, payload: EMPTY };
    if (value instanceof Uint8Array && id < FIRST_OWN_ID) {
      return { codec: bytesCodec.id, flags: 0, payload: value };
    }
    try {
      const payload = this.#own.encode(value);
      if (payload instanceof Uint8Array) return { codec: id, flags: 0, payload };
    } catch (cause) {
      throw new errors.ENCODE(name, show(value), { cause });
    }
    throw new errors.ENCODE(name, `${show(value)} as bytes`);
  }

  /** Turns the raw payload of an envelope into its value.
   * @returns undefined for what has none: the flag, a tombstone
   * @throws CATZ_TIERS_DECODE, its cause what the codec said */
  decode(envelope: Envelope): unknown {
    if ((envelope.flags & NO_VALUE) !== 0) return undefined;
    const codec = this.#codecs[envelope.codec];
    if (codec === undefined || envelope.compression !== 0) {
      const cause = new Error(codec === undefined ? 'it is not registered' : 'it is compressed');
      throw new errors.DECODE(codec?.name ?? envelope.codec, { cause });
    }
    try {
      return codec.decode(envelope.payload);
    } catch (cause) {
      throw new errors.DECODE(codec.name, { cause });
    }
  }

  /** Makes a decoded value fit to be shared by all who read it.
   * @param codec  id of the one that decoded it; with that of `json`, a value that JSON.parse did not make may not end
   * @returns true: it is frozen, or the very bytes of the codec `bytes`, which nobody may write; false: each reader
   *   needs a decoded copy of his own */
  freeze(codec: number, value: unknown): boolean {
    if (codec === bytesCodec.id) return true;
    if (codec !== jsonCodec.id) return deepFreeze(value);
    freezeTree(value);
    return true;
  }

  /** Makes the bytes of an entry for the tiers below memory.
   * @param payload   raw; must not be written until what is returned is there
   * @param compress  false: stays raw, whatever its size */
  pack(head: EnvelopeHead, payload: Uint8Array, compress: boolean): Buffer | Promise<Buffer> {
    const by = this.#compression;
    if (!compress || by === undefined) return packRaw(head, payload);
    const isOfSize =
      payload.length >= (by.minBytes ?? DEFAULT_MIN_BYTES) && payload.length <= this.#maxValueBytes;
    if (!isOfSize) return packRaw(head, payload);
    let compressed: Uint8Array | Promise<Uint8Array>;
    try {
      compressed = by.compress(payload);
    } catch {
      return packRaw(head, payload);
    }
    if (compressed instanceof Uint8Array) return packSmaller(head, payload, compressed, by.id);
    return Promise.resolve(compressed).then(
      (bytes) => packSmaller(head, payload, bytes, by.id),
      () => packRaw(head, payload),
    );
  }

  /** Reads the bytes of an entry of a tier below memory.
   * @returns an envelope with a raw payload; or why there is none. 'version' also for a codec or compression that is not
   *   registered here, and for compressed values above maxValueBytes: others can read them, so they are kept */
  unpack(bytes: Buffer): Envelope | EnvelopeFault | Promise<Envelope | EnvelopeFault> {
    const envelope = readEnvelope(bytes);
    if (typeof envelope === 'string') return envelope;
    if ((envelope.flags & NO_VALUE) === 0 && !this.hasCodec(envelope.codec)) return 'version';
    if (envelope.compression === 0) return envelope;
    const by = this.#compressionOf(envelope.compression);
    if (by === undefined || envelope.rawLength > this.#maxValueBytes) return 'version';
    let raw: Uint8Array | Promise<Uint8Array>;
    try {
      raw = by.decompress(envelope.payload, envelope.rawLength);
    } catch {
      return 'corrupt';
    }
    if (raw instanceof Uint8Array) return withRaw(envelope, raw);
    return Promise.resolve(raw).then(
      (decompressed) => withRaw(envelope, decompressed),
      () => 'corrupt',
    );
  }

  #compressionOf(id: number): Compression | undefined {
    if (id === this.#compression?.id) return this.#compression;
    return id === LZ4_ID ? this.#lz4ForReading() : undefined;
  }

  #lz4ForReading(): Compression | undefined {
    if (!this.#isLz4Sought) {
      this.#isLz4Sought = true;
      try {
        this.#lz4 = loadLz4();
      } catch {
        // Not installed: none is written, and `compressionName` says so; entries that need it are kept for others.
        this.#lz4 = undefined;
      }
    }
    return this.#lz4;
  }
}

function packRaw(head: EnvelopeHead, payload: Uint8Array): Buffer {
  return encodeEnvelope(head.compression === 0 ? head : { ...head, compression: 0 }, payload);
}

function packSmaller(
  head: EnvelopeHead,
  payload: Uint8Array,
  compressed: Uint8Array,
  compression: number,
): Buffer {
  // What a compression of the user's gives may be anything.
  const isWorthwhile =
    compressed instanceof Uint8Array && compressed.length <= payload.length * WORTHWHILE;
  if (!isWorthwhile) return packRaw(head, payload);
  return encodeEnvelope({ ...head, compression }, compressed, payload.length);
}

function withRaw(envelope: Envelope, raw: Uint8Array): Envelope | EnvelopeFault {
  if (!(raw instanceof Uint8Array) || raw.length !== envelope.rawLength) return 'corrupt';
  const payload = Buffer.isBuffer(raw)
    ? raw
    : Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength);
  return { ...envelope, compression: 0, payload };
}
