import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  checkSource,
  checkTarball,
  ensureJemalloc,
  jemallocStamp,
  readRequest,
  sourceLine,
} from '../jemalloc.mjs';
import { root } from '../lib/workspace.mjs';
import { plant } from './tree.mjs';

const source = (version = '5.3.0-0-g54eaed1d8b56') =>
  plant({
    VERSION: `${version}\n`,
    configure: '#!/bin/sh',
    'include/jemalloc/jemalloc.sh': '',
    'src/jemalloc.c': 'int x;',
  });

describe('readRequest', () => {
  it('is off when the variable is absent, empty or 0', () => {
    expect([{}, { CATZ_JEMALLOC: '' }, { CATZ_JEMALLOC: '0' }].map(readRequest)).toEqual([
      false,
      false,
      false,
    ]);
  });

  it('is Debian for 1, and a folder for everything else, from the root of the repository', () => {
    expect(readRequest({ CATZ_JEMALLOC: '1' })).toBe('debian');
    expect(readRequest({ CATZ_JEMALLOC: '/opt/jemalloc' })).toBe('/opt/jemalloc');
    expect(readRequest({ CATZ_JEMALLOC: 'vendor/jemalloc' })).toBe(
      join(root, 'vendor', 'jemalloc'),
    );
  });
});

describe('jemallocStamp', () => {
  it('says nothing without jemalloc, so that the stamp of a usual build depends on nothing new', () => {
    expect(jemallocStamp({ CC: 'clang' })).toBeUndefined();
  });

  it('changes with the source and with the compiler', () => {
    const folder = source();
    const stamps = [
      { CATZ_JEMALLOC: '1' },
      { CATZ_JEMALLOC: '1', CC: 'clang' },
      { CATZ_JEMALLOC: '1', CFLAGS: '-O1' },
      { CATZ_JEMALLOC: folder },
    ].map((env) => jemallocStamp(env));
    expect(new Set(stamps).size).toBe(4);
    expect(jemallocStamp({ CATZ_JEMALLOC: '1' })).toBe(stamps[0]);
  });
});

describe('checkSource', () => {
  it('takes a 5.3 release that can be configured', () => {
    expect(() => checkSource(source())).not.toThrow();
  });

  it('names the folder that is no source of jemalloc', () => {
    const folder = plant({ VERSION: '5.3.0' });
    expect(() => checkSource(folder)).toThrow(
      `expected CATZ_JEMALLOC to be 1 or a folder with the source of jemalloc 5.3.0, got ${folder}`,
    );
  });

  it('refuses another version', () => {
    expect(() => checkSource(source('5.2.1-0-gea6b3e973b47'))).toThrow(/with 5\.2\.1-0-gea6b/);
  });

  it('says what to run in a clone without configure', () => {
    const folder = plant({ VERSION: '5.3.0', 'include/jemalloc/jemalloc.sh': '' });
    expect(() => checkSource(folder)).toThrow('has no configure: run ./autogen.sh there');
  });
});

describe('sourceLine', () => {
  it('has the signature checked where the keys are', () => {
    expect(sourceLine(true)).toContain(
      '[signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]',
    );
    expect(sourceLine(false)).toContain('[trusted=yes]');
  });
});

describe('checkTarball', () => {
  it('refuses bytes that are not those of the release', () => {
    expect(() => checkTarball(Buffer.from('something else'))).toThrow(
      /^expected jemalloc_5\.3\.0\.orig\.tar\.bz2 to have SHA-256 2db82d1e\w{56}, got \w{64}$/,
    );
  });
});

describe('ensureJemalloc', () => {
  it('does nothing when nobody asked', async () => {
    expect(await ensureJemalloc({})).toBeUndefined();
  });

  it('is an error where it does not work', async () => {
    await expect(ensureJemalloc({ CATZ_JEMALLOC: '1' }, 'darwin')).rejects.toThrow(
      'CATZ_JEMALLOC works on Linux, this is darwin: leave it out',
    );
  });

  it('names the other way where there is no apt-get', async () => {
    // Another compiler, so that what may stand in the cache is not it.
    const env = { CATZ_JEMALLOC: '1', CC: 'none', PATH: '' };
    await expect(ensureJemalloc(env, 'linux')).rejects.toThrow(
      /there is no apt-get here: unpack jemalloc 5\.3\.0 and name its folder, CATZ_JEMALLOC=\/path/,
    );
  });
});
