// What a result was measured on: machine, versions, commit.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import os from 'node:os';

import { threadClock } from './clocks.mjs';

const root = new URL('../../', import.meta.url);

export function describeMachine() {
  const cpus = os.cpus();
  return {
    cpu: cpus[0]?.model.trim() ?? 'unknown',
    cores: cpus.length,
    memoryBytes: os.totalmem(),
    os: `${os.type()} ${os.release()} ${os.arch()}`,
    node: process.version,
    v8: process.versions.v8,
    threadClock,
    loadAverage: os.loadavg().map((load) => Math.round(load * 100) / 100),
  };
}

/** The installed version of each named package. */
export function describeVersions(names) {
  const versions = { node: process.versions.node };
  for (const name of names) {
    const file = new URL(`benchmarks/node_modules/${name}/package.json`, root);
    versions[name] = JSON.parse(readFileSync(file, 'utf8')).version;
  }
  return versions;
}

/** Commit of the checkout, and whether files under packages/, native/ or benchmarks/ differ from it. */
export function describeCommit() {
  try {
    const commit = git('rev-parse', 'HEAD');
    const changed = git('status', '--porcelain', '--', 'packages', 'native', 'benchmarks')
      .split('\n')
      .filter((line) => line && !line.includes('benchmarks/results/'));
    return { commit, dirty: changed.length > 0 };
  } catch {
    return { commit: 'unknown', dirty: true };
  }
}

function git(...args) {
  return execFileSync('git', args, {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  }).trim();
}
