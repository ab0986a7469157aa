// Builds the addon of a package into its prebuilds folder, unless it stands there already for these sources.
// Run in a package folder: node ../../scripts/native-build.mjs. Invariant: a file in prebuilds/<platform>-<arch> with
// a fitting .stamp was made from the sources as they are. There is no fallback here: whoever wants to run without
// native code says so with CATZ_CACHE_BACKEND=js. Other targets than this system are asked for by prebuild.mjs.
// CATZ_JEMALLOC links jemalloc (jemalloc.mjs), and is part of the stamp.
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ensureJemalloc, jemallocStamp } from './jemalloc.mjs';
import { Failure, onPath, runTool } from './lib/run.mjs';
import { contentStamp, readStamp, writeStamp } from './lib/stamp.mjs';
import { main } from './lib/steps.mjs';
import { crossTools, host, obstacle } from './lib/targets.mjs';
import { filesBelow, readJson, root } from './lib/workspace.mjs';

/** The oldest Node the addon loads in; prebuildify would otherwise pick the newest and go online for its headers. */
const TARGET = '20.19.0';
const NOT_BUILT = new Set(['test', 'fuzz', 'corpus', 'bench', 'out', 'build']);

/** True when the addon of this package is up to date. Options as in nativeBuild. */
export function isBuilt(packageDir, options = {}) {
  const { folder, stamp } = plan(packageDir, options);
  const built = existsSync(folder) && filesBelow(folder).some((file) => file.endsWith('.node'));
  return built && readStamp(join(folder, '.stamp')) === stamp;
}

/** Builds the addon of a package, for this system or by a cross compiler for another.
 * @param options.target  `linux-arm64`; default: this system
 * @param options.env     environment of the build: compiler, CATZ_JEMALLOC; default: ours
 * @param options.out     folder that gets `prebuilds`; default: the package's own
 * @throws Failure naming the tools that are missing, or with the compiler's output */
export async function nativeBuild(packageDir, options = {}) {
  const { target = host, env = process.env, out } = options;
  const cross = crossTools(target);
  const missing = missingTools(cross === undefined ? env : { ...env, CXX: cross.CXX });
  const inTheWay = obstacle(target, { env });
  if (inTheWay !== undefined) throw new Failure(inTheWay);
  if (missing.length > 0) throw new Failure(missingSentence(missing, ...target.split('-')));
  const { folder, stamp } = plan(packageDir, options);
  const jemalloc = await ensureJemalloc(env);
  rmSync(folder, { recursive: true, force: true });
  const args = ['-t', TARGET, '--napi', '--strip'];
  if (out !== undefined) args.push('--out', out);
  // Elsewhere there is one libc, and prebuildify would call it glibc.
  if (process.platform === 'linux') args.push('--tag-libc');
  const tools = { CATZ_JEMALLOC_DIR: jemalloc ?? '' };
  if (cross !== undefined) {
    args.push('--arch', target.split('-')[1], '--strip-bin', cross.strip);
    Object.assign(tools, { CC: cross.CC, CXX: cross.CXX });
  }
  const buildEnv = { ...withHeaders(env), ...tools };
  await runTool('prebuildify', args, { cwd: packageDir, env: buildEnv, capture: true });
  writeStamp(join(folder, '.stamp'), stamp);
}

/** What node-gyp needs and PATH does not have. On Windows node-gyp itself looks for Visual Studio. */
export function missingTools(env = process.env, platform = process.platform) {
  const missing = [];
  if (platform !== 'win32') {
    const compilers = env.CXX ? [env.CXX.split(' ')[0]] : ['g++', 'c++', 'clang++'];
    if (!compilers.some((name) => existsSync(name) || onPath(name, env)))
      missing.push(compilers[0]);
    if (!onPath('make', env) && !onPath('gmake', env)) missing.push('make');
  }
  const python = env.npm_config_python ?? env.PYTHON;
  const pythons = python
    ? [python]
    : ['python3', 'python', ...(platform === 'win32' ? ['py'] : [])];
  if (!pythons.some((name) => existsSync(name) || onPath(name, env))) missing.push('python3');
  return missing;
}

/** The one sentence for somebody without a compiler. */
export function missingSentence(missing, platform = process.platform, arch = process.arch) {
  return (
    `No prebuilt engine for ${platform}-${arch}, and it cannot be built here: ${missing.join(', ')} not found; ` +
    `install it with ${installHint(platform)}, or run with CATZ_CACHE_BACKEND=js.`
  );
}

function installHint(platform) {
  if (platform === 'darwin') return '`xcode-select --install`';
  if (platform === 'win32') {
    return 'Visual Studio Build Tools (workload "Desktop development with C++") and Python 3';
  }
  const release = existsSync('/etc/os-release') ? readFileSync('/etc/os-release', 'utf8') : '';
  if (/^ID(_LIKE)?=.*(fedora|rhel)/m.test(release)) return '`dnf install gcc-c++ make python3`';
  if (/^ID(_LIKE)?=.*alpine/m.test(release)) return '`apk add build-base python3`';
  return '`apt install build-essential python3`';
}

function plan(packageDir, { target = host, env = process.env, out = packageDir }) {
  const folder = join(out, 'prebuilds', target);
  const below = (dir) => filesBelow(dir, (name) => NOT_BUILT.has(name));
  const binding = [...below(join(packageDir, 'binding')), join(packageDir, 'binding.gyp')];
  const sources = [...nativeFolders(binding).flatMap(below), ...binding];
  const { CXX, CC, CXXFLAGS } = { ...env, ...crossTools(target) };
  const facts = [TARGET, CXX, CC, CXXFLAGS, jemallocStamp(env)];
  return { folder, stamp: contentStamp(sources, facts) };
}

// The modules of native/ that a binding names, in the paths of its sources and includes: a change in another module is
// no reason to build it again. One that names none may use all.
function nativeFolders(binding) {
  const names = binding.flatMap((file) =>
    [...readFileSync(file, 'utf8').matchAll(/\.\.\/native\/(\w+)/g)].map(([, name]) => name),
  );
  const all = join(root, 'native');
  return names.length > 0 ? [...new Set(names)].sort().map((name) => join(all, name)) : [all];
}

// Official archives, nvm and setup-node carry the headers beside the binary: then nothing has to be downloaded.
function withHeaders(env) {
  const prefix = dirname(dirname(process.execPath));
  if (!existsSync(join(prefix, 'include', 'node', 'node_api.h'))) return env;
  return { ...env, npm_config_nodedir: prefix };
}

if (process.argv[1] === import.meta.filename) {
  await main(async () => {
    const packageDir = process.cwd();
    const { name } = readJson(join(packageDir, 'package.json'));
    if (process.env.CATZ_CACHE_BACKEND === 'js')
      return console.log(`${name}: CATZ_CACHE_BACKEND=js, not built`);
    if (isBuilt(packageDir)) return console.log(`${name}: up to date`);
    await nativeBuild(packageDir);
    console.log(`${name}: built for ${host}`);
  });
}
