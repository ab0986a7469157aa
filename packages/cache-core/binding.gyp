{
  # A folder with include/ and lib/ of our own build of jemalloc, or nothing: see scripts/jemalloc.mjs.
  'variables': { 'jemalloc%': "<!(node -p \"process.env.CATZ_JEMALLOC_DIR || ''\")" },
  'targets': [
    {
      'target_name': 'catzilla_cache',
      # The engine's files and ours come in by themselves; their tests lie in folders below.
      'sources': [
        "<!@(node -p \"['../../native/cache', 'binding'].flatMap((d) => require('fs').readdirSync(d).filter((f) => f.endsWith('.cc')).map((f) => d + '/' + f)).join(' ')\")",
      ],
      'defines': ['NAPI_VERSION=8'],
      'cflags!': ['-O2', '-g'],
      'cflags_cc!': ['-std=gnu++17', '-fexceptions', '-frtti'],
      'cflags': ['-O3', '-fvisibility=hidden', '-Wall', '-Wextra', '-Wno-unused-parameter'],
      'cflags_cc': ['-std=c++20', '-fno-exceptions', '-fno-rtti'],
      'conditions': [
        ["OS=='linux'", {
          # nodelete: Node unloads an addon with its last worker, and the engines would go along; see pin.h.
          'ldflags': [
            '-Wl,-z,nodelete',
            "-Wl,--version-script=<!(node -p \"require('path').resolve('binding/exports.map')\")",
            '-Wl,--gc-sections',
          ],
          'cflags+': ['-ffunction-sections', '-fdata-sections'],
        }],
        ["jemalloc!=''", {
          'defines': ['CATZ_JEMALLOC'],
          'include_dirs': ['<(jemalloc)/include'],
          'libraries': ['<(jemalloc)/lib/libjemalloc_pic.a'],
          'ldflags': ['-Wl,--exclude-libs,ALL'],
        }],
        ["OS=='mac'", {
          'xcode_settings': {
            'CLANG_CXX_LANGUAGE_STANDARD': 'c++20',
            'GCC_ENABLE_CPP_EXCEPTIONS': 'NO',
            'GCC_ENABLE_CPP_RTTI': 'NO',
            'GCC_OPTIMIZATION_LEVEL': '3',
            'GCC_SYMBOLS_PRIVATE_EXTERN': 'YES',
            'MACOSX_DEPLOYMENT_TARGET': '11.0',
          },
        }],
        ["OS=='win'", {
          'msvs_settings': {
            'VCCLCompilerTool': {
              'AdditionalOptions': ['/std:c++20'],
              'ExceptionHandling': 0,
              'Optimization': 2,
              'RuntimeTypeInfo': 'false',
            },
          },
          'defines': ['NOMINMAX', 'WIN32_LEAN_AND_MEAN', '_HAS_EXCEPTIONS=0'],
        }],
      ],
    },
  ],
}
