// Runs the suites that touch an addon and HTTP under every line of Node we promise, on exactly the oldest 20.19.0 too.
// One build of each addon must load in all of them: the smoke program tells, in each, which files it loaded, and their
// SHA-256 must be those of the files that were there at the start.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { NODE_VERSIONS, nodeBinary } from './lib/node-binary.mjs';
import { Failure, runTool } from './lib/run.mjs';
import { runSmoke } from './lib/smoke.mjs';
import { main, note, step } from './lib/steps.mjs';
import { host } from './lib/targets.mjs';
import { addonPackages, workspaces } from './lib/workspace.mjs';

/** Servers and processes that are killed, hung and cut off: minutes of waiting that `npm test` has done, and that depend on
 * them, not on Node; and pages, which depend on the browser. */
const ONCE = [
  '**/test/page/**',
  '**/test/monitor/page.test.ts',
  '**/test/prove/**',
  '**/test/differential/**',
  '**/test/stream/cut-off.test.ts',
  '**/test/stream/topologies.test.ts',
  '**/test/soak.test.ts',
];
/** The rules of HTTP and of routes, and what the program prints, which are the same on every Node: under the ends alone. How
 * answers are written, which hangs on Node's insides, is tested on all. */
const RULES = [
  '**/test/cli/**',
  '**/test/cli-start/**',
  '**/test/conformance/**',
  '**/test/plugins/**',
  '**/test/rfc/**',
  '**/test/options/**',
  '**/test/threats/**',
  '**/test/dynamic/**',
  '**/test/hosts/**',
  '**/test/introspect/**',
];
/** Random tables of routes: `npm test` has looked at many, and each Node reads URLs for native code in its own way. */
const FEWER = { ROUTER_TABLES: '200' };
/** Packages that stand on drivers, files and the language rather than on an addon: under the ends alone. */
const AT_THE_ENDS = new Set([
  '@catzilla/bus',
  '@catzilla/di',
  '@catzilla/http',
  '@catzilla/monitor',
  '@catzilla/realtime',
  '@catzilla/static',
  '@catzilla/tasks',
  '@catzilla/tiers',
  '@catzilla/validation',
]);

/** Of those, packages whose dependencies declare a newer Node than 20.19.0: under that, whatever else has run. */
const AT_THE_OLDEST = new Set(['@catzilla/realtime', '@catzilla/static']);

await main(async () => {
  const versions = process.argv.slice(2).length > 0 ? process.argv.slice(2) : NODE_VERSIONS;
  const packages = workspaces().filter(({ path }) => path.startsWith('packages/'));
  const { addons } = await runSmoke('by-import.mjs', [process.execPath], {
    version: process.versions.node,
    target: host,
  });
  for (const [file, sha256] of Object.entries(addons)) note('matrix', `${file} sha256:${sha256}`);
  const failed = [];
  for (const version of versions) {
    const node = await nodeBinary(host, version);
    const isOldest = version === versions[0];
    // The oldest is an end unless `npm test` has run all on a Node of its line, this one.
    const isEnd = version === versions.at(-1) || (isOldest && !isOfThisLine(version));
    const isRun = (name) =>
      isEnd || !AT_THE_ENDS.has(name) || (isOldest && AT_THE_OLDEST.has(name));
    const projects = packages
      .filter(({ name }) => isRun(name))
      .map(({ name }) => `--project=${name}`);
    const args = [
      'run',
      ...projects,
      '--reporter=dot',
      ...[...ONCE, ...(isEnd ? [] : RULES)].flatMap((files) => ['--exclude', files]),
    ];
    try {
      await step('matrix', `Node ${version}`, async () => {
        const said = await runSmoke('by-import.mjs', [node], { version, target: host });
        for (const [file, sha256] of Object.entries(said.addons)) {
          if (addons[file] !== sha256)
            throw new Failure(`loaded ${file} sha256:${sha256}, not the one file`);
        }
        await runTool('vitest', args, { node, env: { ...process.env, ...FEWER }, capture: true });
        for (const [file, sha256] of Object.entries(addons)) {
          if (hashOf(file) !== sha256) throw new Failure(`${file} was built anew in between`);
        }
      });
    } catch (error) {
      failed.push(`Node ${version}:\n${error.message}`);
    }
  }
  if (failed.length > 0) throw new Failure(failed.join('\n\n'));
});

function isOfThisLine(version) {
  return version.split('.')[0] === process.versions.node.split('.')[0];
}

function hashOf(addon) {
  const file = addonPackages()
    .map(({ dir }) => join(dir, 'prebuilds', addon))
    .find((path) => existsSync(path));
  if (file === undefined) throw new Failure(`${addon} is gone`);
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}
