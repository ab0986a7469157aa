// WebSocket frames as far as a benchmark's client needs them: text frames are counted by their heads (RFC 6455 5.2).

const TEXT = 1;
const PING = 9;
/** The answer to a ping, masked with zeros. */
export const PONG = Buffer.from([0x8a, 0x80, 0, 0, 0, 0]);
/** Longest head of a frame that a server sends. */
const LONGEST_HEAD = 10;

/** Counts the text frames in a stream of bytes, of those with at least `least` bytes of payload. */
export class FrameCounter {
  count = 0;
  least = 0;
  /** Pings that came. */
  pings = 0;
  // Bytes of the payload under way that are still to come.
  #missing = 0;
  #head = Buffer.alloc(LONGEST_HEAD);
  #headLength = 0;

  push(chunk) {
    let at = 0;
    while (at < chunk.length) {
      if (this.#missing > 0) {
        const skipped = Math.min(this.#missing, chunk.length - at);
        this.#missing -= skipped;
        at += skipped;
        continue;
      }
      this.#head[this.#headLength++] = chunk[at++];
      const payload = this.#payload();
      if (payload === undefined) continue;
      const opcode = this.#head[0] & 15;
      if (opcode === TEXT && payload >= this.least) this.count++;
      else if (opcode === PING) this.pings++;
      this.#headLength = 0;
      this.#missing = payload;
    }
  }

  // Its length, once the head is complete.
  #payload() {
    if (this.#headLength < 2) return undefined;
    const short = this.#head[1];
    if (short < 126) return short;
    if (short === 126) return this.#headLength < 4 ? undefined : this.#head.readUInt16BE(2);
    return this.#headLength < 10 ? undefined : Number(this.#head.readBigUInt64BE(2));
  }
}

/** A short text frame of a client, masked with zeros. */
export function maskedFrame(text) {
  const payload = Buffer.from(text);
  if (payload.length > 125) throw new RangeError(`${payload.length} bytes are no short frame`);
  return Buffer.concat([Buffer.from([0x81, 0x80 | payload.length, 0, 0, 0, 0]), payload]);
}
