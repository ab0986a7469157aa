// What the parts of the contract share: the target they run for, and caches that are closed after each test.
// Invariant: a cache of scope 'machine' lies in a folder of its own, which is gone when the suite has run.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, expect } from 'vitest';
import { openCache } from '../../src/index.ts';
import type { Cache, CacheOptions } from '../../src/index.ts';

/** One kind of cache that keeps the contract. */
export interface Target {
  readonly title: string;
  readonly backend: 'native' | 'js';
  readonly scope: 'process' | 'machine';
}

/** All kinds that this system has: no other than Linux has scope 'machine'. */
export const targets: readonly Target[] = [
  { title: "backend 'native'", backend: 'native', scope: 'process' },
  ...(process.platform === 'linux'
    ? [{ title: "scope 'machine'", backend: 'native', scope: 'machine' } as const]
    : []),
  { title: "backend 'js'", backend: 'js', scope: 'process' },
];

/** What a part of the contract is given. */
export interface Suite {
  readonly target: Target;
  /** Opens a cache of 1 MiB that nobody sweeps, unless options say otherwise; without a name one of its own. */
  open(options?: CacheOptions, name?: string): Cache;
  /** A name that no other test has. */
  uniqueName(): string;
  /** The options without which a name would be opened as something else. */
  optionsOf(name: string): CacheOptions;
}

let serial = 0;

/** Prepares a suite. Called within its `describe`. */
export function makeSuite(target: Target): Suite {
  const { backend, scope } = target;
  const folder = scope === 'machine' ? mkdtempSync(join(tmpdir(), 'cache-core-')) : '';
  const opened: Cache[] = [];
  const uniqueName = () => `contract-${backend}-${scope}-${process.pid}-${serial++}`;
  const optionsOf = (name: string): CacheOptions =>
    scope === 'machine'
      ? { backend, scope, path: join(folder, `${name}.arena`) }
      : { backend, scope };

  afterEach(() => {
    for (const cache of opened.splice(0)) cache.close();
  });
  afterAll(() => {
    if (folder !== '') rmSync(folder, { recursive: true });
  });

  return {
    target,
    uniqueName,
    optionsOf,
    open(options = {}, name = scope === 'machine' ? uniqueName() : undefined) {
      const all: CacheOptions = { maxBytes: 2 ** 20, sweepInterval: false, ...options };
      const cache =
        name === undefined
          ? openCache({ backend, scope, ...all })
          : openCache(name, { ...optionsOf(name), ...all });
      opened.push(cache);
      return cache;
    },
  };
}

/** A value as text. */
export function text(value: Uint8Array | undefined): string | undefined {
  return value === undefined ? undefined : Buffer.from(value).toString();
}

/** What an error with a code looks like, for toThrow. */
export function code(name: string): unknown {
  return expect.objectContaining({ code: name });
}
