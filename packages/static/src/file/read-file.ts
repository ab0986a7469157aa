// Reads a file whole, from one descriptor, and says whether it held still meanwhile.
// Invariant: what is read is a regular file; opening never waits for one (a pipe that was put in its place).
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { isSame } from './stamp.ts';
import type { Stamp } from './stamp.ts';

/** `isStill`: it did not change while it was read. 'large': above the limit, not read. 'gone': no regular file any more. */
export type Read =
  | {
      readonly kind: 'bytes';
      readonly bytes: Buffer;
      readonly stamp: Stamp;
      readonly isStill: boolean;
    }
  | { readonly kind: 'large' | 'gone' };

// Windows knows neither.
const FLAGS = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | (constants.O_NOFOLLOW ?? 0);

/** @param path  real: its last part is no link
 * @throws what the file system says */
export async function readFile(path: string, maxBytes: number): Promise<Read> {
  const handle = await open(path, FLAGS);
  try {
    return await readFrom(handle, maxBytes);
  } finally {
    await handle.close();
  }
}

async function readFrom(handle: FileHandle, maxBytes: number): Promise<Read> {
  const before = await handle.stat({ bigint: true });
  if (!before.isFile()) return { kind: 'gone' };
  if (before.size > maxBytes) return { kind: 'large' };
  const size = Number(before.size);
  const bytes = Buffer.allocUnsafeSlow(size);
  let length = 0;
  while (length < size) {
    const { bytesRead } = await handle.read(bytes, length, size - length, length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  const after = await handle.stat({ bigint: true });
  const isStill = length === size && isSame(before, after);
  return { kind: 'bytes', bytes: bytes.subarray(0, length), stamp: after, isStill };
}
