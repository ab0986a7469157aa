// The definition of a container: who provides what. An immutable builder: each method gives a new definition, so that a base
// can be shared and extended.
// Invariant: what is wrong with one call is thrown by it, at the caller's line; what is wrong with the whole is left to the
// compile step, which reports all of it at once.
import { checkOptions, show, string } from '@catzilla/common';
import type { Binding, DefinitionData, Entry, Origin } from '../binding/binding.ts';
import { originOf, whereOf } from '../binding/binding.ts';
import {
  addressOf,
  aliasBinding,
  madeBinding,
  oneOfMany,
  overrideOf,
  seedBinding,
  valueBinding,
} from '../binding/make.ts';
import type { ManyOptions, ScopedOptions, SeedOptions } from '../binding/options.ts';
import type { SingletonOptions, ValueOptions } from '../binding/options.ts';
import type { Fault } from '../compile/faults.ts';
import { errors } from '../errors.ts';
import { keyed } from '../modifiers.ts';
import type { Dependency, Key, KeyedDependency, Single } from '../modifiers.ts';
import { Container } from '../run/container.ts';
import type { ContainerOptions } from '../run/container.ts';
import type { AsyncToken, MultiToken, Token } from '../token.ts';
import type {
  AsyncResult,
  Constructor,
  DependencyOf,
  Factory,
  Overridable,
  Replacement,
  ResultOf,
  ServiceOf,
} from '../binding/types.ts';

/** Begins a definition.
 * @param options.name  what messages and graphs call the container. Default: 'container'
 * @throws CATZ_DI_OPTIONS
 * @example
 * const Config = token<{ url: string }>('config');
 * const Db = token<Database>('db');
 * const definition = defineContainer({ name: 'app' })
 *   .value(Config, { url: 'db://127.0.0.1' })
 *   .singleton(Db, [Config], async (config) => connect(config.url), { dispose: (db) => db.end() });
 * await using container = await definition.start();
 * container.get(Db); */
export function defineContainer(options: { readonly name?: string } = {}): Definition {
  const { name } = checkOptions(
    options,
    { name: string({ default: 'container' }) },
    { path: 'options', error: (message) => new errors.OPTIONS(message) },
  );
  return new Definition(name, []);
}

/** Who provides what. All methods that define throw CATZ_DI_OPTIONS for arguments that cannot be, and CATZ_DI_DUPLICATE for a
 * token that is provided already. */
export class Definition implements DefinitionData {
  readonly name: string;
  readonly entries: readonly Entry[];

  /** Use `defineContainer`. */
  constructor(name: string, entries: readonly Entry[]) {
    this.name = name;
    this.entries = Object.freeze(entries);
    Object.freeze(this);
  }

  /** Provides something that is there already. It is never disposed, unless a disposer is given. */
  value<T>(
    token: Token<T> | AsyncToken<T>,
    value: NoInfer<T>,
    options?: ValueOptions<NoInfer<T>>,
  ): Definition {
    const at = addressOf(token, ['sync', 'async']);
    return this.#add(valueBinding(at, value, options, originOf(this.value)));
  }

