// One job of .github/workflows/prebuild.yml, on the system it builds for: installs, builds the addons of this
// system, and proves the files: the suites of their packages, the smoke program, and on Linux the symbol gate.
//   node scripts/prove-prebuild.mjs linux-x64 musl      what the job is for, so that a wrong runner does not pass
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ensure } from './ensure.mjs';
import { binarySystem } from './lib/binary-system.mjs';
import { Failure, run, runTool } from './lib/run.mjs';
import { runSmoke } from './lib/smoke.mjs';
import { main, note } from './lib/steps.mjs';
import { host, releaseFiles } from './lib/targets.mjs';
import { addonPackages, root } from './lib/workspace.mjs';

await main(async () => {
  const [target, libc = ''] = process.argv.slice(2);
  const packages = addonPackages();
  const wanted = packages.map(({ name }) => wantedFile(name, target, libc));
  if (target !== host) throw new Failure(`this is ${host}, not ${target}`);
  await ensure();
  for (const [i, { dir }] of packages.entries()) checkFile(dir, wanted[i], target);
  await runTool('vitest', ['run', ...packages.map(({ name }) => `--project=${name}`)]);
  const { node: version } = process.versions;
  for (const program of ['by-import.mjs', 'by-require.cjs']) {
    const { addons } = await runSmoke(program, [process.execPath], { version, target });
    const strange = Object.keys(addons).filter((file) => !wanted.includes(file));
    if (strange.length > 0) throw new Failure(`${program} loaded ${strange.join(', ')}`);
    for (const [file, sha256] of Object.entries(addons)) {
      note('smoke', `${program}: ${file} sha256:${sha256}`);
    }
  }
  await run(process.execPath, [join(root, 'scripts', 'check-symbols.mjs')]);
});

function wantedFile(name, target, libc) {
  const ending = libc === '' ? '.node' : `.${libc}.node`;
  const file = releaseFiles(name).find(
    (path) => path.startsWith(`${target}/`) && path.endsWith(ending),
  );
  if (file === undefined) throw new Failure(`no release has a file for ${target} ${libc}`);
  return file;
}

function checkFile(dir, wanted, target) {
  const file = join(dir, 'prebuilds', wanted);
  if (!existsSync(file)) throw new Failure(`the build on this system made no ${wanted}`);
  const system = binarySystem(readFileSync(file));
  if (system !== target) throw new Failure(`${wanted} was built for ${system}`);
}
