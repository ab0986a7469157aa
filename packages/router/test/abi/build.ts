// Compiles addon.c with the system's C compiler and the headers of the Node that runs, as an outside author would.
// Invariant: a missing compiler or header is an error that says so, never a skip.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));
const interfaceHeaders = fileURLToPath(
  new URL('../../../../native/router/include', import.meta.url),
);

/** What a find came to, as addon.c tells it. */
export interface Found {
  generation: number;
  verdict: number;
  reason: number;
  route: number;
  pathEnd: number;
  params: string[];
}

/** The functions of addon.c; what they do stands there. */
export interface TestAddon {
  use(abi: unknown): object;
  done(use: object): void;
  find(use: object, method: string, target: string): Found | null;
  answer(use: object, method: string, target: string): Buffer | null;
  start(use: object): void;
  answered(use: object): number;
  stop(use: object): number;
  stranger(): object;
}

/** Compiles the addon into a folder and loads it.
 * @throws with the compiler's words, or saying which header is missing */
export function buildAddon(folder: string): TestAddon {
  const nodeHeaders = join(dirname(dirname(process.execPath)), 'include', 'node');
  if (!existsSync(join(nodeHeaders, 'node_api.h'))) {
    throw new Error(`expected the headers of Node in ${nodeHeaders}, as its archives have them`);
  }
  const file = join(folder, 'addon.node');
  const shared =
    process.platform === 'darwin' ? ['-bundle', '-undefined', 'dynamic_lookup'] : ['-shared'];
  const strict = [
    '-std=c99',
    '-pedantic',
    '-Wall',
    '-Wextra',
    '-Werror',
    '-O2',
    '-fPIC',
    '-pthread',
  ];
  const headers = ['-isystem', nodeHeaders, '-I', interfaceHeaders];
  const compiler = process.env['CC'] ?? 'cc';
  execFileSync(compiler, [...strict, ...shared, ...headers, join(here, 'addon.c'), '-o', file], {
    encoding: 'utf8',
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  return createRequire(import.meta.url)(file) as TestAddon;
}
