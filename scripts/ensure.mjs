// Brings a clone to the state where things can run: dependencies installed, addons built, TypeScript compiled. Each
// step is skipped when its stamp fits, so that a second run costs milliseconds. Built-ins only: it runs before
// node_modules exists.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Failure, npm, runTool } from './lib/run.mjs';
import { readStamp, statStamp, writeStamp } from './lib/stamp.mjs';
import { main, note, step } from './lib/steps.mjs';
import { addonPackages, filesBelow, readJson, root, workspaces } from './lib/workspace.mjs';
import { isBuilt, nativeBuild } from './native-build.mjs';

const OLDEST = [20, 19];

/** Installs, builds the addons (not with CATZ_CACHE_BACKEND=js) and compiles, whatever of it is not up to date. */
export async function ensure() {
  checkNode(process.versions.node);
  await ensureInstalled();
  await ensureNative();
  await ensureCompiled();
}

/** @throws Failure when this Node is too old to run us */
export function checkNode(version) {
  const [major, minor] = version.split('.').map(Number);
  if (major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])) return;
  throw new Failure(`Catzilla needs Node ${OLDEST.join('.')} or newer, this is ${version}.`);
}

async function ensureInstalled() {
  const lock = readFileSync(join(root, 'package-lock.json'));
  const wanted = createHash('sha256').update(lock).digest('hex');
  const stamp = join(root, 'node_modules', '.catzilla-lock');
  if (readStamp(stamp) === wanted) return note('install', 'up to date');
  if (!isInstalledByHand(JSON.parse(lock))) {
    await step('install', 'npm ci', () =>
      npm(['ci', '--no-audit', '--no-fund'], { capture: true }),
    );
  } else note('install', 'up to date');
  writeStamp(stamp, wanted);
}

// Whoever ran `npm ci` or `npm install` themselves, as CI does, need not wait for a second one: npm keeps a copy of
// the lock as installed. Packages for other platforms are missing there, and are optional.
function isInstalledByHand(lock) {
  const file = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(file)) return false;
  const installed = readJson(file).packages;
  return Object.entries(lock.packages).every(([path, { version, link, optional }]) => {
    if (!path.startsWith('node_modules/')) return true;
    const there = installed[path];
    if (there === undefined) return optional === true;
    return link === true ? there.link === true : there.version === version;
  });
}

// All addons or none: whoever has no compiler for the engine has none for the router, which then runs without.
async function ensureNative() {
  const packages = addonPackages();
  if (process.env.CATZ_CACHE_BACKEND === 'js') {
    const names = packages.map(({ name }) => name).join(' and ');
    return note('native', `${names} left out: CATZ_CACHE_BACKEND=js`);
  }
  for (const { name, dir } of packages) {
    if (isBuilt(dir)) note('native', `${name} up to date`);
    else
      await step('native', `${name} for ${process.platform}-${process.arch}`, () =>
        nativeBuild(dir),
      );
  }
}

async function ensureCompiled() {
  const projects = workspaces().filter(({ dir }) => existsSync(join(dir, 'tsconfig.json')));
  const files = [join(root, 'tsconfig.base.json'), join(root, 'tsconfig.json')];
  for (const { dir } of projects) {
    files.push(
      join(dir, 'tsconfig.json'),
      join(dir, 'package.json'),
      ...filesBelow(join(dir, 'src')),
    );
  }
  const stampFile = join(root, '.cache', 'compiled');
  const isThere = projects.every(({ dir }) =>
    existsSync(join(dir, 'dist', 'tsconfig.tsbuildinfo')),
  );
  const stamp = statStamp(files);
  if (isThere && readStamp(stampFile) === stamp) return note('build', 'up to date');
  await step('build', 'tsc -b', () => runTool('tsc', ['-b'], { capture: true }));
  writeStamp(stampFile, stamp);
}

if (process.argv[1] === import.meta.filename) await main(ensure);
