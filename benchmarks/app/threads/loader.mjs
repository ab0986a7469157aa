// The load of the threads: load.cc, compiled once. It keeps connections busy from one thread of C++, because on two cores a client of
// JavaScript would take from the servers most of what the second thread gives them.
import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { encodePairs } from './pages.mjs';

const SOURCE = fileURLToPath(new URL('load.cc', import.meta.url));
const run = promisify(execFile);

/** Why there can be no load here; undefined where it can. */
export function whyNoLoad() {
  if (process.platform !== 'linux') return `it needs Linux, not ${process.platform}`;
  const { status } = spawnSync(compiler(), ['--version'], { stdio: 'ignore' });
  return status === 0 ? undefined : `no C++ compiler called ${compiler()}`;
}

/**
 * Compiles it.
 * @param pairs [{ request, body }], which take turns
 * @returns { load({ port, connections, depth, ms }), close() }: load gives requests, seconds, cpuSeconds of its own
 */
export function openLoad(pairs) {
  const folder = mkdtempSync(join(tmpdir(), 'catzilla-load-'));
  const close = () => rmSync(folder, { recursive: true });
  const program = join(folder, 'load');
  const file = join(folder, 'pairs');
  const { status, stderr } = spawnSync(compiler(), ['-std=c++20', '-O2', '-o', program, SOURCE], {
    encoding: 'utf8',
  });
  if (status !== 0) {
    close();
    throw new Error(`compiling load.cc failed\n${stderr}`);
  }
  writeFileSync(file, encodePairs(pairs));
  return {
    async load({ port, connections, depth, ms }) {
      const { stdout } = await run(program, [...[port, connections, depth, ms].map(String), file]);
      return JSON.parse(stdout);
    },
    close,
  };
}

function compiler() {
  return process.env.CXX ?? 'c++';
}
