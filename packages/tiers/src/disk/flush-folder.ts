// Names that were made, replaced or removed in a folder reach the disk.
import { open } from 'node:fs/promises';

/** Flushes a folder. On Windows folders cannot be opened, and renames are in the file system's journal.
 * @throws what the file system says */
export async function flushFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const file = await open(folder, 'r');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}
