// Packs every publishable package into .cache/pack, from a clean build. `tsc -b` never deletes the output of a removed
// source, so dist is emptied first. Not a prepack script: with ignore-scripts=true npm would not run it.
import { copyFileSync, mkdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { npm, runTool } from './lib/run.mjs';
import { main } from './lib/steps.mjs';
import { publishable, root } from './lib/workspace.mjs';

const packDir = join(root, '.cache', 'pack');

/** What a package ships and the repository keeps elsewhere; git ignores the copies. */
const COPIED = [
  ['native/cache/include/catzilla_cache.h', 'packages/cache-core/include/catzilla_cache.h'],
  ['native/router/include/catzilla_router.h', 'packages/router/include/catzilla_router.h'],
];

/** @returns {Promise<{ name: string, dir: string, tarball: string }[]>} */
export async function pack() {
  const packages = publishable();
  for (const { dir } of packages) {
    rmSync(join(dir, 'dist'), { recursive: true, force: true });
    copyFileSync(join(root, 'LICENSE'), join(dir, 'LICENSE'));
  }
  for (const [from, to] of COPIED) {
    mkdirSync(dirname(join(root, to)), { recursive: true });
    copyFileSync(join(root, from), join(root, to));
  }
  await runTool('tsc', ['-b'], { capture: true });
  rmSync(packDir, { recursive: true, force: true });
  mkdirSync(packDir, { recursive: true });
  const args = ['pack', '--ignore-scripts', '--pack-destination', packDir];
  await npm([...args, ...packages.flatMap(({ path }) => ['-w', path])], { capture: true });
  return packages.map(({ name, dir, manifest }) => {
    const file = `${name.replace('@', '').replace('/', '-')}-${manifest.version}.tgz`;
    return { name, dir, tarball: join(packDir, file) };
  });
}

if (process.argv[1] === import.meta.filename) {
  await main(async () => {
    for (const { tarball } of await pack()) console.log(tarball);
  });
}
