// Room on the file system: whether there is enough to write, before it refuses; and which errors mean that there is none.
import { statfs } from 'node:fs/promises';

const SHARE = 0.05;
const ENOUGH = 256 * 1024 * 1024;

/** Whether a file system has room for more.
 * @param minFree  bytes; undefined: 5 % of it or 256 MiB, whichever is less */
export async function hasRoom(folder: string, minFree: number | undefined): Promise<boolean> {
  const { bavail, blocks, bsize } = await statfs(folder);
  return bavail * bsize >= (minFree ?? Math.min(blocks * bsize * SHARE, ENOUGH));
}

// lmdb passes errno on as a number: ENOSPC, EFBIG (a limit on the size of files), EDQUOT of Linux.
const CODES: ReadonlySet<unknown> = new Set(['ENOSPC', 'EFBIG', 'EDQUOT', 28, 27, 122]);

/** Whether an error says that there is no room. */
export function saysFull(error: unknown): boolean {
  return CODES.has((error as { code?: unknown } | undefined)?.code);
}
