// Checksum of a whole file. It reads all of it: for a thread of its own.
import { closeSync, openSync, readSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import type { Seal } from '../manifest.ts';

const CHUNK = 2 ** 20;

/** Length and CRC-32 of a file.
 * @throws what the file system says */
export function checksum(path: string): Seal {
  const file = openSync(path, 'r');
  try {
    const buffer = Buffer.allocUnsafeSlow(CHUNK);
    let crc = 0;
    let bytes = 0;
    for (;;) {
      const length = readSync(file, buffer, 0, CHUNK, bytes);
      if (length === 0) return { bytes, crc };
      crc = crc32(buffer.subarray(0, length), crc);
      bytes += length;
    }
  } finally {
    closeSync(file);
  }
}
