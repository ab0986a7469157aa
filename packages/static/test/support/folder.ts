// Folders of files for one test file, removed at its end.
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';

const folders: string[] = [];

/** A folder that holds these files, by path. */
export function folderOf(files: Readonly<Record<string, string | Buffer>>): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'catz-static-')));
  folders.push(folder);
  for (const [path, content] of Object.entries(files)) write(folder, path, content);
  return folder;
}

/** Writes a file below a folder. */
export function write(folder: string, path: string, content: string | Buffer): void {
  const file = join(folder, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
}

/** Waits until a change of a file would have another time: only then is it remembered. */
export async function settled(folder: string, path: string): Promise<void> {
  while (Date.now() - statSync(join(folder, path)).ctimeMs <= 110) await setTimeout(10);
}

/** For afterAll. */
export function removeFolders(): void {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
}

/** Bytes that no coding makes smaller, the same each time. */
export function noise(length: number): Buffer {
  const blocks = Array.from({ length: Math.ceil(length / 32) }, (_, i) =>
    createHash('sha256').update(String(i)).digest(),
  );
  return Buffer.concat(blocks).subarray(0, length);
}
