// Buffers over our own memory, on every runtime.
import { expect, it } from 'vitest';
import { allocateChunk, isBufferClass, view } from '../src/native/view.ts';

it('makes real Buffers over the memory given', () => {
  const chunk = allocateChunk(64);
  const bytes = view(chunk.buffer, 8, 16);
  bytes.fill(7);
  expect(Buffer.isBuffer(bytes)).toBe(true);
  expect(bytes).toEqual(Buffer.alloc(16, 7));
  expect(chunk.subarray(8, 24)).toEqual(bytes);
});

it('tells a class that makes such Buffers from one that does not', () => {
  class Copying extends Uint8Array {}
  const species = (Buffer as unknown as Record<symbol, never>)[Symbol.species];
  expect(isBufferClass(species)).toBe(true);
  expect(isBufferClass(Copying as never)).toBe(false);
  expect(isBufferClass(undefined)).toBe(false);
});
