// A frame: the instances of one scope, or the singletons of a container, and what resolving has to know around them.
// Invariant: `slots` has EMPTY where nothing was made; null and undefined are instances like any other. `made` has everything that
// was made here and has to be counted or released, in the order of creation.
import type { Plan } from '../compile/compile.ts';
import type { Service } from '../compile/service.ts';
import type { Linked, OpenScopes } from './open-scopes.ts';
import type { Logger, Outcome, ScopeFactory, ScopeKind } from '../types.ts';

/** Nothing was made yet. */
export const EMPTY: unique symbol = Symbol('empty');
/** Its factory is running: who comes here again is in a cycle. */
export const MAKING: unique symbol = Symbol('making');
/** It was disposed. */
export const GONE: unique symbol = Symbol('gone');

/** One thing that was made, and how to release it. */
export class Instance {
  readonly service: Service;
  value: unknown;
  /** The generator behind its yield. */
  rest: Generator | AsyncGenerator | undefined = undefined;
  /** Of an asynchronous service. */
  promise: Promise<unknown> | undefined = undefined;
  isReady: boolean;

  constructor(service: Service, value: unknown, isReady: boolean) {
    this.service = service;
    this.value = value;
    this.isReady = isReady;
  }
}

/** Where instances are. */
export interface Frame {
  readonly runtime: Runtime;
  readonly parent: Frame | undefined;
  readonly isRoot: boolean;
  readonly kind: ScopeKind;
  readonly label: string;
  readonly log: Logger;
  readonly signal: AbortSignal;
  readonly request: unknown;
  readonly reply: unknown;
  slots: unknown[];
  made: Instance[] | undefined;
  /** False from the moment its disposal begins: nothing is made any more. */
  isOpen: boolean;
  /** Whether the disposers at 'handler' have run. */
  isHandlerOver: boolean;
}

/** A container, as its frames see it. */
export interface Runtime {
  readonly name: string;
  plan: Plan;
  readonly root: Frame;
  readonly scopes: OpenScopes<LiveFrame>;
  readonly factory: ScopeFactory;
  readonly log: Logger;
  readonly disposeTimeout: number;
  readonly disposeGrace: number;
  readonly timings: boolean;
  /** The slots of a new scope. */
  template: readonly unknown[];
  opened: number;
  forced: number;
  /** Called when the last scope has ended. */
  onIdle: (() => void) | undefined;
  /** Whether new scopes are refused. */
  isClosing: boolean;
  /** Warns: through the logger, or else as a process warning. */
  report(code: string, message: string, error?: unknown): void;
}

/** A scope, as its container sees it. */
export interface LiveFrame extends Frame, Linked {
  dispose(outcome?: Outcome, how?: { readonly forced?: boolean }): undefined | Promise<void>;
}
