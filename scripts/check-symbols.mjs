// Reads what the built addons for Linux ask of the system and what they export (objdump, which reads files of any
// architecture). Everybody who runs an official Node has the versions and libraries below: no file may need more, and
// none may export anything but the two functions that Node looks up. What is needed stands in PAGE, made by --write;
// a file that needs more than the page says is an error too. Files are those of all targets built so far.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { format } from 'prettier';
import { Failure, onPath, run } from './lib/run.mjs';
import { main } from './lib/steps.mjs';
import { filesBelow, publishable, root } from './lib/workspace.mjs';

const PAGE = join(root, 'docs', 'reference', 'prebuilt-binaries.md');
const BLOCK = /(<!-- needs:begin[^>]*-->)[^]*?(<!-- needs:end -->)/;
const FLOOR = { GLIBC: '2.28', GLIBCXX: '3.4.21', CXXABI: '1.3.9' };
const EXPORTS = new Set(['napi_register_module_v1', 'node_api_module_get_api_version_v1']);
/** What Node is linked with: a function of another library would be found only if somebody had loaded that. */
const LIBRARIES = {
  glibc: /^(lib(c|m|pthread|dl|gcc_s|stdc\+\+)\.so\.\d+|ld-linux-.+\.so\.\d)$/,
  musl: /^(lib(gcc_s|stdc\+\+)\.so\.\d+|libc\.musl-.+\.so\.1)$/,
};

/** Reads the output of `objdump -T`.
 * @returns {{ needs: Record<string, string>, above: string[], extra: string[] }} highest version by family; symbols
 *   above the floor, as `name@FAMILY_version`; exports that should not be */
export function readSymbols(dump) {
  const needs = {};
  const above = [];
  const extra = [];
  for (const line of dump.split('\n')) {
    const version = /\((GLIBC|GLIBCXX|CXXABI)_([\d.]+)\) (\S+)$/.exec(line);
    if (version && line.includes('*UND*')) {
      const [, family, number, name] = version;
      if (compare(number, needs[family] ?? '0') > 0) needs[family] = number;
      if (compare(number, FLOOR[family]) > 0) above.push(`${name}@${family}_${number}`);
    }
    // address, seven flags, section, size, version (if any), name
    const symbol = /^[0-9a-f]+ (.{7}) (\S+)\s+[0-9a-f]+\s+(?:.*\s)?(\S+)$/.exec(line);
    if (symbol === null) continue;
    const [, flags, section, name] = symbol;
    // Undefined ones are imports; the name of a version script's version is an absolute symbol.
    if (flags.startsWith('l') || section === '*UND*' || section === '*ABS*') continue;
    if (!EXPORTS.has(name)) extra.push(name);
  }
  return { needs, above, extra };
}

/** Libraries in the output of `objdump -p` that a Node with this libc does not bring along. */
export function strangeLibraries(headers, libc) {
  const needed = [...headers.matchAll(/^ +NEEDED +(\S+)$/gm)].map(([, name]) => name);
  return needed.filter((name) => !LIBRARIES[libc].test(name));
}

/** The block of the page with what each file needs, as prettier would write it. */
export async function needsBlock(files) {
  const row = (cells) => `| ${cells.join(' | ')} |`;
  const lines = [
    row(['file', 'glibc', 'libstdc++', 'C++ ABI']),
    row(['---', '---', '---', '---']),
    row(['allowed, as Node itself needs', ...Object.keys(FLOOR).map((name) => cell(name, FLOOR))]),
    ...files.map(({ name, needs }) =>
      row([`\`${name}\``, ...Object.keys(FLOOR).map((family) => cell(family, needs))]),
    ),
  ];
  return (await format(lines.join('\n'), { parser: 'markdown', printWidth: 100 })).trim();
}

function cell(family, needs) {
  return needs[family] === undefined ? '-' : `${family}_${needs[family]}`;
}

/** Where a file needs more than that block of the page says: one sentence each. A page may promise less than a file can do, and says
 * nothing of files for musl, which are built elsewhere. */
export function pageProblems(block, files) {
  const problems = [];
  for (const { name, needs } of files) {
    const row = block
      .split('\n')
      .find((line) => line.startsWith('|') && line.includes(`\`${name}\``));
    if (row === undefined) {
      if (!isForMusl(name)) problems.push(`${name} is not in ${relative(root, PAGE)}`);
      continue;
    }
    for (const [family, number] of Object.entries(needs)) {
      const written = new RegExp(`\\b${family}_([\\d.]+)`).exec(row)?.[1];
      if (written === undefined || compare(number, written) > 0)
        problems.push(`${name} needs ${family}_${number}, ${relative(root, PAGE)} says otherwise`);
    }
  }
  return problems;
}

function compare(a, b) {
  const [left, right] = [a, b].map((version) => version.split('.').map(Number));
  for (let i = 0; i < 3; i++)
    if ((left[i] ?? 0) !== (right[i] ?? 0)) return (left[i] ?? 0) - (right[i] ?? 0);
  return 0;
}

async function readFile(file) {
  const { output } = await run('objdump', ['-T', file], { capture: true });
  const { output: headers } = await run('objdump', ['-p', file], { capture: true });
  const name = `${basename(dirname(file))}/${basename(file)}`;
  const libraries = strangeLibraries(headers, isForMusl(file) ? 'musl' : 'glibc');
  return { name, ...readSymbols(output), libraries };
}

function isForMusl(file) {
  return file.endsWith('.musl.node');
}

if (process.argv[1] === import.meta.filename) {
  await main(async () => {
    if (process.platform !== 'linux') return console.log('symbols are checked on Linux only');
    if (!onPath('objdump')) throw new Failure('objdump not found: apt install binutils');
    const paths = publishable()
      .flatMap(({ dir }) => filesBelow(join(dir, 'prebuilds')))
      .filter((file) => /[\\/]linux-[^\\/]+[\\/][^\\/]+\.node$/.test(file));
    if (paths.length === 0) throw new Failure('no addon is built: run npm run prebuild');
    const files = await Promise.all(paths.map(readFile));
    const problems = [];
    for (const { name, needs, above, extra, libraries } of files) {
      const list = Object.entries(needs).map(([family, version]) => `${family}_${version}`);
      console.log(`${name} needs ${list.join(', ') || 'no version of anything'}`);
      if (extra.length > 0) problems.push(`${name} exports ${extra.join(', ')}`);
      if (libraries.length > 0) problems.push(`${name} needs ${libraries.join(', ')}`);
      if (above.length > 0)
        problems.push(
          `${name} needs ${above.join(', ')}: above what Node needs; see packages/cache-core/binding/glibc_floor.cc`,
        );
    }
    const page = existsSync(PAGE) ? readFileSync(PAGE, 'utf8') : '';
    const written = BLOCK.exec(page)?.[0];
    if (written === undefined)
      throw new Failure(`${relative(root, PAGE)} has no place for the needs`);
    if (process.argv.includes('--write')) {
      const block = await needsBlock(files);
      writeFileSync(
        PAGE,
        page.replace(BLOCK, (_, begin, end) => `${begin}\n\n${block}\n\n${end}`),
      );
    } else problems.push(...pageProblems(written, files));
    if (problems.length > 0) throw new Failure(problems.join('\n'));
  });
}
