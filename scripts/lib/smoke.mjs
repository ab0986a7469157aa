// Runs the smoke program under any Node and reads what it says about itself. Built-ins only.
import { join } from 'node:path';
import { Failure, run } from './run.mjs';
import { root } from './workspace.mjs';

/** Where the smoke program lies in the repository: there it finds the packages through the workspace. */
export const smokeDir = join(root, 'scripts', 'smoke');

/** `smoke by import: passed, Node v20.19.0, linux-x64, linux-x64/<file>.node sha256:<hash>`, taken apart; one file and
 * hash, after another comma, for each addon.
 * @returns {{ version: string, target: string, addons: Record<string, string> }} SHA-256 by `<target>/<file>`
 * @throws Failure when the program did not say that it passed */
export function readSmoke(output) {
  const said = /^smoke by \w+: passed, Node v(\S+), (\S+)((?:, \S+ sha256:[0-9a-f]{64})+)$/m.exec(
    output,
  );
  if (said === null) throw new Failure(`the smoke program did not pass:\n${output}`);
  const [, version, target, files] = said;
  const addons = Object.fromEntries(
    [...files.matchAll(/, (\S+) sha256:(\w+)/g)].map(([, file, sha256]) => [file, sha256]),
  );
  return { version, target, addons };
}

/** Runs one file of the smoke program.
 * @param command  the program and its first arguments, an emulator's among them
 * @throws Failure with what it printed, or when another Node ran than was asked for */
export async function runSmoke(file, command, { version, target, cwd = smokeDir, env }) {
  const [program, ...args] = command;
  const { output } = await run(program, [...args, join(cwd, file)], { cwd, env, capture: true });
  const said = readSmoke(output);
  for (const [name, wanted] of Object.entries({ version, target })) {
    if (said[name] !== wanted) throw new Failure(`expected ${name} ${wanted}, got ${said[name]}`);
  }
  for (const file of Object.keys(said.addons)) {
    if (!file.startsWith(`${target}/`)) throw new Failure(`${target} loaded ${file}`);
  }
  return said;
}
