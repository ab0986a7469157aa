import { describe, expect, it } from 'vitest';
import { checkImports } from '../check-imports.mjs';
import { plant } from './tree.mjs';

const floors = { low: 0, mid: 1, peer: 1 };
const manifest = (name, dependencies = {}) => ({ name, version: '1.0.0', dependencies });

function repository(files) {
  return plant({
    'package.json': { workspaces: ['packages/*', 'examples/*'] },
    'packages/low/package.json': manifest('@x/low'),
    'packages/mid/package.json': manifest('@x/mid', { '@x/low': '1.0.0' }),
    'packages/peer/package.json': manifest('@x/peer', { '@x/low': '1.0.0' }),
    'examples/demo/package.json': manifest('@x/demo', { '@x/mid': '1.0.0' }),
    'packages/mid/src/index.ts': `import { a } from '@x/low';\nexport { b } from './b.ts';\n`,
    'native/engine.cc': '#include <cstdint>\n#include "engine.h"\n',
    ...files,
  });
}

const problems = (files) => checkImports(repository(files), floors);

describe('checkImports', () => {
  it('accepts imports that go down', () => {
    expect(problems({})).toEqual([]);
  });

  it.each([
    ['a static import', `import { x } from '@x/mid';`],
    ['a type import', `import type { X } from '@x/mid';`],
    ['a re-export', `export * from '@x/mid/sub';`],
    ['a dynamic import', `const x = await import('@x/mid');`],
    ['an import in a type', `export type X = import('@x/mid').X;`],
    ['a require', `const x = require('@x/mid');`],
  ])('refuses %s that goes up', (_what, code) => {
    expect(problems({ 'packages/low/src/up.ts': code })).toContain(
      'packages/low/src/up.ts (floor 0) imports @x/mid (floor 1)',
    );
  });

  it('refuses an import of the same floor, in tests too', () => {
    const code = `import { x } from '@x/mid';`;
    expect(problems({ 'packages/peer/test/a.test.ts': code })).toContain(
      'packages/peer/test/a.test.ts (floor 1) imports @x/mid (floor 1)',
    );
  });

  it('refuses a dependency that goes up in package.json', () => {
    const file = manifest('@x/low', { '@x/peer': '1.0.0' });
    expect(problems({ 'packages/low/package.json': file })).toEqual([
      'packages/low/package.json (floor 0) imports @x/peer (floor 1)',
    ]);
  });

  it('refuses an import that package.json does not name', () => {
    expect(problems({ 'packages/mid/package.json': manifest('@x/mid') })).toEqual([
      'packages/mid/src/index.ts imports @x/low, which its package.json does not name',
    ]);
  });

  it('refuses to reach out of the package, and to import an example', () => {
    const code = `import '../../low/src/index.ts';\nimport '@x/demo';`;
    expect(problems({ 'packages/mid/src/out.ts': code })).toEqual([
      'packages/mid/src/out.ts reaches out of its package: ../../low/src/index.ts',
      'packages/mid/src/out.ts imports @x/demo, which is an example',
    ]);
  });

  it('does not take a comment or a string for an import', () => {
    const code = `// import { x } from '@x/mid';\nexport const text = "import '@x/mid'";`;
    expect(problems({ 'packages/low/src/quiet.ts': code })).toEqual([]);
  });

  it('refuses a package without a floor', () => {
    expect(problems({ 'packages/new/package.json': manifest('@x/new') })).toEqual([
      'packages/new has no floor in scripts/check-imports.mjs',
    ]);
  });

  it.each(['<node_api.h>', '<uv.h>', '"../deps/v8.h"', '<v8-isolate.h>'])(
    'refuses the header %s in native/',
    (header) => {
      expect(problems({ 'native/bad.cc': `#include ${header}\n` })).toHaveLength(1);
    },
  );

  it('holds for this repository', () => {
    expect(checkImports()).toEqual([]);
  });
});
