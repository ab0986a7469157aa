// The names in a store's folder: segments `log.<n>`, snapshots `snapshot.<n>`, and what was left half written.
// A snapshot n holds the state before segment n: it needs the segments from n on, and no earlier ones.
// Invariant: what is obsolete or temporary is told apart by name alone, so that a crash between any two steps leaves a
// folder that opens. Locks (`lock*`) belong to claim() of @catzilla/cache-core/os.
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** What a folder holds. */
export interface FolderContents {
  /** Of the newest snapshot; undefined: none. */
  readonly snapshot: number | undefined;
  /** Segments that count, ascending: from the snapshot on, or all. */
  readonly segments: readonly number[];
  /** Names of files that no longer count. */
  readonly leftovers: readonly string[];
}

const NAME = /^(log|snapshot)\.(\d{8,15})(\.tmp)?$/;

/** Path of a segment. */
export function segmentPath(folder: string, segment: number): string {
  return join(folder, `log.${String(segment).padStart(8, '0')}`);
}

/** Path of the snapshot of the state before a segment. */
export function snapshotPath(folder: string, segment: number): string {
  return join(folder, `snapshot.${String(segment).padStart(8, '0')}`);
}

/** Looks at a folder, which exists. */
export function listFolder(folder: string): FolderContents {
  const files = readdirSync(folder).flatMap((name) => {
    const match = NAME.exec(name);
    if (match === null) return [];
    return [{ name, kind: match[1], number: Number(match[2]), temporary: match[3] !== undefined }];
  });
  let snapshot: number | undefined;
  for (const { kind, number, temporary } of files) {
    if (kind === 'snapshot' && !temporary && number > (snapshot ?? -1)) snapshot = number;
  }
  const first = snapshot ?? 0;
  const segments: number[] = [];
  const leftovers: string[] = [];
  for (const { name, kind, number, temporary } of files) {
    if (temporary || number < first) leftovers.push(name);
    else if (kind === 'log') segments.push(number);
  }
  return { snapshot, segments: segments.sort((a, b) => a - b), leftovers };
}

/** Removes what no longer counts.
 * @throws what the file system says */
export function removeLeftovers(folder: string, contents: FolderContents): void {
  for (const name of contents.leftovers) rmSync(join(folder, name), { force: true });
}
