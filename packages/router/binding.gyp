{
  'targets': [
    {
      'target_name': 'catzilla_router',
      # The matcher in native/router is headers only; the tests of the binding lie in folders below.
      'sources': [
        "<!@(node -p \"require('fs').readdirSync('binding').filter((f) => f.endsWith('.cc')).map((f) => 'binding/' + f).join(' ')\")",
      ],
      'defines': ['NAPI_VERSION=8'],
      'cflags!': ['-O2', '-g'],
      'cflags_cc!': ['-std=gnu++17', '-fexceptions', '-frtti'],
      'cflags': ['-O3', '-fvisibility=hidden', '-Wall', '-Wextra', '-Wno-unused-parameter'],
      'cflags_cc': ['-std=c++20', '-fno-exceptions', '-fno-rtti'],
      'conditions': [
        ["OS=='linux'", {
          # nodelete: Node unloads an addon with its last worker, and other addons may hold its functions.
          'ldflags': [
            '-Wl,-z,nodelete',
            "-Wl,--version-script=<!(node -p \"require('path').resolve('binding/exports.map')\")",
            '-Wl,--gc-sections',
          ],
          'cflags+': ['-ffunction-sections', '-fdata-sections'],
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
