import { describe, expect, it } from 'vitest';
import { readSymbols } from '../check-symbols.mjs';

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

  it('names the families above the floor', () => {
    const { above } = readSymbols(
      dump(
        '0000000000000000      DF *UND*\t0000000000000000 (GLIBC_2.34) pthread_create',
        '0000000000000000      DF *UND*\t0000000000000000 (GLIBCXX_3.4.29) _ZSt28x',
        '0000000000000000      DF *UND*\t0000000000000000 (CXXABI_1.3.9) _ZdlPvm',
      ),
    );
    expect(above).toEqual(['GLIBC', 'GLIBCXX']);
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
