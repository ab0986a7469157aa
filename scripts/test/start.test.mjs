// npm start and its first steps, on a small repository of the same form with the real scripts in it. Its tsc and npm
// are stand-ins that write down that they ran: what they do is not what is tested here.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { checkNode } from '../ensure.mjs';
import { missingSentence, missingTools } from '../native-build.mjs';
import { plant } from './tree.mjs';

const scripts = dirname(dirname(fileURLToPath(import.meta.url)));
const isWindows = process.platform === 'win32';

const log = (word) =>
  `require('node:fs').appendFileSync(require('node:path').join(__dirname, '${word}.log'), '${word}\\n');`;

const compile = `
const { mkdirSync, writeFileSync } = require('node:fs');
mkdirSync('examples/cities/dist', { recursive: true });
writeFileSync('examples/cities/dist/tsconfig.tsbuildinfo', '');
writeFileSync('examples/cities/dist/main.js', 'console.log("example runs");');
${log('tsc')}`;

const addon = `
const { mkdirSync, writeFileSync } = require('node:fs');
const folder = 'prebuilds/' + process.platform + '-' + process.arch;
mkdirSync(folder, { recursive: true });
writeFileSync(folder + '/engine.node', process.argv.slice(2).join(' '));
${log('prebuildify')}`;

function repository(files = {}) {
  const folder = plant({
    'package.json': { name: 'root', workspaces: ['packages/*', 'examples/*'] },
    'package-lock.json': { packages: {} },
    'node_modules/.package-lock.json': { packages: {} },
    'node_modules/typescript/bin/tsc': compile,
    'node_modules/prebuildify/bin.js': addon,
    'npm.js': log('npm'),
    'tsconfig.json': {},
    'tsconfig.base.json': {},
    'packages/engine/package.json': { name: '@x/engine' },
    'packages/engine/binding.gyp': '{}',
    'examples/cities/package.json': { name: '@x/cities' },
    'examples/cities/tsconfig.json': {},
    'examples/cities/src/main.ts': '',
    'native/engine.cc': '',
    ...files,
  });
  cpSync(scripts, join(folder, 'scripts'), { recursive: true });
  return folder;
}

function start(folder, env) {
  return spawnSync(process.execPath, [join(folder, 'scripts', 'start.mjs')], {
    encoding: 'utf8',
    env: { PATH: process.env.PATH, npm_execpath: join(folder, 'npm.js'), ...env },
  });
}

function bareBin(names) {
  const bin = plant({});
  for (const name of names) symlinkSync('/bin/sh', join(bin, name));
  return bin;
}

