// The trie by itself: native/router/bench/match.cc over the same tables and URLs. The image of a table and its URLs go into files
// of a temporary folder, written by a process of its own (images.mjs), once per table.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { runChild } from '../lib/child.mjs';

const native = fileURLToPath(new URL('../../native/', import.meta.url));
const PROGRAM = `${native}router/out/bench`;

/** @returns run(task, quick) of a cell, and close(), which removes the files; nothing is built before the first run */
export function openMatcher() {
  const folder = mkdtempSync(path.join(tmpdir(), 'catzilla-router-'));
  const written = new Map();
  return {
    async run({ size, traffic }, quick) {
      if (written.size === 0) {
        execFileSync('make', ['-s', `-j${availableParallelism()}`, '-C', native, 'router-bench']);
      }
      const name = `${size} ${traffic}`;
      if (!written.has(name)) {
        const task = { size, traffic, folder };
        written.set(name, await runChild(new URL('images.mjs', import.meta.url), task));
      }
      const { files, sum } = written.get(name);
      const [warm, window] = quick ? [50, 200] : [200, 500];
      const args = [...files, sum, warm, window].map(String);
      return JSON.parse(execFileSync(PROGRAM, args, { encoding: 'utf8' }));
    },
    close: () => rmSync(folder, { recursive: true, force: true }),
  };
}
