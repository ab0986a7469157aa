// A growing piece of memory that numbers are written to, little endian.
const INITIAL_BYTES = 4096;

export class Writer {
  #bytes: Buffer = Buffer.alloc(INITIAL_BYTES);
  #length = 0;

  /** How many bytes are written. */
  get length(): number {
    return this.#length;
  }

  /** Makes room for `size` zero bytes, and gives where they begin. */
  reserve(size: number): number {
    const place = this.#length;
    this.#length += size;
    if (this.#length > this.#bytes.length) {
      const larger = Buffer.alloc(Math.max(this.#bytes.length * 2, this.#length));
      this.#bytes.copy(larger);
      this.#bytes = larger;
    }
    return place;
  }

  byte(place: number, value: number): void {
    this.#bytes[place] = value;
  }

  half(place: number, value: number): void {
    this.#bytes.writeUInt16LE(value, place);
  }

  word(place: number, value: number): void {
    this.#bytes.writeUInt32LE(value, place);
  }

  /** ASCII text. */
  text(place: number, value: string): void {
    this.#bytes.write(value, place, 'latin1');
  }

  /** What was written; the writer is used up. */
  finish(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }
}

/** Bytes up to the next multiple of 4. */
export function padded(bytes: number): number {
  return (bytes + 3) & ~3;
}

/** FNV-1a, 32 bits (Fowler, Noll, Vo): against damage, not against an attacker. */
export function checksum(bytes: Uint8Array): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < bytes.length; i++) hash = Math.imul(hash ^ bytes[i]!, 0x01000193);
  return hash >>> 0;
}
