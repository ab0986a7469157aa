// jemalloc, the allocator one can ask for with CATZ_JEMALLOC (off by default): its source, and our own static build of
// it in .cache/jemalloc. Invariant: what stands there was made from a source with the checksum below, or from the folder
// that was named, with FLAGS. Our own build, because no other works: the distributions' libraries want static TLS,
// which dlopen cannot give, and their malloc would come between Node and its own.
// CATZ_JEMALLOC=1: Debian's source package, by apt-get; any other text: a folder with the source.
// As a program, `node scripts/jemalloc.mjs` builds it and prints the folder.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { Failure, onPath, run } from './lib/run.mjs';
import { contentStamp, readStamp, writeStamp } from './lib/stamp.mjs';
import { main } from './lib/steps.mjs';
import { filesBelow, root } from './lib/workspace.mjs';

export const VERSION = '5.3.0';
/** The upstream release, byte for byte; Debian and Ubuntu both carry it. */
const TARBALL = `jemalloc_${VERSION}.orig.tar.bz2`;
const SHA256 = '2db82d1e7119df3e71b7640219b6dfe84789bc0537983c3b7ac4f7189aecfeaa';
const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';

const FLAGS = [
  '--disable-initial-exec-tls', // an addon is loaded late, when no static TLS is left
  '--with-jemalloc-prefix=je_', // malloc stays the process's
  '--with-private-namespace=cz_', // beside another copy of jemalloc, in Node or preloaded
  '--disable-cxx', // no operator new of its own
  '--disable-shared',
  '--disable-doc',
  '--disable-stats', // nobody reads them
];

/** What the environment asks for: false, 'debian', or the absolute path of a source folder. */
export function readRequest(env = process.env) {
  const text = env.CATZ_JEMALLOC ?? '';
  if (text === '' || text === '0') return false;
  return text === '1' ? 'debian' : resolve(root, text);
}

/** What a build with this environment depends on, for its stamp: undefined without jemalloc. */
export function jemallocStamp(env = process.env) {
  const request = readRequest(env);
  if (request === false) return undefined;
  const facts = [VERSION, FLAGS, env.CC, env.CFLAGS];
  if (request === 'debian') return contentStamp([], [...facts, SHA256]);
  const files = ['include', 'src'].flatMap((part) => filesBelow(join(request, part)));
  return contentStamp(files, facts);
}

/** Builds jemalloc if the environment asks for it and it does not stand there yet.
 * @returns {Promise<string | undefined>} the folder with include/ and lib/libjemalloc_pic.a; undefined when not asked
 * @throws Failure when there is no source for it here, it is not the right one, or it does not build */
export async function ensureJemalloc(env = process.env, platform = process.platform) {
  const request = readRequest(env);
  if (request === false) return undefined;
  if (platform !== 'linux')
    throw new Failure(`CATZ_JEMALLOC works on Linux, this is ${platform}: leave it out`);
  if (request !== 'debian') checkSource(request);
  const stamp = jemallocStamp(env);
  const folder = join(root, '.cache', 'jemalloc');
  if (readStamp(join(folder, '.stamp')) === stamp) return folder;
  const work = mkdtempSync(join(tmpdir(), 'catzilla-jemalloc-'));
  try {
    const source = request === 'debian' ? await fetchSource(work, env) : request;
    const made = await build(source, join(work, 'made'), env);
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(join(folder, 'include', 'jemalloc'), { recursive: true });
    mkdirSync(join(folder, 'lib'));
    for (const file of ['include/jemalloc/jemalloc.h', 'lib/libjemalloc_pic.a'])
      writeFileSync(join(folder, file), readFileSync(join(made, file)));
    writeStamp(join(folder, '.stamp'), stamp);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return folder;
}

/** @throws Failure when the folder is not the source of a 5.3 release, ready to be configured */
export function checkSource(folder) {
  const expected = `expected CATZ_JEMALLOC to be 1 or a folder with the source of jemalloc ${VERSION}`;
  if (!isAbsolute(folder) || !existsSync(join(folder, 'include', 'jemalloc')))
    throw new Failure(`${expected}, got ${folder}`);
  const file = join(folder, 'VERSION');
  const version = existsSync(file) ? readFileSync(file, 'utf8').trim() : 'no VERSION file';
  if (!version.startsWith('5.3.')) throw new Failure(`${expected}, got ${folder} with ${version}`);
  if (!existsSync(join(folder, 'configure')))
    throw new Failure(`${folder} has no configure: run ./autogen.sh there, or unpack a release`);
}

/** The line for apt that names where the source is. The signature is checked where Debian's keys are installed; the
 * checksum of the source, which is what counts, everywhere. */
export function sourceLine(hasKeyring = existsSync(KEYRING)) {
  const trust = hasKeyring ? `signed-by=${KEYRING}` : 'trusted=yes';
  return `deb-src [${trust}] http://deb.debian.org/debian bookworm main\n`;
}

/** @throws Failure when the bytes are not those of the release */
export function checkTarball(bytes) {
  const sum = createHash('sha256').update(bytes).digest('hex');
  if (sum !== SHA256)
    throw new Failure(`expected ${TARBALL} to have SHA-256 ${SHA256}, got ${sum}`);
}

// apt-get with lists, cache and sources of its own: the system's stay as they are, and it needs no root.
async function fetchSource(work, env) {
  if (!onPath('apt-get', env)) {
    throw new Failure(
      `CATZ_JEMALLOC=1 takes Debian's source package, and there is no apt-get here: ` +
        `unpack jemalloc ${VERSION} and name its folder, CATZ_JEMALLOC=/path/to/jemalloc-${VERSION}`,
    );
  }
  for (const path of ['lists/partial', 'cache/archives/partial', 'source'])
    mkdirSync(join(work, path), { recursive: true });
  writeFileSync(join(work, 'sources.list'), sourceLine());
  const options = [
    `Dir::Etc::sourcelist=${join(work, 'sources.list')}`,
    'Dir::Etc::sourceparts=-',
    `Dir::State::lists=${join(work, 'lists')}`,
    `Dir::Cache=${join(work, 'cache')}`,
    'Acquire::Retries=3',
    'Acquire::Languages=none',
    'APT::Sandbox::User=',
  ].flatMap((option) => ['-o', option]);
  const cwd = join(work, 'source');
  await run('apt-get', [...options, '-q', 'update'], { cwd, env, capture: true });
  const source = [...options, '-q', 'source', '--download-only', '--only-source', 'jemalloc'];
  const { output } = await run('apt-get', source, { cwd, env, capture: true });
  const tarball = join(cwd, TARBALL);
  if (!existsSync(tarball)) throw new Failure(`${output}apt-get source brought no ${TARBALL}`);
  checkTarball(readFileSync(tarball));
  await run('tar', ['-xjf', tarball], { cwd, env, capture: true });
  return join(cwd, `jemalloc-${VERSION}`);
}

// Outside the source folder, which may be somebody's own. -g0: the debug information is 45 times the rest.
async function build(source, folder, env) {
  mkdirSync(folder);
  const options = { cwd: folder, env: { ...env, EXTRA_CFLAGS: '-g0' }, capture: true };
  await run(join(source, 'configure'), FLAGS, options);
  const jobs = `-j${availableParallelism()}`;
  await run('make', [jobs, 'lib/libjemalloc_pic.a'], options);
  return folder;
}

if (process.argv[1] === import.meta.filename) {
  await main(async () => {
    const env = { ...process.env, CATZ_JEMALLOC: process.env.CATZ_JEMALLOC || '1' };
    console.log(await ensureJemalloc(env));
  });
}
