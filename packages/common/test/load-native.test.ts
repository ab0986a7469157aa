import { copyFileSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { loadNative } from '../src/index.ts';
import type { NativeFailure } from '../src/index.ts';
import { libcOf } from '../src/libc-of.ts';
import { elf, GLIBC, MUSL } from './support/elf.ts';

class Refusal extends Error {
  readonly failure: NativeFailure;
  constructor(failure: NativeFailure) {
    super(failure.summary);
    this.failure = failure;
  }
}

const name = '@catzilla/toy';
const error = (failure: NativeFailure): Error => new Refusal(failure);
const { execPath } = process;
const ownTag = process.platform === 'linux' ? `.${libcOf(execPath)}` : '';
let packageDir: string;

beforeEach(() => {
  packageDir = realpathSync(mkdtempSync(join(tmpdir(), 'catz-load-')));
});
afterEach(() => {
  vi.restoreAllMocks();
  process.execPath = execPath;
  rmSync(packageDir, { recursive: true });
});

function place(tag: string, content = 'not a binary'): string {
  const folder = join(packageDir, 'prebuilds', `${process.platform}-${process.arch}`);
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `@catzilla+toy${tag}.node`);
  writeFileSync(file, content);
  return file;
}

// The files of the tests are no binaries: `load` stands for the dynamic linker.
function link(load: (file: string) => unknown): void {
  vi.spyOn(process, 'dlopen').mockImplementation((module, file) => {
    (module as { exports: unknown }).exports = load(file);
  });
}

function refusal(): NativeFailure {
  try {
    loadNative({ packageDir, name, error });
  } catch (thrown) {
    if (thrown instanceof Refusal) return thrown.failure;
    throw thrown;
  }
  throw new Error('expected loadNative to throw');
}

function onPlatform(platform: NodeJS.Platform): void {
  vi.spyOn(process, 'platform', 'get').mockReturnValue(platform);
}

// A Linux whose Node is linked with what the interpreter belongs to.
function onLinux(interpreter: string | undefined): void {
  onPlatform('linux');
  process.execPath = join(packageDir, 'node');
  writeFileSync(process.execPath, elf(interpreter));
}

describe('loadNative', () => {
  it('throws the error of the caller with every file it tried when there is none', () => {
    onLinux(undefined);
    const { tried, summary, platform, arch, libc, cause } = refusal();
    expect(tried.map(({ reason }) => reason)).toEqual(['no such file', 'no such file']);
    expect(tried[0]?.file).toContain(join(`linux-${process.arch}`, '@catzilla+toy.glibc.node'));
    expect(tried[1]?.file).toContain('@catzilla+toy.musl.node');
    expect(summary).toContain(`linux-${process.arch}, tried `);
    expect(summary).toContain(tried[1]?.file);
    expect([platform, arch, libc, cause]).toEqual(['linux', process.arch, undefined, undefined]);
  });

  it('loads the file of this platform', () => {
    onLinux(GLIBC);
    const file = place('.glibc');
    link((loaded) => ({ loaded }));
    expect(loadNative({ packageDir, name, error })).toEqual({ loaded: file });
  });

  it.each([
    [GLIBC, 'glibc', '.musl'],
    [MUSL, 'musl', '.glibc'],
  ])(
    'where Node names %s it takes the file of %s and leaves the other alone',
    (linker, libc, other) => {
      onLinux(linker);
      const linked: string[] = [];
      link((file) => linked.push(file));
      place(other);
      const failure = refusal();
      expect(failure.libc).toBe(libc);
      expect(failure.tried.map(({ file }) => file)).toEqual([
        expect.stringContaining(`@catzilla+toy.${libc}.node`),
      ]);
      expect(failure.summary).toContain(`linux-${process.arch} (${libc}), tried `);
      const file = place(`.${libc}`);
      loadNative({ packageDir, name, error });
      expect(linked).toEqual([file]);
    },
  );

  it('loads the file of the other libc when Node does not tell its own', () => {
    onLinux(undefined);
    place('.glibc');
    const musl = place('.musl');
    link((file) => {
      if (file !== musl) throw new Error('ld-linux-x86-64.so.2: cannot open shared object file');
      return { loaded: file };
    });
    expect(loadNative({ packageDir, name, error })).toEqual({ loaded: musl });
  });

  it('hands on the words of the dynamic linker, first line only', () => {
    onLinux(GLIBC);
    place('.glibc');
    const cause = new Error('GLIBC_2.38 not found\nRequire stack');
    link(() => {
      throw cause;
    });
    const failure = refusal();
    expect(failure.tried[0]?.reason).toBe('GLIBC_2.38 not found');
    expect(failure.summary).toContain('(GLIBC_2.38 not found)');
    expect(failure.cause).toBe(cause);
  });

  it('reports what was thrown even when it is no Error', () => {
    onLinux(MUSL);
    place('.musl');
    link(() => {
      throw 'odd';
    });
    expect(refusal().tried[0]?.reason).toBe('odd');
  });

  it('reports a file that is no binary, by the real linker', () => {
    place(ownTag);
    const { tried, cause } = refusal();
    expect(tried[0]?.reason).not.toBe('no such file');
    expect(tried[0]?.reason).not.toBe('');
    expect(cause).toBeInstanceOf(Error);
  });

  it('looks for one file without a libc in its name where there is only one libc', () => {
    onPlatform('darwin');
    expect(refusal().tried.map(({ file }) => file)).toEqual([
      join(packageDir, 'prebuilds', `darwin-${process.arch}`, '@catzilla+toy.node'),
    ]);
  });

  it('gives the same exports twice', () => {
    onLinux(GLIBC);
    place('.glibc');
    link(() => ({}));
    const first = loadNative({ packageDir, name, error });
    expect(loadNative({ packageDir, name, error })).toBe(first);
  });

  it('loads a real addon', () => {
    // rolldown, a part of the test runner, is an addon on every platform we test on
    const vite = createRequire(createRequire(import.meta.url).resolve('vite'));
    const rolldown = createRequire(vite.resolve('rolldown'));
    rolldown('rolldown');
    const addon = Object.keys(rolldown.cache).find((file) => /rolldown.*\.node$/.test(file));
    if (addon === undefined) throw new Error('expected rolldown to have loaded its addon');
    // Not in packageDir: Windows does not remove the file of a loaded addon.
    const folder = mkdtempSync(join(tmpdir(), 'catz-addon-'));
    const prebuilds = join(folder, 'prebuilds', `${process.platform}-${process.arch}`);
    mkdirSync(prebuilds, { recursive: true });
    copyFileSync(addon, join(prebuilds, `@catzilla+toy${ownTag}.node`));
    expect(loadNative({ packageDir: folder, name, error })).toHaveProperty('BindingBundler');
    if (process.platform !== 'win32') rmSync(folder, { recursive: true });
  });
});
