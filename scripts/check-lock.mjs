// Checks every lock file of the repository, without the network. A registry can hold a new tool before all of its
// platform packages; npm then writes a lock that lacks them, says nothing, and `npm ci` fails elsewhere, or a tool
// cannot start on the Macs. So: every optional dependency of every entry must have an entry of its own.
// It also holds the floor of Node and the list of packages that bring an install script.
import { relative } from 'node:path';
import { Failure } from './lib/run.mjs';
import { main } from './lib/steps.mjs';
import { filesBelow, readJson, root } from './lib/workspace.mjs';

/** The oldest Node everything must accept. */
const FLOOR = [20, 19, 0];
/** Install scripts we know of; with `ignore-scripts=true` none runs, and each of these works without. */
const KNOWN_SCRIPTS = new Set([
  'nx',
  'lmdb',
  'msgpackr-extract',
  'fsevents',
  'esbuild',
  'sharp',
  'lz4-napi',
]);
/** Packages that declare a newer Node and still run on the floor, each tried on exactly 20.19.0. */
const KNOWN_ENGINES = new Set(['@fastify/sse', 'content-disposition', 'cookie', 'awilix-manager']);

/** @returns {{ problems: string[], entries: number, edges: number }} */
export function checkLock(lock) {
  const packages = lock.packages;
  const problems = [];
  let edges = 0;
  for (const [path, entry] of Object.entries(packages)) {
    // A linked folder beside this one: what it needs is in the lock of its own workspace.
    if (path.startsWith('../')) continue;
    for (const name of Object.keys(entry.optionalDependencies ?? {})) {
      edges += 1;
      if (!hasEntry(packages, path, name))
        problems.push(`${path}: ${name} is missing from the lock`);
    }
    const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
    if (!path.includes('node_modules/') || entry.link) continue;
    if (entry.hasInstallScript && !KNOWN_SCRIPTS.has(name)) {
      problems.push(`${path}: has an install script that is not allowed by name`);
    }
    if (!acceptsFloor(entry.engines?.node) && !entry.optional && !KNOWN_ENGINES.has(name)) {
      problems.push(`${path}@${entry.version}: needs Node ${entry.engines.node}`);
    }
  }
  return { problems, entries: Object.keys(packages).length, edges };
}

// Node looks for a package in the node_modules of each folder from its own outwards: so do we in the lock.
function hasEntry(packages, from, name) {
  for (let at = from; ;) {
    if (packages[`${at === '' ? '' : `${at}/`}node_modules/${name}`] !== undefined) return true;
    if (at === '') return false;
    const outer = at.lastIndexOf('/node_modules/');
    at = outer === -1 ? '' : at.slice(0, outer);
  }
}

/** True when a range of engines.node admits the floor. Understands the forms package authors write: `>=`, `^`, `~`,
 * `x`, `||`, and bounds side by side. */
export function acceptsFloor(range, floor = FLOOR) {
  if (range === undefined || range === '' || range === '*') return true;
  return String(range)
    .split('||')
    .some((part) => bounds(part).every((bound) => holds(bound, floor)));
}

function bounds(part) {
  const spaced = part.replace(/([<>=^~]+)\s+/g, '$1').trim();
  return spaced.split(/[\s,]+/).filter((word) => word !== '' && word !== '-');
}

function holds(bound, floor) {
  const [, sign = '', rest] = /^([<>=^~]*)v?(.*)$/.exec(bound);
  const words = rest.split('-')[0].split('.');
  const parts = words.map((word) => (/^\d+$/.test(word) ? Number(word) : undefined));
  if (parts[0] === undefined) return true;
  const full = [0, 1, 2].map((i) => parts[i] ?? 0);
  const order = compare(floor, full);
  if (sign === '>=') return order >= 0;
  if (sign === '>') return order > 0;
  if (sign === '<') return order < 0;
  if (sign === '<=') return order <= 0;
  if (sign === '^') return order >= 0 && floor[0] === full[0];
  if (sign === '~')
    return order >= 0 && floor[0] === full[0] && (parts[1] === undefined || floor[1] === full[1]);
  return parts.every((part, i) => part === undefined || part === floor[i]);
}

function compare(a, b) {
  for (let i = 0; i < 3; i++) if (a[i] !== b[i]) return a[i] - b[i];
  return 0;
}

if (process.argv[1] === import.meta.filename) {
  await main(() => {
    const skip = (name) => ['.git', 'dist', '.cache', 'prebuilds', 'build'].includes(name);
    const locks = filesBelow(root, skip).filter((file) => file.endsWith('package-lock.json'));
    const problems = [];
    for (const file of locks) {
      const found = checkLock(readJson(file));
      const name = relative(root, file);
      console.log(
        `${name}: ${found.entries} entries, ${found.edges} optional edges, ${found.problems.length} problems`,
      );
      problems.push(...found.problems.map((problem) => `${name}: ${problem}`));
    }
    if (locks.length === 0) problems.push(`no lock file below ${root}`);
    if (problems.length > 0) throw new Failure(problems.join('\n'));
  });
}
