// Warnings about cache files that start empty: once in a process, however many handles there are.
import {
  mkdtempSync,
  rmSync,
  writeFileSync,
  openSync,
  writeSync,
  closeSync,
  readFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it, vi } from 'vitest';
import { openCache } from '../src/index.ts';

const folders: string[] = [];

afterEach(() => {
  vi.restoreAllMocks();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

function freshFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'cache-core-announce-'));
  folders.push(folder);
  return folder;
}

function listen(): string[] {
  const warnings: string[] = [];
  vi.spyOn(process, 'emitWarning').mockImplementation((message, options) => {
    warnings.push(`${(options as { code: string }).code}: ${String(message)}`);
  });
  return warnings;
}

const isLinux = process.platform === 'linux';

it('says once that a file of another layout starts empty', (context) => {
  if (!isLinux) return context.skip("scope 'machine' is for Linux");
  const path = join(freshFolder(), 'pages.arena');
  const options = { scope: 'machine', path, maxBytes: 2 ** 20 } as const;
  const first = openCache('announced', options);
  first.set('a', 'value');
  first.close();
  // The version stands behind the eight bytes of magic.
  const version = readFileSync(path).readUInt32LE(8);
  const file = openSync(path, 'r+');
  writeSync(file, Uint8Array.of(version + 1), 0, 1, 8);
  closeSync(file);
  const warnings = listen();
  const handles = [1, 2, 3].map(() => openCache('announced', options));
  expect(handles[0]!.stats()).toMatchObject({ opened: 'recreated', entries: 0 });
  expect(handles[0]!.stats().openedReason).toMatch(/another layout/);
  expect(warnings).toEqual([
    `CATZ_WARN_CACHE_RECREATED: cache file ${path} starts empty: it was made by a build with another layout`,
  ]);
  for (const handle of handles) handle.close();
});

it('says that a file of another release lies beside a new one', (context) => {
  if (!isLinux) return context.skip("scope 'machine' is for Linux");
  const folder = freshFolder();
  const old = join(folder, 'catzilla.0.pages.v1.arena');
  writeFileSync(old, 'old');
  writeFileSync(join(folder, 'catzilla.0.pages.vx.arena'), 'something else');
  writeFileSync(join(folder, 'catzilla.0.other.v1.arena'), 'of another cache');
  const path = join(folder, 'catzilla.0.pages.v999.arena');
  const warnings = listen();
  const cache = openCache('beside', { scope: 'machine', path, maxBytes: 2 ** 20 });
  expect(warnings).toEqual([
    `CATZ_WARN_CACHE_LEFTOVER: cache file ${path} starts empty: another release made ${old}; remove what no process uses any more`,
  ]);
  cache.close();
  openCache('beside', { scope: 'machine', path }).close();
  expect(warnings.length).toBe(1);
  expect(readFileSync(old, 'utf8')).toBe('old');
});
