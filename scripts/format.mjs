// npm run format writes every file as prettier and clang-format want it; with --check it only says which are not.
// clang-format 14, by version: others lay the same code out differently.
import { Failure, onPath, run, runTool } from './lib/run.mjs';
import { main } from './lib/steps.mjs';
import { join } from 'node:path';
import { filesBelow, root, workspaces } from './lib/workspace.mjs';

await main(async () => {
  const isCheck = process.argv.includes('--check');
  await runTool('prettier', [isCheck ? '--check' : '--write', '--log-level=warn', '.']);
  const files = [join(root, 'native'), ...workspaces().map(({ dir }) => join(dir, 'binding'))]
    .flatMap((folder) => filesBelow(folder, (name) => name === 'out' || name === 'build'))
    .filter((file) => /\.(h|cc)$/.test(file));
  const clangFormat = await findClangFormat();
  await run(clangFormat, [...(isCheck ? ['--dry-run', '-Werror'] : ['-i']), ...files]);
  console.log(
    `${files.length} C++ files, and what prettier knows: ${isCheck ? 'formatted' : 'written'}`,
  );
});

async function findClangFormat() {
  for (const name of ['clang-format-14', 'clang-format']) {
    if (!onPath(name)) continue;
    const { output } = await run(name, ['--version'], { capture: true });
    if (/version 14\./.test(output)) return name;
  }
  throw new Failure('clang-format 14 not found: apt install clang-format-14');
}
