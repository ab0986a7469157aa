// Buffers over memory we own, at the price of a typed array.
// `new Buffer[Symbol.species](memory, offset, length)` is a real Buffer several times cheaper than
// Buffer.from(memory, …), which goes through argument checks; whether it works is tested once at load.
import { Buffer } from 'node:buffer';
import { markAsUntransferable } from 'node:worker_threads';

type BufferClass = new (memory: ArrayBufferLike, offset: number, length: number) => Buffer;

const Species = (Buffer as unknown as Record<symbol, BufferClass>)[Symbol.species];

/** A Buffer of `length` bytes at `offset` of `memory`. */
export const view: (memory: ArrayBufferLike, offset: number, length: number) => Buffer =
  isBufferClass(Species)
    ? (memory, offset, length) => new Species(memory, offset, length)
    : (memory, offset, length) => Buffer.from(memory as ArrayBuffer, offset, length);

/** Memory for many values, not zeroed. Handing it to another thread is refused, or copies it: other values
 * live there too. */
export function allocateChunk(size: number): Buffer {
  const chunk = Buffer.allocUnsafeSlow(size);
  markAsUntransferable(chunk.buffer);
  return chunk;
}

/** Whether a class makes Buffers that are views; exported for its test. */
export function isBufferClass(candidate: BufferClass | undefined): candidate is BufferClass {
  try {
    const memory = new ArrayBuffer(8);
    const made = new candidate!(memory, 2, 4);
    return (
      Object.getPrototypeOf(made) === Buffer.prototype &&
      made.buffer === memory &&
      made.byteOffset === 2 &&
      made.length === 4
    );
  } catch {
    return false; // an older or other runtime: the public way works everywhere
  }
}
