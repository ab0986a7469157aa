// How a program of another architecture is run here: by qemu's user mode, with the libraries that came with the cross
// compiler. It proves loading and logic; it says nothing about the order of memory accesses, and qemu 7.2 knows no
// robust futexes. Built-ins only.
import { Failure, onPath } from './run.mjs';
import { host } from './targets.mjs';

const EMULATED = {
  'linux-arm64': { command: 'qemu-aarch64', args: ['-L', '/usr/aarch64-linux-gnu'] },
};

/** The command that runs programs of a target, and its first arguments; undefined where nothing is needed.
 * @throws Failure naming what is missing */
export function emulator(target, { from = host, env = process.env } = {}) {
  if (target === from) return undefined;
  const found = EMULATED[target];
  if (found === undefined) throw new Failure(`programs for ${target} cannot be run on ${from}`);
  if (onPath(found.command, env) === undefined) {
    throw new Failure(`${found.command} not found: apt install qemu-user`);
  }
  return found;
}
