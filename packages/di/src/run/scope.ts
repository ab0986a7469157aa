// A scope: one unit of work, with its own instances of what is scoped.
// Invariant: it ends once, children first; from the moment its disposal begins nothing is got from it any more. A root frame is
// one as well, with the singletons in its slots, so that resolving meets one shape of object.
import type { Service } from '../compile/service.ts';
import { SEED } from '../compile/service.ts';
import { errors } from '../errors.ts';
import { nameOf } from '../modifiers.ts';
import type { Key } from '../modifiers.ts';
import { isToken } from '../token.ts';
import type { AnyToken, AsyncToken, MultiToken, Token } from '../token.ts';
import { EMPTY } from './frame.ts';
import type { Instance, LiveFrame, Runtime } from './frame.ts';
import type { Linked } from './open-scopes.ts';
import { checkScope } from './options.ts';
import { errorOf, releaseAll, waitFor } from './release.ts';
import type { Ended } from './release.ts';
import { closed, resolve } from './resolve.ts';
import type { Logger, Outcome, Scope, ScopeKind, ScopeOptions } from '../types.ts';

/** The class behind `Scope`. */
export class LiveScope implements Scope, LiveFrame {
  readonly runtime: Runtime;
  readonly parent: LiveScope | undefined;
  readonly isRoot: boolean;
  readonly kind: ScopeKind;
  readonly label: string;
  readonly log: Logger;
  readonly request: unknown;
  readonly reply: unknown;
  slots: unknown[];
  made: Instance[] | undefined = undefined;
  isOpen = true;
  isHandlerOver = false;
  holds = 0;
  before: Linked | undefined = undefined;
  after: Linked | undefined = undefined;
  #signal: AbortSignal | (() => AbortSignal) | undefined;
  #abort: AbortController | undefined = undefined;
  #children: Set<LiveScope> | undefined = undefined;
  #onReleased: (() => void)[] | undefined = undefined;
  #ending: undefined | Promise<void> = undefined;
  #handlerEnding: undefined | Promise<void> = undefined;

  constructor(
    runtime: Runtime,
    options: ScopeOptions,
    parent: LiveScope | undefined,
    isRoot = false,
  ) {
    this.runtime = runtime;
    this.parent = parent;
    this.isRoot = isRoot;
    this.kind = options.kind ?? parent?.kind ?? 'task';
    this.label = options.label ?? parent?.label ?? this.kind;
    this.log = options.log ?? parent?.log ?? runtime.log;
    this.request = options.request ?? parent?.request;
    this.reply = options.reply ?? parent?.reply;
    this.#signal = options.signal;
    this.slots = isRoot ? [] : runtime.template.slice();
    if (options.seeds !== undefined) {
      for (const [token, value] of options.seeds) this.seed(token, value);
    }
  }

