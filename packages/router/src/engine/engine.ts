// An engine: find for the routes of one method, and what is known of it.
// Invariant: every engine gives what find-my-way's own find gives, and asks it where it cannot tell.
import type { Find } from '../find-my-way/router.ts';
import type { DeferReason } from '../native/addon.ts';

/** find-my-way's tree walk, its generated code, or our trie. */
export type EngineName = 'walk' | 'compile' | 'native';

/** Which engine to use: 'auto' chooses for each method by how many routes it has. */
export type EngineChoice = EngineName | 'auto';

/** What happened in an engine since it was made. Walk and compile are not counted: their find is find-my-way's own. */
export interface EngineCounts {
  hits: number;
  misses: number;
  /** Lookups that find-my-way was asked for, by reason. `derived`: the request had a value that only constrained routes match. */
  readonly deferred: Record<DeferReason | 'derived', number>;
}

/** The engine of one method. */
export interface MethodEngine {
  readonly method: string;
  readonly name: EngineName;
  /** Routes of the method. */
  readonly routes: number;
  /** Why it is not the engine that was first thought of; undefined when it is. */
  readonly reason?: string | undefined;
  readonly find: Find;
  /** ms that making it took. */
  readonly buildMs: number;
  /** Of 'native' only. */
  readonly native?: NativeDetails | undefined;
}

/** What engine 'native' knows of itself. */
export interface NativeDetails {
  readonly imageBytes: number;
  /** Ends of routes that native code decides, leaves to find-my-way, and cannot be asked for. */
  readonly decided: number;
  readonly deferred: number;
  readonly omitted: number;
  readonly counts: EngineCounts;
  readonly image: Uint8Array;
  findBatch(bytes: Uint8Array, ends: Uint32Array, out: Int32Array): number;
  /** The store of a route by its number. */
  storeOf(route: number): unknown;
}

/** Counts from zero again. */
export function clearCounts({ native }: MethodEngine): void {
  if (native === undefined) return;
  native.counts.hits = 0;
  native.counts.misses = 0;
  for (const reason of Object.keys(native.counts.deferred)) {
    native.counts.deferred[reason as DeferReason] = 0;
  }
}