  /** Provides one instance for the application, made before the container has started: factories begin as soon as what they
   * depend on is ready. They may be asynchronous, and who depends on them gets the value.
   * @param deps     what the factory receives, in this order
   * @param factory  gives the service, or a promise of it, or a generator that yields it once and releases it afterwards */
  singleton<S extends Token<unknown> | AsyncToken<unknown>, const D extends readonly Dependency[]>(
    token: S,
    deps: D,
    factory: Factory<D, AsyncResult<ServiceOf<S>>>,
    options?: SingletonOptions<ServiceOf<S>>,
  ): Definition {
    const at = addressOf(token, ['sync', 'async']);
    return this.#add(
      madeBinding(at, 'singleton', deps, factory, options, originOf(this.singleton)),
    );
  }

  /** Provides one instance for each scope that asks for it. An asynchronous factory needs an `asyncToken`. */
  scoped<
    S extends Token<unknown> | AsyncToken<unknown>,
    const D extends readonly DependencyOf<S>[],
  >(
    token: S,
    deps: D,
    factory: Factory<D, ResultOf<S>>,
    options?: ScopedOptions<ServiceOf<S>>,
  ): Definition {
    const at = addressOf(token, ['sync', 'async']);
    return this.#add(madeBinding(at, 'scoped', deps, factory, options, originOf(this.scoped)));
  }

  /** Provides an instance for each time that it is asked for. One with a disposer belongs to the scope that made it. */
  transient<
    S extends Token<unknown> | AsyncToken<unknown>,
    const D extends readonly DependencyOf<S>[],
  >(
    token: S,
    deps: D,
    factory: Factory<D, ResultOf<S>>,
    options?: ScopedOptions<ServiceOf<S>>,
  ): Definition {
    const at = addressOf(token, ['sync', 'async']);
    return this.#add(
      madeBinding(at, 'transient', deps, factory, options, originOf(this.transient)),
    );
  }

  /** Provides instances of a class, made with `new`.
   * @param type  its constructor takes the dependencies in their order */
  class<S extends Token<unknown> | AsyncToken<unknown>, const D extends readonly Dependency[]>(
    token: S,
    lifetime: 'singleton',
    deps: D,
    type: Constructor<D, ServiceOf<S>>,
    options?: SingletonOptions<ServiceOf<S>>,
  ): Definition;
  class<S extends Token<unknown> | AsyncToken<unknown>, const D extends readonly DependencyOf<S>[]>(
    token: S,
    lifetime: 'scoped' | 'transient',
    deps: D,
    type: Constructor<D, ServiceOf<S>>,
    options?: ScopedOptions<ServiceOf<S>>,
  ): Definition;
  class(
    token: unknown,
    lifetime: unknown,
    deps: unknown,
    type: unknown,
    options?: object,
  ): Definition {
    const at = addressOf(token, ['sync', 'async']);
    if (lifetime !== 'singleton' && lifetime !== 'scoped' && lifetime !== 'transient') {
      throw new errors.OPTIONS(
        `expected the lifetime of ${at.token.name} to be "singleton" or "scoped" or "transient", got ${show(lifetime)}`,
      );
    }
    return this.#add(madeBinding(at, lifetime, deps, type, options, originOf(this.class), true));
  }

  /** Provides a service under another token: the same instance, disposed once. */
  alias<T>(
    token: Token<T>,
    target: Token<NoInfer<T>> | KeyedDependency<Token<NoInfer<T>>>,
  ): Definition;
  alias<T>(token: AsyncToken<T>, target: Single<NoInfer<T>>): Definition;
  alias(token: unknown, target: unknown): Definition {
    const at = addressOf(token, ['sync', 'async']);
    return this.#add(aliasBinding(at, target, originOf(this.alias)));
  }

  /** Adds a service to those of a multi token; `all(token)` gives them in the order of these calls.
   * @param factory  may be asynchronous for a singleton */
  multi<S extends MultiToken<unknown>, const D extends readonly Dependency[]>(
    token: S,
    deps: D,
    factory: Factory<D, AsyncResult<ServiceOf<S>>>,
    options?: ManyOptions<ServiceOf<S>>,
  ): Definition {
    const at = addressOf(token, ['multi']);
    return this.#add(oneOfMany(at, deps, factory, options, originOf(this.multi)));
  }

  /** Provides a service under a token and a key; `keyed(token, key)` and `scope.getKeyed` take it.
   * @param factory  for a plain token it may be asynchronous only as a singleton */
  keyed<S extends Token<unknown> | AsyncToken<unknown>, const D extends readonly Dependency[]>(
    token: S,
    key: Key,
    deps: D,
    factory: Factory<D, AsyncResult<ServiceOf<S>>>,
    options?: ManyOptions<ServiceOf<S>> & { readonly lifetime?: 'singleton' },
  ): Definition;
  keyed<S extends Token<unknown> | AsyncToken<unknown>, const D extends readonly DependencyOf<S>[]>(
    token: S,
    key: Key,
    deps: D,
    factory: Factory<D, ResultOf<S>>,
    options: ManyOptions<ServiceOf<S>>,
  ): Definition;
  keyed(
    token: unknown,
    key: unknown,
    deps: unknown,
    factory: unknown,
    options?: object,
  ): Definition {
    const at = addressOf(keyed(token as Token<unknown>, key as Key), ['sync', 'async']);
    return this.#add(oneOfMany(at, deps, factory, options, originOf(this.keyed)));
  }

  /** Announces a value that scopes are given: by the options they open with, or `scope.seed(token, value)`. */
  seed<T>(token: Token<T>, options?: SeedOptions): Definition {
    const at = addressOf(token, ['sync']);
    return this.#add(seedBinding(at, options, originOf(this.seed)));
  }

  /** Replaces what provides a token; the replaced factory and disposer are dropped. Of a multi token, all its bindings. In a child
   * container it may be a token of the parent: the override then holds in the child.
   * @param replacement  `{ value }`, or `{ deps?, factory, lifetime?, dispose? }` */
  override<S extends Overridable, const D extends readonly Dependency[] = readonly []>(
    token: S,
    replacement: Replacement<S, D>,
  ): Definition {
    const override = overrideOf(token, replacement, originOf(this.override));
    return new Definition(this.name, [...this.entries, { override }]);
  }

  /** Adds what another definition says. Bindings that both have from a common base count once. */
  include(other: Definition): Definition {
    let entries = this.entries;
    for (const entry of other.entries) {
      if (entries.includes(entry)) continue;
      if ('binding' in entry) this.#refuseDuplicate(entry.binding);
      entries = [...entries, entry];
    }
    return new Definition(this.name, entries);
  }

  /** Makes a container that has not started.
   * @throws CATZ_DI_OPTIONS, CATZ_DI_CLOSED when the parent is closed */
  build(options?: ContainerOptions): Container {
    return new Container(this, options);
  }

  /** Makes a container and starts it.
   * @throws what `build` and `container.start` throw */
  async start(options?: ContainerOptions): Promise<Container> {
    const container = this.build(options);
    await container.start();
    return container;
  }

  /** What is wrong with the definition, without starting anything: for a test of the wiring. */
  validate(options?: ContainerOptions): readonly Fault[] {
    return this.build(options).validate();
  }

  #add(binding: Binding): Definition {
    this.#refuseDuplicate(binding);
    return new Definition(this.name, [...this.entries, { binding }]);
  }

  #refuseDuplicate({ token, key, name, origin }: Binding): void {
    if (token.kind === 'multi') return;
    for (const entry of this.entries) {
      if (!('binding' in entry)) continue;
      const earlier = entry.binding;
      if (earlier.token !== token || earlier.key !== key) continue;
      throw new errors.DUPLICATE(
        `${name} is provided twice in ${this.name}: first${placeOf(earlier.origin)}, then${placeOf(origin)}`,
      );
    }
  }
}

function placeOf(origin: Origin): string {
  const where = whereOf(origin);
  return where === undefined ? ' elsewhere' : ` at ${where}`;
}