  get signal(): AbortSignal {
    const given = this.#signal;
    if (typeof given === 'function') return (this.#signal = given());
    if (given !== undefined) return given;
    this.#abort = new AbortController();
    return (this.#signal = this.#abort.signal);
  }

  /** Whether the signal is aborted; makes none. */
  get isAborted(): boolean {
    return this.#signal instanceof AbortSignal && this.#signal.aborted;
  }

  get<T>(token: Token<T>): T;
  get<T>(token: AsyncToken<T>): Promise<T>;
  get(token: Token<unknown> | AsyncToken<unknown>): unknown {
    if (!this.isOpen) throw closed(this);
    return resolve(this.runtime.plan.direct.get(token) ?? findOne(this.runtime, token), this);
  }

  getKeyed<T>(token: Token<T>, key: Key): T;
  getKeyed<T>(token: AsyncToken<T>, key: Key): Promise<T>;
  getKeyed(token: Token<unknown> | AsyncToken<unknown>, key: Key): unknown {
    if (!this.isOpen) throw closed(this);
    return resolve(findOne(this.runtime, token, key), this);
  }

  getAll<T>(token: MultiToken<T>): readonly T[] {
    if (!this.isOpen) throw closed(this);
    return findMany(this.runtime, token).map((service) => resolve(service, this) as T);
  }

  has(token: AnyToken, key?: Key): boolean {
    return isProvided(this.runtime, token, key);
  }

  seed<T>(token: Token<T>, value: T): void {
    if (!this.isOpen) throw closed(this);
    const service = findOne(this.runtime, token);
    if (service.binding.wasSeed) return;
    if (service.life !== SEED) {
      throw new errors.MISSING(
        `${service.name} is no seed of ${this.runtime.name}: it has a value of its own`,
      );
    }
    if (this.slots[service.slot] !== EMPTY) throw new errors.SEED_TWICE(service.name, this.label);
    this.slots[service.slot] = value;
  }

  hold(promise: PromiseLike<unknown>): void {
    if (!this.isOpen) throw closed(this);
    this.holds++;
    const release = (): void => {
      if (--this.holds > 0) return;
      const waiting = this.#onReleased ?? [];
      this.#onReleased = undefined;
      for (const go of waiting) go();
    };
    void promise.then(release, release);
  }

  released(): undefined | Promise<void> {
    if (this.holds === 0) return undefined;
    return new Promise((resolve) => {
      (this.#onReleased ??= []).push(resolve);
    });
  }

  child(options: ScopeOptions = {}): Scope {
    if (!this.isOpen) throw closed(this);
    checkScope(options);
    const child = new LiveScope(this.runtime, options, this);
    (this.#children ??= new Set()).add(child);
    enter(child);
    return child;
  }

  endHandler(outcome: Outcome): undefined | Promise<void> {
    if (this.isHandlerOver) return this.#handlerEnding;
    this.isHandlerOver = true;
    if (!this.runtime.plan.hasHandlerDisposers) return undefined;
    const ended = releaseAll(this, outcome, 'handler');
    if (!(ended instanceof Promise)) return this.#failOf(ended);
    return (this.#handlerEnding = ended.then((all) => this.#failOf(all)));
  }

  dispose(outcome?: Outcome, how?: { readonly forced?: boolean }): undefined | Promise<void> {
    if (!this.isOpen) return this.#ending;
    const ended = outcome ?? { ok: true, aborted: this.isAborted };
    if (how?.forced === true) this.runtime.forced++;
    // Whoever still works is told before what he works with is gone.
    if (how?.forced === true || ended.aborted) this.#abort?.abort(closed(this));
    this.isOpen = false;
    if (this.#children === undefined && this.#handlerEnding === undefined) {
      return this.#finish(releaseAll(this, ended, 'all'), []);
    }
    return (this.#ending = this.#endAfterChildren(ended));
  }

  async close(): Promise<void> {
    // What is held may hold more before it ends.
    for (let held = this.released(); held !== undefined; held = this.released()) await held;
    await this.dispose();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Aborts the scope's own signal, if somebody has asked for it. */
  abort(reason: unknown): void {
    this.#abort?.abort(reason);
  }

  async #endAfterChildren(outcome: Outcome): Promise<void> {
    const failed: unknown[] = [];
    // Its failure was the handler's; here it only has to be over.
    await this.#handlerEnding?.catch(() => undefined);
    for (const child of [...(this.#children ?? [])].reverse()) {
      try {
        await child.dispose(outcome);
      } catch (error) {
        failed.push(error);
      }
    }
    await this.#finish(await releaseAll(this, outcome, 'all'), failed);
  }

  #finish(ended: Ended | Promise<Ended>, before: readonly unknown[]): undefined | Promise<void> {
    if (ended instanceof Promise) {
      return (this.#ending = ended.then((all) => this.#leave(all, before)));
    }
    this.#leave(ended, before);
    return undefined;
  }

  #leave(ended: Ended, before: readonly unknown[]): void {
    this.#abort?.abort(closed(this));
    if (this.parent !== undefined) this.parent.#forget(this);
    leave(this);
    const all = {
      errors: [...before, ...ended.errors],
      names: [...before.map(() => 'a scope in it'), ...ended.names],
    };
    const error = errorOf(before.length === 0 ? ended : all, `the scope of ${this.label}`);
    if (error !== undefined) throw error;
  }

  #forget(child: LiveScope): void {
    this.#children?.delete(child);
  }

  #failOf(ended: Ended): undefined {
    if (ended.errors.length === 1) throw ended.errors[0];
    const error = errorOf(ended, `the scope of ${this.label}`);
    if (error !== undefined) throw error;
    return undefined;
  }
}

/** Opens a scope of a container. */
export function openScope(runtime: Runtime, options: ScopeOptions): LiveScope {
  checkScope(options);
  if (runtime.isClosing) throw new errors.CLOSED(runtime.name);
  const scope = new LiveScope(runtime, options, undefined);
  enter(scope);
  return scope;
}

/** See `ScopeFactory.runInScope`. */
export async function runInScope<T>(
  runtime: Runtime,
  options: ScopeOptions,
  work: (scope: Scope) => T | Promise<T>,
): Promise<T> {
  const scope = openScope(runtime, options);
  const failed: unknown[] = [];
  let result: T | undefined;
  try {
    result = await work(scope);
  } catch (error) {
    failed.push(error);
  }
  try {
    await scope.endHandler(outcomeOf(scope, failed));
  } catch (error) {
    failed.push(error);
  }
  const isForced = !(await waitFor(scope.released(), runtime.disposeGrace));
  try {
    await scope.dispose(outcomeOf(scope, failed), { forced: isForced });
  } catch (error) {
    failed.push(error);
  }
  if (failed.length === 0) return result as T;
  for (const error of failed.slice(1)) {
    runtime.report(
      'DISPOSE_FAILED',
      `the end of the failed scope of ${scope.label} failed too`,
      error,
    );
  }
  throw failed[0];
}

/** The service behind a token. @throws CATZ_DI_MISSING, CATZ_DI_OPTIONS */
export function findOne({ plan, name }: Runtime, token: AnyToken, key?: Key): Service {
  if (!isToken(token) || token.kind === 'multi') {
    const hint = isToken(token) ? `: use getAll(${token.name})` : '';
    throw new errors.OPTIONS(`expected a token or an async token${hint}`);
  }
  const service = plan.table.find(token, key);
  if (service === undefined) {
    throw new errors.MISSING(`${nameOf(token, key)} is provided by nobody in ${name}`);
  }
  return service;
}

/** The services of a multi token. @throws CATZ_DI_OPTIONS */
export function findMany({ plan }: Runtime, token: AnyToken): readonly Service[] {
  if (!isToken(token) || token.kind !== 'multi') {
    throw new errors.OPTIONS('expected a multi token');
  }
  return plan.table.findAll(token);
}

/** Whether somebody provides a token. */
export function isProvided({ plan }: Runtime, token: AnyToken, key?: Key): boolean {
  if (token.kind === 'multi') return plan.table.findAll(token).length > 0;
  return plan.table.find(token, key) !== undefined;
}

function outcomeOf(scope: LiveScope, failed: readonly unknown[]): Outcome {
  const aborted = scope.isAborted;
  return failed.length === 0 ? { ok: true, aborted } : { ok: false, error: failed[0], aborted };
}

function enter(scope: LiveScope): void {
  scope.runtime.opened++;
  scope.runtime.scopes.add(scope);
}

function leave(scope: LiveScope): void {
  const { runtime } = scope;
  runtime.scopes.delete(scope);
  if (runtime.scopes.size === 0) runtime.onIdle?.();
}
