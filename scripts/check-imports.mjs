// Reads the import graph and fails on an import that goes up. The floors are those of the architecture: a package
// imports lower floors only, and only what its package.json names; nothing reaches into another package's folder; no
// package imports examples or benchmarks; native/ knows nothing of Node.
import { dirname, join, relative, resolve, sep } from 'node:path';
import { readFileSync } from 'node:fs';
import { parseSync } from 'vite';
import { Failure } from './lib/run.mjs';
import { main } from './lib/steps.mjs';
import { filesBelow, root, workspaces } from './lib/workspace.mjs';

/** Floor of each package, by folder. A new package gets its line here. */
const FLOORS = {
  common: 0,
  'cache-core': 1,
  bus: 1,
  di: 1,
  http: 1,
  router: 1,
  tiers: 2,
  tasks: 2,
  validation: 2,
  'fastify-cache': 3,
  monitor: 3,
  realtime: 3,
  static: 3,
  catzilla: 4,
};
const NODE_HEADERS =
  /^(node|node_api|node_api_types|js_native_api|js_native_api_types|napi|uv|v8|v8-.*)\.h$/;
const OUTSIDE = new Set(['examples', 'benchmarks']);

/** @returns {string[]} one sentence for each import that is not allowed */
export function checkImports(base = root, floors = FLOORS) {
  return [...packageProblems(base, floors), ...nativeProblems(join(base, 'native'), base)];
}

function packageProblems(base, floors) {
  const problems = [];
  const members = workspaces(base).filter(({ path }) => path.startsWith('packages/'));
  const floorOf = new Map();
  for (const { name, path } of members) {
    const floor = floors[path.slice('packages/'.length)];
    if (floor === undefined) problems.push(`${path} has no floor in scripts/check-imports.mjs`);
    floorOf.set(name, floor);
  }
  const outside = workspaces(base).filter(({ path }) => OUTSIDE.has(path.split('/')[0]));
  for (const member of members) {
    const own = floorOf.get(member.name);
    const judge = (where, name) => {
      if (outside.some((other) => other.name === name)) {
        problems.push(`${where} imports ${name}, which is an example`);
      } else if (name !== member.name && floorOf.has(name) && !(floorOf.get(name) < own)) {
        problems.push(`${where} (floor ${own}) imports ${name} (floor ${floorOf.get(name)})`);
      }
    };
    const { dependencies, devDependencies, peerDependencies, optionalDependencies } =
      member.manifest;
    const named = {
      ...dependencies,
      ...devDependencies,
      ...peerDependencies,
      ...optionalDependencies,
    };
    for (const name of Object.keys(named)) judge(`${member.path}/package.json`, name);
    for (const file of sources(member.dir)) {
      const where = relative(base, file).split(sep).join('/');
      for (const target of importsOf(file)) {
        if (target.startsWith('.')) {
          const path = resolve(dirname(file), target);
          if (path !== member.dir && !path.startsWith(member.dir + sep)) {
            problems.push(`${where} reaches out of its package: ${target}`);
          }
          continue;
        }
        const name = target
          .split('/')
          .slice(0, target.startsWith('@') ? 2 : 1)
          .join('/');
        judge(where, name);
        if (floorOf.has(name) && name !== member.name && named[name] === undefined) {
          problems.push(`${where} imports ${name}, which its package.json does not name`);
        }
      }
    }
  }
  return [...new Set(problems)];
}

function sources(dir) {
  const isSource = (file) => /\.[cm]?[jt]s$/.test(file) && !file.endsWith('.d.ts');
  return ['src', 'test'].flatMap((folder) => filesBelow(join(dir, folder)).filter(isSource));
}

/** What a file imports: static, dynamic, in types, by require with a literal. */
export function importsOf(file) {
  const { program, errors } = parseSync(file, readFileSync(file, 'utf8'));
  if (errors.length > 0) throw new Failure(`${file} cannot be parsed: ${errors[0].message}`);
  const found = new Set();
  const visit = (node) => {
    if (node === null || typeof node !== 'object') return;
    if (Array.isArray(node)) return node.forEach(visit);
    const isRequire = node.type === 'CallExpression' && node.callee?.name === 'require';
    const source = isRequire
      ? node.arguments[0]
      : /^(Import|Export|TSImport)/.test(node.type)
        ? node.source
        : null;
    if (typeof source?.value === 'string') found.add(source.value);
    for (const value of Object.values(node)) visit(value);
  };
  visit(program);
  return found;
}

function nativeProblems(folder, base) {
  const problems = [];
  for (const file of filesBelow(folder).filter((name) => /\.(h|cc)$/.test(name))) {
    const where = relative(base, file).split(sep).join('/');
    for (const [, header] of readFileSync(file, 'utf8').matchAll(
      /^\s*#\s*include\s*[<"]([^>"]+)[>"]/gm,
    )) {
      if (NODE_HEADERS.test(header.split('/').at(-1))) {
        problems.push(`${where} includes ${header}: native/ knows nothing of Node`);
      }
      if (header.includes('packages/'))
        problems.push(`${where} includes ${header}, which lies above it`);
    }
  }
  return problems;
}

if (process.argv[1] === import.meta.filename) {
  await main(() => {
    const problems = checkImports();
    if (problems.length > 0) throw new Failure(problems.join('\n'));
    console.log('every import goes down');
  });
}
