// What turns values into bytes and back. A codec never makes code run: no v8.serialize, no eval, no class by name.

/** A codec. Ids of your own are 128 to 255 and stand in every stored entry: never reuse one for another format. */
export interface Codec {
  readonly id: number;
  /** For health and messages. */
  readonly name: string;
  /** @returns bytes that nobody will write any more; throws when the value has no stored form */
  encode(value: unknown): Uint8Array;
  /** @returns the value; throws on bytes it cannot read. Must bear any bytes. The bytes must not be written. */
  decode(bytes: Buffer): unknown;
}

/** A compression. Ids of your own are 128 to 255. */
export interface Compression {
  readonly id: number;
  readonly name: string;
  /** Values below are left as they are, bytes. Default: 1024. */
  readonly minBytes?: number | undefined;
  compress(raw: Uint8Array): Uint8Array | Promise<Uint8Array>;
  /** @param rawLength  what comes out has exactly so many bytes; throws otherwise */
  decompress(bytes: Buffer, rawLength: number): Uint8Array | Promise<Uint8Array>;
}
