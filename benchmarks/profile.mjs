// Where the CPU time of a set, of a near hit and of a cached answer goes: share of samples by binary, of the near hit by
// function, through Linux `perf`, which must be installed. Makes the figures behind `why` in targets.json. Usage: node benchmarks/profile.mjs
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { warmServer } from './http/hit.mjs';
import { HEADS } from './http/requests.mjs';
import { startClient } from './http/rig.mjs';

const SECONDS = 5;
const folder = mkdtempSync(path.join(tmpdir(), 'catzilla-profile-'));
try {
  await profile('set of 100 B', String(startLoop('cache.set(keys[i & 511], value)').pid));
  const hits = startLoop('cache.get(keys[i & 511])', [
    '--perf-basic-prof',
    '--no-logfile-per-isolate',
    `--logfile=${path.join(folder, 'v8.log')}`,
  ]);
  await profile('near hit of 100 B with ttl', String(hits.pid), undefined, 'symbol');
  const client = startClient();
  const one = await warmServer({ variant: 'auto', size: 1024, headers: [] }, client, 20_000);
  const load = { port: one.server.port, request: HEADS.browser(), connections: 50 };
  await profile("hit in mode 'auto'", String(one.server.pid), () =>
    client.load({ ...load, requests: 20_000, status: 200, body: one.body }),
  );
  await one.server.stop();
  await client.stop();
} finally {
  rmSync(folder, { recursive: true });
}

/** A loop over 512 keys, in a process of its own that outlives the profile a little. */
function startLoop(call, flags = []) {
  const code = `
    import { openCache } from '@catzilla/cache-core';
    const cache = openCache({ maxBytes: 64 * 2 ** 20, ttl: 3_600_000 });
    const value = Buffer.alloc(100, 1);
    const keys = Array.from({ length: 512 }, (_, i) => 'user:profile:' + String(i).padStart(17, '0'));
    for (const key of keys) cache.set(key, value);
    const end = performance.now() + ${(SECONDS + 2) * 1000};
    while (performance.now() < end) for (let i = 0; i < 50_000; i++) ${call};`;
  return spawn(process.execPath, [...flags, '--input-type=module', '-e', code], {
    cwd: import.meta.dirname,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

async function profile(name, pid, work, sort = 'dso') {
  const file = path.join(folder, 'perf.data');
  const args = ['record', '-F', '1999', '-o', file, '-p', pid, '--', 'sleep', String(SECONDS)];
  const ended = once(spawn('perf', args, { stdio: 'ignore' }), 'exit');
  const end = performance.now() + SECONDS * 1000;
  while (work !== undefined && performance.now() < end) await work();
  await ended;
  const report = execFileSync('perf', ['report', '-i', file, '--stdio', '--sort', sort], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const lines = report
    .split('\n')
    .filter((line) => /^ +\d/.test(line))
    .map((line) => line.replace(/[\s-]+$/, ''));
  console.log(`${name}\n${lines.slice(0, 6).join('\n')}\n`);
}
