// The bytes of an envelope, big-endian:
//
//    0  u16  magic           16  f64  logical expiry, ms     48  u32  raw length of the payload
//    2  u8   version         24  f64  physical expiry, ms    52  u16  bytes of tags
//    3  u8   codec           32  f32  stay in memory, ms     54  u16  bytes of meta
//    4  u8   compression     36  f32  stay in Redis, ms      56  u32  bytes of the payload
//    5  u8   header length   40  f32  stay on disk, ms       60  tags, meta, payload, then u32 crc32 of all before it
//    6  u16  flags           44  f32  cost of the factory, ms
//    8  f64  created, us
//
// A tag is its length (u16) and its UTF-8; meta is keys and values in turn, each written like a tag.
// Invariant: magic, version and `created` stay where they are in every version: scripts in Redis read `created` alone.
// The checksum stands at the end, so that one call covers all: in two parts a check of 100 bytes takes twice as long.

/** "cz". */
export const MAGIC = 0x637a;
/** Raised when older releases could not read what is written; they then keep it and see a miss. */
export const VERSION = 1;

export const AT: {
  readonly version: 2;
  readonly codec: 3;
  readonly compression: 4;
  readonly headerLength: 5;
  readonly flags: 6;
  readonly created: 8;
  readonly expiresAt: 16;
  readonly graceUntil: 24;
  readonly memoryTtl: 32;
  readonly remoteTtl: 36;
  readonly diskTtl: 40;
  readonly cost: 44;
  readonly rawLength: 48;
  readonly tagsBytes: 52;
  readonly metaBytes: 54;
  readonly payloadBytes: 56;
} = {
  version: 2,
  codec: 3,
  compression: 4,
  headerLength: 5,
  flags: 6,
  created: 8,
  expiresAt: 16,
  graceUntil: 24,
  memoryTtl: 32,
  remoteTtl: 36,
  diskTtl: 40,
  cost: 44,
  rawLength: 48,
  tagsBytes: 52,
  metaBytes: 54,
  payloadBytes: 56,
};

/** Bytes of the header; a later release of this version may write more, which are passed over. */
export const HEADER_BYTES = 60;
/** Bytes of the checksum at the end. */
export const CHECKSUM_BYTES = 4;
/** Bytes of an envelope without tags, meta and payload. */
export const MIN_BYTES: number = HEADER_BYTES + CHECKSUM_BYTES;
/** All bits of FLAG. */
export const KNOWN_FLAGS = 63;
/** Most bytes that tags or meta may take as written. */
export const MAX_SECTION_BYTES = 0xffff;
