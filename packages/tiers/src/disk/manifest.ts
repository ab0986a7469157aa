// The manifest: which files of a folder are records, and how the last opener left them.
// Invariant: it is replaced as a whole, and names a generation before anything is written there; what it does not name is
// rubbish. One that cannot be understood (damaged, another format, another cache) means an empty folder.
import { readFileSync } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { flushFolder } from './flush-folder.ts';

const FORMAT = 1;
const FILE = 'manifest.json';

/** What a generation was when nothing more would be written there. */
export interface Seal {
  readonly bytes: number;
  /** Of the file, where damage within could end the process; else 0. */
  readonly crc: number;
}

/** A generation. Without a seal it was being written. */
export interface Mark {
  readonly number: number;
  readonly seal?: Seal | undefined;
}

export interface Manifest {
  readonly name: string;
  readonly backend: string;
  /** Which start of the machine it was written in. */
  readonly boot: string;
  /** Whether writes were flushed. */
  readonly flushed: boolean;
  readonly note?: string | undefined;
  /** Newest first. */
  readonly generations: readonly Mark[];
}

/** @returns undefined when there is none that can be understood */
export function readManifest(folder: string): Manifest | undefined {
  try {
    const found: unknown = JSON.parse(readFileSync(join(folder, FILE), 'utf8'));
    return isManifest(found) ? found : undefined;
  } catch {
    return undefined;
  }
}

/** Replaces it.
 * @throws what the file system says */
export async function writeManifest(folder: string, manifest: Manifest): Promise<void> {
  const draft = join(folder, `${FILE}.new`);
  const file = await open(draft, 'w', 0o600);
  try {
    await file.writeFile(JSON.stringify({ format: FORMAT, ...manifest }));
    // Else the name may reach the disk before the content, and the folder would count as empty.
    if (manifest.flushed) await file.datasync();
  } finally {
    await file.close();
  }
  await rename(draft, join(folder, FILE));
  if (manifest.flushed) await flushFolder(folder);
}

function isManifest(found: unknown): found is Manifest {
  if (typeof found !== 'object' || found === null) return false;
  const manifest = found as Record<string, unknown>;
  const { note, generations } = manifest;
  return (
    manifest['format'] === FORMAT &&
    typeof manifest['name'] === 'string' &&
    typeof manifest['backend'] === 'string' &&
    typeof manifest['boot'] === 'string' &&
    typeof manifest['flushed'] === 'boolean' &&
    (note === undefined || typeof note === 'string') &&
    Array.isArray(generations) &&
    generations.every(isMark)
  );
}

function isMark(found: unknown): found is Mark {
  const { number, seal } = (found ?? {}) as { number?: unknown; seal?: unknown };
  if (!Number.isSafeInteger(number)) return false;
  if (seal === undefined) return true;
  const { bytes, crc } = (seal ?? {}) as { bytes?: unknown; crc?: unknown };
  return Number.isSafeInteger(bytes) && Number.isSafeInteger(crc);
}
