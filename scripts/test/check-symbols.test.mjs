import { describe, expect, it } from 'vitest';
import { needsBlock, pageProblems, readSymbols, strangeLibraries } from '../check-symbols.mjs';

const dump = (...lines) => lines.join('\n');
const napi =
  '0000000000005e60 g    DF .text\t0000000000000143  Base        napi_register_module_v1';

describe('readSymbols', () => {
  it('finds the highest version of each family', () => {
    const { needs, above } = readSymbols(
      dump(
        '0000000000000000      DF *UND*\t0000000000000000 (GLIBC_2.2.5) memcmp',
        '0000000000000000      DF *UND*\t0000000000000000 (GLIBC_2.14) memcpy',
        '0000000000000000      DF *UND*\t0000000000000000 (GLIBCXX_3.4.9) _ZSt4x',
        '0000000000000000  w   D  *UND*\t0000000000000000  Base        __gmon_start__',
        napi,
      ),
    );
    expect(needs).toEqual({ GLIBC: '2.14', GLIBCXX: '3.4.9' });
    expect(above).toEqual([]);
  });

  it('names the symbols above the floor', () => {
    const { above } = readSymbols(
      dump(
        '0000000000000000      DF *UND*\t0000000000000000 (GLIBC_2.34) pthread_create',
        '0000000000000000      DF *UND*\t0000000000000000 (GLIBCXX_3.4.29) _ZSt28x',
        '0000000000000000      DF *UND*\t0000000000000000 (CXXABI_1.3.9) _ZdlPvm',
      ),
    );
    expect(above).toEqual(['pthread_create@GLIBC_2.34', '_ZSt28x@GLIBCXX_3.4.29']);
  });

  it('finds exports besides the two of N-API', () => {
    const { extra } = readSymbols(
      dump(
        napi,
        '0000000000005e50 g    DF .text\t0000000000000006  Base        node_api_module_get_api_version_v1',
        '0000000000004000  w   DF .text\t0000000000000010  Base        _ZN4leakEv',
        '0000000000009000 g    DO .bss\t0000000000000008 leaked_state',
      ),
    );
    expect(extra).toEqual(['_ZN4leakEv', 'leaked_state']);
  });
});

describe('strangeLibraries', () => {
  const headers = (...names) => dump(...names.map((name) => `  NEEDED               ${name}`));

  it('lets pass what Node is linked with', () => {
    const glibc = headers(
      'libstdc++.so.6',
      'libpthread.so.0',
      'libc.so.6',
      'ld-linux-aarch64.so.1',
    );
    expect(strangeLibraries(glibc, 'glibc')).toEqual([]);
    const musl = headers('libstdc++.so.6', 'libgcc_s.so.1', 'libc.musl-x86_64.so.1');
    expect(strangeLibraries(musl, 'musl')).toEqual([]);
  });

  it('names a library that nobody may have loaded', () => {
    const needed = `${headers('libc.so.6', 'librt.so.1')}\n  SONAME               libours.so.1`;
    expect(strangeLibraries(needed, 'glibc')).toEqual(['librt.so.1']);
  });

  it('names the libc of another file', () => {
    expect(strangeLibraries(headers('libc.so.6'), 'musl')).toEqual(['libc.so.6']);
    const musl = headers('libc.musl-x86_64.so.1');
    expect(strangeLibraries(musl, 'glibc')).toEqual(['libc.musl-x86_64.so.1']);
  });
});

describe('the page of the binaries', () => {
  const file = (needs) => [{ name: 'linux-x64/engine.node', needs }];

  it('says what each file needs, and agrees with the files it was made from', async () => {
    const files = file({ GLIBC: '2.25', CXXABI: '1.3.9' });
    const page = await needsBlock(files);
    expect(page).toMatch(/linux-x64\/engine\.node` +\| GLIBC_2\.25 +\| - +\| CXXABI_1\.3\.9 +\|$/m);
    expect(page).toMatch(/allowed, as Node itself needs +\| GLIBC_2\.28/);
    expect(pageProblems(page, files)).toEqual([]);
    expect(pageProblems(page, file({ GLIBC: '2.4' }))).toEqual([]);
  });

  it('is wrong about a file that needs more, and about one it does not have', async () => {
    const page = await needsBlock(file({ GLIBC: '2.9' }));
    expect(pageProblems(page, file({ GLIBC: '2.25' }))).toEqual([
      expect.stringContaining('linux-x64/engine.node needs GLIBC_2.25'),
    ]);
    expect(pageProblems(page, file({ GLIBCXX: '3.4' }))).toHaveLength(1);
    expect(pageProblems(page, [{ name: 'linux-arm64/engine.node', needs: {} }])).toEqual([
      expect.stringContaining('linux-arm64/engine.node is not in docs'),
    ]);
    expect(pageProblems(page, [{ name: 'linux-x64/engine.musl.node', needs: {} }])).toEqual([]);
  });
});
