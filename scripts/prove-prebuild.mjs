// One job of .github/workflows/prebuild.yml, on the system it builds for: installs, builds the addon of this system,
// and proves the file: the suite of the engine's package, the smoke program, and on Linux the symbol gate.
//   node scripts/prove-prebuild.mjs linux-x64 musl      what the job is for, so that a wrong runner does not pass
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ensure } from './ensure.mjs';
import { binarySystem } from './lib/binary-system.mjs';
import { Failure, run, runTool } from './lib/run.mjs';
import { runSmoke } from './lib/smoke.mjs';
import { main, note } from './lib/steps.mjs';
import { host, releaseFiles } from './lib/targets.mjs';
import { root } from './lib/workspace.mjs';

const PACKAGE = '@catzilla/cache-core';

await main(async () => {
  const [target, libc = ''] = process.argv.slice(2);
  const ending = libc === '' ? '.node' : `.${libc}.node`;
  const wanted = releaseFiles(PACKAGE).find(
    (file) => file.startsWith(`${target}/`) && file.endsWith(ending),
  );
  if (wanted === undefined) throw new Failure(`no release has a file for ${target} ${libc}`);
  if (target !== host) throw new Failure(`this is ${host}, not ${target}`);
  await ensure();
  const file = join(root, 'packages', 'cache-core', 'prebuilds', wanted);
  if (!existsSync(file)) throw new Failure(`the build on this system made no ${wanted}`);
  const system = binarySystem(readFileSync(file));
  if (system !== target) throw new Failure(`${wanted} was built for ${system}`);
  await runTool('vitest', ['run', `--project=${PACKAGE}`]);
  const { node: version } = process.versions;
  for (const program of ['by-import.mjs', 'by-require.cjs']) {
    const said = await runSmoke(program, [process.execPath], { version, target });
    if (said.addon !== wanted) throw new Failure(`${program} loaded ${said.addon}, not ${wanted}`);
    note('smoke', `${program}: ${said.addon} sha256:${said.sha256}`);
  }
  await run(process.execPath, [join(root, 'scripts', 'check-symbols.mjs')]);
});
