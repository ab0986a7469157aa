// The addon's file: found in the package's folder, absent, broken.
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { loadAddon } from '../../src/native/load.ts';

let folder: string;

beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'catz-router-')));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

it('loads the addon of this package', () => {
  const { exports, failure } = loadAddon();
  expect(failure).toBeUndefined();
  expect(exports).toMatchObject({ loadTrie: expect.any(Function) });
});

it('says which file is not there', () => {
  const { exports, failure } = loadAddon(folder);
  expect(exports).toBeUndefined();
  expect(failure?.summary).toContain('no such file');
  expect(failure?.tried[0]?.file).toMatch(/@catzilla\+router(\.glibc|\.musl)?\.node$/);
});

it('says what is wrong with a file that is broken', () => {
  const { file } = loadAddon(folder).failure!.tried[0]!;
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(file, 'not a binary');
  const { exports, failure } = loadAddon(folder);
  expect(exports).toBeUndefined();
  expect(failure?.summary).toContain(file);
  expect(failure?.summary).not.toContain('no such file');
  expect(failure?.cause).toBeInstanceOf(Error);
});

it('hides no other error', () => {
  expect(() => loadAddon(null as never)).toThrow(TypeError);
});
