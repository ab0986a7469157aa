import type { HeardBus } from './heard-bus.d.mts';
import type { TieredCache } from '../../../src/index.ts';

export type Change = 'delete' | 'set' | 'tag' | 'all' | 'clear';
export const KEYS: readonly string[];
export const CHANGES: readonly Change[];
export type Versions = Readonly<Record<string, number>>;

export interface Truth {
  read(key: string): Promise<number>;
  raise(key: string): Promise<number>;
}

/** A change that was made, and where its message stands in the log. */
export interface Made {
  readonly versions: Versions;
  readonly position: string | undefined;
}

export interface Racer {
  readonly faults: readonly string[];
  readonly counts: { readonly loads: number; readonly hits: number; readonly stored: number };
  run(loaders: number): Promise<unknown>;
  stop(): void;
  learn(versions: Versions): void;
  change(how: Change, key: string): Promise<Made>;
}

export function randomOf(seed: number): () => number;
export function makeRacer(settings: {
  readonly cache: TieredCache;
  readonly truth: Truth;
  readonly seed: number;
  readonly told?: HeardBus;
}): Racer;
