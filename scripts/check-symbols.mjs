// Reads what the built addons ask of the system and what they export (objdump -T). Everybody who runs an official Node
// has the versions below; a released file must not need more. A file built here may, and says so: it runs on this
// machine. An export besides the two that Node looks up is an error everywhere.
// --release: needing more is an error too.
import { existsSync } from 'node:fs';
import { join, relative } from 'node:path';
import { Failure, onPath, run } from './lib/run.mjs';
import { main } from './lib/steps.mjs';
import { filesBelow, publishable, root } from './lib/workspace.mjs';

const FLOOR = { GLIBC: '2.28', GLIBCXX: '3.4.21', CXXABI: '1.3.9' };
const EXPORTS = new Set(['napi_register_module_v1', 'node_api_module_get_api_version_v1']);

/** Reads the output of `objdump -T`.
 * @returns {{ needs: Record<string, string>, above: string[], extra: string[] }} highest version by family, families
 *   above the floor, exports that should not be */
export function readSymbols(dump) {
  const needs = {};
  const extra = [];
  for (const line of dump.split('\n')) {
    const version = /\b(GLIBC|GLIBCXX|CXXABI)_([\d.]+)\b/.exec(line);
    if (version && line.includes('*UND*')) {
      const [, family, number] = version;
      if (needs[family] === undefined || compare(number, needs[family]) > 0) needs[family] = number;
    }
    // address, seven flags, section, size, version (if any), name
    const symbol = /^[0-9a-f]+ (.{7}) (\S+)\s+[0-9a-f]+\s+(?:.*\s)?(\S+)$/.exec(line);
    if (symbol === null) continue;
    const [, flags, section, name] = symbol;
    // Undefined ones are imports; the name of a version script's version is an absolute symbol.
    if (flags.startsWith('l') || section === '*UND*' || section === '*ABS*') continue;
    if (!EXPORTS.has(name)) extra.push(name);
  }
  const above = Object.keys(needs).filter((family) => compare(needs[family], FLOOR[family]) > 0);
  return { needs, above, extra };
}

function compare(a, b) {
  const [left, right] = [a, b].map((version) => version.split('.').map(Number));
  for (let i = 0; i < 3; i++)
    if ((left[i] ?? 0) !== (right[i] ?? 0)) return (left[i] ?? 0) - (right[i] ?? 0);
  return 0;
}

if (process.argv[1] === import.meta.filename) {
  await main(async () => {
    if (process.platform !== 'linux') return console.log('symbols are checked on Linux only');
    if (!onPath('objdump')) throw new Failure('objdump not found: apt install binutils');
    const isRelease = process.argv.includes('--release');
    const files = publishable()
      .map(({ dir }) => join(dir, 'prebuilds', `linux-${process.arch}`))
      .filter((folder) => existsSync(folder))
      .flatMap((folder) => filesBelow(folder).filter((file) => file.endsWith('.node')));
    if (files.length === 0) throw new Failure('no addon is built: run node scripts/ensure.mjs');
    const problems = [];
    for (const file of files) {
      const { output } = await run('objdump', ['-T', file], { capture: true });
      const { needs, above, extra } = readSymbols(output);
      const name = relative(root, file);
      const list = Object.entries(needs).map(([family, version]) => `${family}_${version}`);
      console.log(`${name} needs ${list.join(', ')}`);
      if (extra.length > 0) problems.push(`${name} exports ${extra.join(', ')}`);
      for (const family of above) {
        const sentence = `${name} needs ${family}_${needs[family]}, above the floor ${FLOOR[family]}`;
        if (isRelease) problems.push(sentence);
        else console.log(`${sentence}: fine here, not for a release`);
      }
    }
    if (problems.length > 0) throw new Failure(problems.join('\n'));
  });
}
