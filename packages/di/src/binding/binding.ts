// A binding: what one call of a definition says about one token, checked and in one shape.
// Invariant: frozen; dependencies are taken apart, options have their defaults, and `origin` knows the caller's line. Whether
// bindings fit together is left to the compile step.
import type { Key, Need } from '../modifiers.ts';
import type { Outcome, ScopeKind } from '../types.ts';
import type { AnyToken } from '../token.ts';

/** How long an instance lives. An alias lives as what it stands for; a value and a seed are given, not made. */
export type Lifetime = 'value' | 'singleton' | 'scoped' | 'transient' | 'alias' | 'seed';

/** When a scoped service or an owned transient is disposed: after the response, or when the handler has settled. */
export type DisposeAt = 'response' | 'handler';

/** Makes a service of its dependencies. */
export type Make = (...dependencies: never[]) => unknown;

/** Releases a service. */
export type Dispose = (value: never, outcome: Outcome) => unknown;

/** One binding. */
export interface Binding {
  readonly token: AnyToken;
  readonly key: Key | undefined;
  /** The token's name, with the key. */
  readonly name: string;
  readonly lifetime: Lifetime;
  readonly needs: readonly Need[];
  readonly make: Make | undefined;
  /** Whether `make` is called with `new`. */
  readonly isClass: boolean;
  /** Of a value. */
  readonly value: unknown;
  /** Absent: by Symbol.asyncDispose or Symbol.dispose, if the instance has one. */
  readonly dispose: Dispose | false | undefined;
  readonly disposeAt: DisposeAt;
  readonly start: 'eager' | 'lazy';
  /** ms */
  readonly startTimeout: number | undefined;
  /** Of a seed: the kinds of scopes that give it. Absent: all. */
  readonly kinds: readonly ScopeKind[] | undefined;
  /** Whether its dependencies are unknown: it comes from another container. */
  readonly isOpaque: boolean;
  /** A seed that an override replaced: seeding it does nothing. */
  readonly wasSeed: boolean;
  readonly origin: Origin;
}

/** Replaces the bindings of a token. */
export interface OverrideEntry {
  readonly token: AnyToken;
  readonly key: Key | undefined;
  /** The bindings that come instead; a lifetime of undefined is that of what they replace. */
  readonly instead: readonly (Omit<Binding, 'lifetime'> & {
    readonly lifetime: Lifetime | undefined;
  })[];
  readonly origin: Origin;
}

/** One call of a definition. */
export type Entry = { readonly binding: Binding } | { readonly override: OverrideEntry };

/** A definition as the steps below see it. */
export interface DefinitionData {
  readonly name: string;
  readonly entries: readonly Entry[];
}

/** The stack at a call, read only when a fault has to name it. */
export interface Origin {
  readonly stack?: string;
}

/** Remembers the line that called a function of ours.
 * @param ours  the function, which is left out of the stack */
export function originOf(ours: (...args: never[]) => unknown): Origin {
  const origin = {};
  Error.captureStackTrace(origin, ours);
  return origin;
}

/** The line in words: `app/services.ts:12:4`; undefined when the stack tells none. */
export function whereOf(origin: Origin): string | undefined {
  const line = origin.stack?.split('\n').find((text) => /^\s+at /.test(text));
  const place =
    line === undefined ? undefined : /\(?((?:file:\/\/)?[^()\s]+:\d+:\d+)\)?$/.exec(line);
  return place?.[1]?.replace(/^file:\/\//, '');
}