describe('npm start', () => {
  it('says in one sentence what is missing when nothing can compile', ({ skip }) => {
    skip(isWindows, 'there node-gyp itself looks for the compiler');
    const { status, stderr, stdout } = start(repository(), { PATH: bareBin(['make']) });
    expect(status).toBe(1);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(stderr).toContain(`${process.platform}-${process.arch}`);
    expect(stderr).toContain('g++, python3 not found');
    expect(stderr).toMatch(
      /apt install build-essential python3|xcode-select --install|apk add|dnf/,
    );
    expect(stderr).toContain('or run with CATZ_CACHE_BACKEND=js');
    expect(stdout).not.toContain('example runs');
  });

  it('runs without a compiler when the backend is js', () => {
    const folder = repository();
    const { status, stdout } = start(folder, { PATH: '', CATZ_CACHE_BACKEND: 'js' });
    expect(status).toBe(0);
    expect(stdout).toMatch(/native +@x\/engine left out: CATZ_CACHE_BACKEND=js/);
    expect(stdout).toMatch(/build +tsc -b \.\.\. [\d.]+ s/);
    expect(stdout).toContain('example runs');
  });

  it('skips on a second run what is up to date, and builds again after a change', () => {
    const folder = repository();
    const env = { CATZ_CACHE_BACKEND: 'js' };
    start(folder, env);
    const second = start(folder, env);
    expect(second.stdout).toMatch(/build +up to date/);
    expect(second.stdout).toContain('example runs');
    writeFileSync(join(folder, 'examples/cities/src/main.ts'), '// changed');
    expect(start(folder, env).stdout).toMatch(/build +tsc -b/);
    const log = readFileSync(join(folder, 'node_modules/typescript/bin/tsc.log'), 'utf8');
    expect(log).toBe('tsc\ntsc\n');
  });

  it('installs when the lock asks for what is not there', () => {
    const lock = { packages: { 'node_modules/a': { version: '1.0.0' } } };
    const folder = repository({ 'package-lock.json': lock });
    const { stdout } = start(folder, { CATZ_CACHE_BACKEND: 'js' });
    expect(stdout).toMatch(/install +npm ci \.\.\. [\d.]+ s/);
    expect(readFileSync(join(folder, 'npm.log'), 'utf8')).toBe('npm\n');
    expect(start(folder, { CATZ_CACHE_BACKEND: 'js' }).stdout).toMatch(/install +up to date/);
  });

  it('does not install again what was installed by hand, packages of other platforms left out', () => {
    const entry = { 'node_modules/a': { version: '1.0.0' } };
    const folder = repository({
      'package-lock.json': {
        packages: { '': {}, ...entry, 'node_modules/b': { version: '1.0.0', optional: true } },
      },
      'node_modules/.package-lock.json': { packages: entry },
    });
    start(folder, { CATZ_CACHE_BACKEND: 'js' });
    expect(existsSync(join(folder, 'npm.log'))).toBe(false);
  });

  it('builds the addon once for the same sources, and again when they change', ({ skip }) => {
    skip(isWindows, 'the runner may have no Python');
    const folder = repository();
    const { status, stdout, stderr } = start(folder, {});
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/native +@x\/engine for .* \.\.\. [\d.]+ s/);
    expect(start(folder, {}).stdout).toMatch(/native +@x\/engine up to date/);
    const built = `packages/engine/prebuilds/${process.platform}-${process.arch}/engine.node`;
    const libc = process.platform === 'linux' ? ' --tag-libc' : '';
    const args = readFileSync(join(folder, built), 'utf8');
    expect(args).toBe(`-t 20.19.0 --napi --strip${libc}`);
    writeFileSync(join(folder, 'native/engine.cc'), '// changed');
    expect(start(folder, {}).stdout).toMatch(/native +@x\/engine for/);
    const log = readFileSync(join(folder, 'node_modules/prebuildify/prebuildify.log'), 'utf8');
    expect(log).toBe('prebuildify\nprebuildify\n');
  });
});

describe('the addons of several packages', () => {
  const second = {
    'packages/router/package.json': { name: '@x/router' },
    'packages/router/binding.gyp': '{}',
    'packages/router/binding/addon.cc': '#include "../../../native/router/trie.h"',
    'packages/engine/binding.gyp': "{ 'sources': ['../../native/cache/engine.cc'] }",
    'native/cache/engine.cc': '',
    'native/router/trie.h': '',
  };

  it('are all left out when the backend is js, and named', () => {
    const { stdout } = start(repository(second), { PATH: '', CATZ_CACHE_BACKEND: 'js' });
    expect(stdout).toMatch(/native +@x\/engine and @x\/router left out: CATZ_CACHE_BACKEND=js\n/);
  });

  it('are each built again for a change in the module they name, and for no other', ({ skip }) => {
    skip(isWindows, 'the runner may have no Python');
    const folder = repository(second);
    start(folder, {});
    writeFileSync(join(folder, 'native/router/trie.h'), '// changed');
    const { stdout } = start(folder, {});
    expect(stdout).toMatch(/native +@x\/engine up to date/);
    expect(stdout).toMatch(/native +@x\/router for/);
  });
});

describe('checkNode', () => {
  it('accepts the floor and what is newer', () => {
    for (const version of ['20.19.0', '20.20.2', '22.0.0', '26.1.0']) checkNode(version);
  });

  it.each(['18.20.0', '20.18.3'])('refuses %s', (version) => {
    expect(() => checkNode(version)).toThrow(
      `Catzilla needs Node 20.19 or newer, this is ${version}.`,
    );
  });
});

describe('missingTools', () => {
  it('trusts CXX and PYTHON where they are set', () => {
    const env = { PATH: '', CXX: process.execPath, PYTHON: process.execPath };
    expect(missingTools(env, 'linux')).toEqual(['make']);
  });

  it('names what to install on each system', () => {
    expect(missingSentence(['g++'], 'darwin', 'arm64')).toContain('xcode-select --install');
    expect(missingSentence(['python3'], 'win32', 'x64')).toContain('Visual Studio Build Tools');
    expect(missingSentence(['g++'], 'linux', 'x64')).toContain('linux-x64');
  });
});
