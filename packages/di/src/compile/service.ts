// A service: one binding in one container, linked to what it depends on. What resolving works with.
// Invariant: a singleton and a value are one object for the container that owns them and for its children; everything else has
// a service per container, because it is built in the view of the container that asks.
import type { Binding, DisposeAt } from '../binding/binding.ts';
import type { BuiltInKind } from '../built-in.ts';
import type { Need } from '../modifiers.ts';

/** How instances are found. Numbers, for the switch of the hot path. */
export const VALUE = 0;
export const SINGLETON = 1;
export const SCOPED = 2;
export const TRANSIENT = 3;
export const SEED = 4;
export const BUILT_IN = 5;
export const ALIAS = 6;

/** One of the above. */
export type Life = 0 | 1 | 2 | 3 | 4 | 5 | 6;

/** How much of a service there can be to dispose: nothing, a method of the instance, a function, the rest of a generator. */
export type Disposal = 'none' | 'symbol' | 'function' | 'generator';

/** One dependency, linked. */
export interface Link {
  readonly need: Need;
  /** Whom it leads to: one, or none when it is optional or missing, or all of a multi token. */
  readonly to: readonly Service[];
}

/** One binding in one container. */
export interface Service {
  readonly binding: Binding;
  readonly name: string;
  readonly life: Life;
  readonly builtIn: BuiltInKind | undefined;
  /** Whether `get` gives a promise. */
  readonly isAsync: boolean;
  /** The name of the container that it belongs to. */
  readonly owner: string;
  /** Where singletons are kept: the root frame of the owner. Typed where frames are known. */
  readonly home: object;
  readonly disposal: Disposal;
  readonly disposeAt: DisposeAt;
  /** Position among the slots of its frame; -1 when it has none. */
  slot: number;
  /** Position in the order of dependency: who depends on another has the higher one. */
  rank: number;
  links: readonly Link[];
  /** What the factory is called with, where all of it is plain: one service each, not lazy, not async, and no alias. */
  plain: readonly Service[] | undefined;
  /** Calls the factory, or `new`. */
  readonly call: (...dependencies: unknown[]) => unknown;
  /** Whether it is made before the container has started. */
  isEager: boolean;

  // Counters: see TokenStats.
  created: number;
  live: number;
  disposed: number;
  disposeErrors: number;
  count: number;
  sumMs: number;
  maxMs: number;
  startMs: number | undefined;
}

/** What stands behind aliases. A cycle of aliases is a fault, and ends here at some service of it. */
export function behind(service: Service): Service {
  let last = service;
  for (let steps = 0; last.life === ALIAS && steps < 1_000; steps++) {
    const next = last.links[0]?.to[0];
    if (next === undefined) return last;
    last = next;
  }
  return last;
}
