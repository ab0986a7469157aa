// Before packages are packed for a release: every file of every target is there by name, nothing else is, and each was
// built for the system whose folder it lies in. The last job of .github/workflows/prebuild.yml runs it.
import { readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { binarySystem } from './lib/binary-system.mjs';
import { Failure } from './lib/run.mjs';
import { main } from './lib/steps.mjs';
import { releaseFiles } from './lib/targets.mjs';
import { addonPackages, filesBelow } from './lib/workspace.mjs';

/** What keeps a package from being released: one sentence for each file. */
export function releaseProblems(packageName, prebuilds) {
  const wanted = releaseFiles(packageName);
  const found = filesBelow(prebuilds, (name) => name === '.stamp').map((file) =>
    relative(prebuilds, file).replaceAll(sep, '/'),
  );
  const problems = wanted
    .filter((name) => !found.includes(name))
    .map((name) => `${name} is missing`);
  for (const name of found) {
    if (!wanted.includes(name)) {
      problems.push(`${name} does not belong to a release`);
      continue;
    }
    const system = binarySystem(readFileSync(join(prebuilds, name)));
    const [target] = name.split('/');
    if (system !== target) problems.push(`${name} was built for ${system ?? 'no system we know'}`);
  }
  return problems;
}

if (process.argv[1] === import.meta.filename) {
  await main(async () => {
    const problems = [];
    let count = 0;
    for (const { name, dir } of addonPackages()) {
      count += releaseFiles(name).length;
      problems.push(...releaseProblems(name, join(dir, 'prebuilds')));
    }
    if (problems.length > 0) throw new Failure(problems.join('\n'));
    console.log(`all ${count} files of a release are there`);
  });
}
