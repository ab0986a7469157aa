// Frames of the WebSocket protocol, from a server: not masked, not compressed, each message in one frame (RFC 6455 5.2).
// Invariant: what is made here is whole frames, so bytes of several may follow each other on a socket in any order in which
// whole frames were given to it.

const FINAL_TEXT = 0x81;
const FINAL_PING = 0x89;
/** Longest payload whose length stands in the second byte, and in the two bytes that follow it. */
const SHORT = 125;
const MEDIUM = 65_535;

/** A ping without a payload. */
export const PING: Buffer = Buffer.from([FINAL_PING, 0]);

/** The frame of a text message. HOT: benchmarks/realtime
 * @param text  what is no well-formed UTF-16 becomes U+FFFD */
export function textFrame(text: string): Buffer {
  const length = Buffer.byteLength(text);
  const head = length <= SHORT ? 2 : length <= MEDIUM ? 4 : 10;
  const frame = Buffer.allocUnsafe(head + length);
  frame[0] = FINAL_TEXT;
  if (head === 2) {
    frame[1] = length;
  } else if (head === 4) {
    frame[1] = 126;
    frame.writeUInt16BE(length, 2);
  } else {
    frame[1] = 127;
    frame.writeUInt32BE(0, 2);
    frame.writeUInt32BE(length, 6);
  }
  frame.write(text, head, 'utf8');
  return frame;
}

/** The payload of a frame that `textFrame` made: a view of its bytes. */
export function payloadOf(frame: Buffer): Buffer {
  const length = frame[1]!;
  return frame.subarray(length <= SHORT ? 2 : length === 126 ? 4 : 10);
}
