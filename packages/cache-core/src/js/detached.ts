// Views whose buffer was transferred away look empty; Node 20 has no property that tells.

/** Whether the memory of a view was transferred away. */
export function isDetached(bytes: Uint8Array): boolean {
  if (bytes.byteLength !== 0) return false;
  try {
    new Uint8Array(bytes.buffer);
    return false;
  } catch {
    return true; // the language refuses views of a detached buffer
  }
}
