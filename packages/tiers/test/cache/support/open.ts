// What the tests of the cache share: caches that end with the test, and the servers and folders they need.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openCache } from '@catzilla/cache-core';
import type { Cache } from '@catzilla/cache-core';
import { afterEach } from 'vitest';
import { createTieredCache } from '../../../src/index.ts';
import type { TieredCache, TieredOptions } from '../../../src/index.ts';

const ends: (() => unknown)[] = [];

afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

/** Runs at the end of the test, last first. */
export function atEnd(end: () => unknown): void {
  ends.push(end);
}

/** An engine of its own, as if in a process of its own. */
export function ownMemory(): Cache {
  const cache = openCache({ maxBytes: 4 * 1024 * 1024 });
  atEnd(() => cache.close());
  return cache;
}

/** Deadlines that no busy machine exceeds: for tests in which every tier is to answer. */
export const PATIENT = { remote: 10_000, disk: 10_000 } as const;

/** A cache on an engine of its own, unless `memory` is named. Two of them are as two processes. Its deadlines are PATIENT: a
 * test of what is given up in time names its own. */
export function open(options: TieredOptions = {}): TieredCache {
  const own = { memory: ownMemory(), closeTimeout: 1000, deadline: PATIENT };
  const cache = createTieredCache({ ...own, ...options });
  atEnd(() => cache.close());
  return cache;
}

/** A folder that goes with the test. */
export function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'tiers-'));
  atEnd(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Waits until something holds, 40 s at most: who reads the log gives up a silent server after 7, and a breaker that has
 * opened asks again after 1, 2, 4 and 8 more, or 16 where a busy machine makes it miss an answer. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + 40_000;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`never held: ${String(holds)}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
