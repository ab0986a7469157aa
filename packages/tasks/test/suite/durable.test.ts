import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { embeddedBackend } from '../../src/embedded/index.ts';
import { programSuite } from './support/program.ts';

const folder = mkdtempSync(join(tmpdir(), 'catz-suite-'));
afterAll(() => rmSync(folder, { recursive: true }));

// The store is closed after each test, and opened by the next one from what the log says.
for (const durability of ['every-write', 'interval', 'none'] as const) {
  const backend = embeddedBackend({ dir: join(folder, durability), durability });
  programSuite(`embedded, ${durability}`, () => ({ backend }));
}
