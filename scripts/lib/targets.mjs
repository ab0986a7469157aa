// The systems the addon is shipped for, which of them can be built where, and what a file of each is called. A target
// is `<platform>-<arch>`; on Linux there are two files of it, one for each libc. Built-ins only.
import { existsSync } from 'node:fs';
import { onPath } from './run.mjs';

export const host = `${process.platform}-${process.arch}`;

/** Every file of a release: target and libc. */
const SHIPPED = [
  ['darwin-arm64', ''],
  ['darwin-x64', ''],
  ['linux-arm64', '.glibc'],
  ['linux-arm64', '.musl'],
  ['linux-x64', '.glibc'],
  ['linux-x64', '.musl'],
  ['win32-x64', ''],
];

/** Compilers for another system than this one, by host and target. The strip of this system cannot read their files. */
const CROSS = {
  'linux-x64': {
    'linux-arm64': {
      CC: 'aarch64-linux-gnu-gcc',
      CXX: 'aarch64-linux-gnu-g++',
      strip: 'aarch64-linux-gnu-strip',
      hint: '`apt install g++-aarch64-linux-gnu`',
    },
  },
};

/** Paths of a package's addon below its prebuilds folder, as a release must hold them; the names are prebuildify's. */
export function releaseFiles(packageName) {
  const base = packageName.replaceAll('/', '+');
  return SHIPPED.map(([target, libc]) => `${target}/${base}${libc}.node`);
}

/** The cross compiler for a target, or undefined where the target is this system or cannot be built here. */
export function crossTools(target, from = host) {
  return CROSS[from]?.[target];
}

/** The targets that are built on a system, itself first. The cross compilers are for glibc. */
export function buildable(from = host, isMusl = existsSync('/etc/alpine-release')) {
  return [from, ...(isMusl ? [] : Object.keys(CROSS[from] ?? {}))];
}

/** Why a target cannot be built here, in one sentence; undefined when nothing is in the way. The compiler of this
 * system itself is looked for by native-build.mjs. */
export function obstacle(target, { from = host, isMusl, env = process.env } = {}) {
  const here = buildable(from, isMusl);
  if (!here.includes(target)) {
    return `${target} cannot be built on ${from}, only ${here.join(', ')}: .github/workflows/prebuild.yml builds the others.`;
  }
  const cross = crossTools(target, from);
  if (cross === undefined) return undefined;
  const missing = [cross.CXX, cross.strip].filter((name) => onPath(name, env) === undefined);
  if (missing.length === 0) return undefined;
  return `${target} cannot be built here: ${missing.join(', ')} not found; install it with ${cross.hint}.`;
}
