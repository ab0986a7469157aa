// Compiles addon.c with the system's C compiler and the headers of the Node that runs, as an outside author would.
// Invariant: a missing compiler or header is an error that says so, never a skip.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));
const interfaceHeaders = fileURLToPath(
  new URL('../../../../native/cache/include', import.meta.url),
);

/** A use of a cache, and a pinned value: externals of the addon. */
export type Use = object;
export type View = object;

/** The functions of addon.c; what they do stands there. */
export interface TestAddon {
  use(abi: unknown): Use;
  openExisting(use: Use, name: Buffer): Use | undefined;
  done(use: Use): void;
  get(use: Use, key: Buffer): Buffer | undefined;
  put(use: Use, key: Buffer, value: Buffer, ttl: number): number;
  pin(use: Use, key: Buffer): View | number;
  bytesOf(view: View): Buffer;
  timeLeft(view: View): number;
  isCurrent(view: View): number;
  unpin(view: View): void;
  start(use: Use, rounds: number): void;
  progress(use: Use): number;
  join(use: Use): number;
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
