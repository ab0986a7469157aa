// npm run prebuild: the addons as files for others, for every target that can be built here: linux-x64 and, by cross
// compiler, linux-arm64 on Linux x64; elsewhere the own system. `npm run prebuild -- linux-arm64` builds the named
// targets only. What is up to date is not built again. The other systems are built by .github/workflows/prebuild.yml.
import { main, note, step } from './lib/steps.mjs';
import { buildable } from './lib/targets.mjs';
import { addonPackages } from './lib/workspace.mjs';
import { isBuilt, nativeBuild } from './native-build.mjs';

/** Builds the addon of every package that has one, for one target.
 * @throws Failure saying what is missing, or with the compiler's output */
export async function prebuild(target) {
  for (const { name, dir } of addonPackages()) {
    if (isBuilt(dir, { target })) note('prebuild', `${name} for ${target} is up to date`);
    else await step('prebuild', `${name} for ${target}`, () => nativeBuild(dir, { target }));
  }
}

if (process.argv[1] === import.meta.filename) {
  await main(async () => {
    const wanted = process.argv.slice(2);
    for (const target of wanted.length > 0 ? wanted : buildable()) await prebuild(target);
  });
}
