// Proves binding/glibc_floor.cc for every target built on this Linux: a program that calls all of its functions is
// compiled with it, must then need no newer glibc than Node does, and must do what the functions promise. What it
// would need otherwise is counted: 0 says that the glibc here is too old to prove anything.
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { readSymbols } from './check-symbols.mjs';
import { emulator } from './lib/emulator.mjs';
import { Failure, run } from './lib/run.mjs';
import { main } from './lib/steps.mjs';
import { buildable, crossTools, obstacle } from './lib/targets.mjs';
import { root } from './lib/workspace.mjs';

const BINDING = join(root, 'packages', 'cache-core', 'binding');
const OUT = join(root, '.cache', 'floor');
/** Those of binding.gyp and of Node's headers that decide which functions are called. */
const FLAGS = ['-std=c++20', '-O3', '-fno-exceptions', '-fvisibility=hidden', '-Wall', '-Wextra'];
const SIZES = ['-D_FILE_OFFSET_BITS=64', '-ffunction-sections', '-Wl,--gc-sections', '-pthread'];
/** Of the program's own start, which an addon does not have. */
const START = /^__libc_start_main@/;

async function needsAbove(compiler, file, sources) {
  const [command, ...args] = compiler.split(' ');
  await run(command, [...args, ...FLAGS, ...SIZES, ...sources, '-o', file], { capture: true });
  const { output } = await run('objdump', ['-T', file], { capture: true });
  return readSymbols(output).above.filter((name) => !START.test(name));
}

if (process.argv[1] === import.meta.filename) {
  await main(async () => {
    if (process.platform !== 'linux') return console.log('glibc is a matter of Linux');
    rmSync(OUT, { recursive: true, force: true });
    mkdirSync(OUT, { recursive: true });
    const test = join(BINDING, 'test', 'floor_test.cc');
    for (const target of buildable()) {
      const inTheWay = obstacle(target);
      if (inTheWay !== undefined) throw new Failure(inTheWay);
      const compiler = crossTools(target)?.CXX ?? process.env.CXX ?? 'g++';
      const program = join(OUT, target);
      const without = await needsAbove(compiler, `${program}-without`, [test]);
      const sources = [test, join(BINDING, 'glibc_floor.cc')];
      const above = await needsAbove(compiler, program, sources);
      if (above.length > 0) throw new Failure(`${target}: still needs ${above.join(', ')}`);
      const emulated = emulator(target);
      const file = join(OUT, 'file');
      if (emulated === undefined) await run(program, [file], { capture: true });
      else {
        const args = [...emulated.args, program, file, 'without-owner-death'];
        await run(emulated.command, args, { capture: true });
      }
      console.log(`${target}: ${without.length} functions by their old names`);
    }
  });
}
