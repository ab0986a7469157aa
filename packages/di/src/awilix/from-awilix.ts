// Takes the registrations of an awilix container over, one token each, so that an application can move service by service.
// Invariant: a registration whose dependencies are told is made here, of our services; one whose dependencies are not known
// (awilix does not say them) stays awilix's to make, is marked opaque, and is resolved through one awilix scope per scope of ours.
// What awilix makes is what awilix disposes. Both sides see one instance of each service that has a token.
import { checkOptions, custom, show, string } from '@catzilla/common';
import type { Binding, Entry, Origin } from '../binding/binding.ts';
import { originOf } from '../binding/binding.ts';
import { addressOf, aliasBinding, madeBinding, valueBinding } from '../binding/make.ts';
import { Definition } from '../define/definition.ts';
import { errors } from '../errors.ts';
import { lazy } from '../modifiers.ts';
import type { Lazy } from '../modifiers.ts';
import { isToken, token } from '../token.ts';
import type { Token } from '../token.ts';

/** As much of an awilix container (12 or 13) as is used. */
export interface AwilixLike {
  readonly options: object;
  readonly registrations: Readonly<Record<string, AwilixResolver>>;
  createScope(): AwilixLike;
  resolve(name: string): unknown;
  register(name: string, resolver: AwilixResolver): unknown;
  dispose(): Promise<void>;
}

/** As much of an awilix registration as is used. */
export interface AwilixResolver {
  resolve(container: never): unknown;
  readonly lifetime?: string;
  readonly injectionMode?: string;
  readonly isLeakSafe?: boolean;
  readonly dispose?: (value: never) => unknown;
}

/** What of an awilix container is taken over. */
export interface FromAwilixOptions {
  /** The token of each registration to take over, by its name. */
  readonly tokens: Readonly<Record<string, Token<unknown>>>;
  /** The names of what a registration depends on, all of them with a token: it is then made and disposed here, whatever its
   * injection mode. Default: none; the registration is opaque. */
  readonly dependencies?: Readonly<Record<string, readonly string[]>>;
  /** The name of the definition. Default: 'awilix'. */
  readonly name?: string;
}

/** Makes a definition of an awilix container. Values, aliases, singletons, scoped and transient registrations keep their lifetime.
 * @param container  is disposed with the container that is built of the definition
 * @throws CATZ_DI_OPTIONS for a name that is not registered, or depends on one without a token
 * @example
 * const definition = fromAwilix(old, { tokens: { db: Db, repo: Repo }, dependencies: { repo: ['db'] } });
 * const both = definition.scoped(Service, [Repo], (repo) => new Service(repo)); */
export function fromAwilix(container: AwilixLike, options: FromAwilixOptions): Definition {
  const origin = originOf(fromAwilix);
  const { tokens, dependencies, name } = checkOptions<Required<FromAwilixOptions>>(
    options,
    {
      tokens: custom('an object of tokens by name', isTokens),
      dependencies: custom('an object of lists of names', isLists, {}),
      name: string({ default: 'awilix' }),
    },
    { path: 'options', error: (message) => new errors.OPTIONS(message) },
  );
  const move = new Move(container, tokens, dependencies, origin);
  return new Definition(name, move.entries());
}

class Move {
  readonly #container: AwilixLike;
  readonly #tokens: Readonly<Record<string, Token<unknown>>>;
  readonly #dependencies: Readonly<Record<string, readonly string[]>>;
  readonly #origin: Origin;
  // Bridges: an awilix scope for the singletons, and one for each scope of ours.
  readonly #root: Token<AwilixLike> = token('awilix');
  readonly #scope: Token<AwilixLike> = token('awilix scope');

  constructor(
    container: AwilixLike,
    tokens: Readonly<Record<string, Token<unknown>>>,
    dependencies: Readonly<Record<string, readonly string[]>>,
    origin: Origin,
  ) {
    this.#container = container;
    this.#tokens = tokens;
    this.#dependencies = dependencies;
    this.#origin = origin;
    for (const name of Object.keys(dependencies)) this.#registered(name);
  }

  entries(): Entry[] {
    const bindings = Object.keys(this.#tokens).map((name) => this.#binding(name));
    return [...bindings, ...this.#bridges(bindings)].map((binding) => ({ binding }));
  }

  #binding(name: string): Binding {
    const at = addressOf(this.#tokens[name], ['sync']);
    const resolver = this.#registered(name);
    const lifetime = lifetimeOf(resolver);
    if (lifetime === undefined) return this.#given(name, resolver);
    const needed = this.#dependencies[name];
    if (needed === undefined) {
      const through = lifetime === 'singleton' ? this.#root : this.#scope;
      const make = (awilix: AwilixLike): unknown => awilix.resolve(name);
      // Lazy, as awilix makes it: it may ask for others that a start in waves knows nothing of.
      const how = lifetime === 'singleton' ? { dispose: false, start: 'lazy' } : { dispose: false };
      const made = madeBinding(at, lifetime, [through], make, how, this.#origin);
      return { ...made, isOpaque: true };
    }
    const deps = needed.map((one) => this.#tokenOf(one, name));
    const make = (...values: unknown[]): unknown =>
      resolver.resolve(standIn(needed, values, this.#container.options) as never);
    const options = { dispose: resolver.dispose ?? false };
    return madeBinding(at, lifetime, deps, make, options, this.#origin);
  }

  // A value or an alias: only the latter asks the container for something.
  #given(name: string, resolver: AwilixResolver): Binding {
    const at = addressOf(this.#tokens[name], ['sync']);
    let target: string | undefined;
    const value = resolver.resolve({ resolve: (asked: string) => void (target = asked) } as never);
    if (target === undefined) return valueBinding(at, value, undefined, this.#origin);
    return aliasBinding(at, this.#tokenOf(target, name), this.#origin);
  }

  // Scopes of awilix in which what has a token and is made here comes from here.
  #bridges(bindings: readonly Binding[]): Binding[] {
    if (!bindings.some(({ isOpaque }) => isOpaque)) return [];
    const names = Object.keys(this.#tokens);
    const ours = (...lifetimes: readonly string[]): string[] =>
      names.filter((_, i) => !bindings[i]!.isOpaque && lifetimes.includes(bindings[i]!.lifetime));
    const ofRoot = ours('value', 'singleton');
    const ofScope = ours('scoped', 'transient', 'alias');
    const root = this.#bridge(this.#root, 'singleton', [], ofRoot, {
      start: 'lazy',
      dispose: async (scope: AwilixLike) => {
        await scope.dispose();
        await this.#container.dispose();
      },
    });
    const scope = this.#bridge(this.#scope, 'scoped', [this.#root], ofScope, {
      dispose: (one: AwilixLike) => one.dispose(),
    });
    return [root, scope];
  }

  #bridge(
    to: Token<AwilixLike>,
    lifetime: 'singleton' | 'scoped',
    above: readonly Token<AwilixLike>[],
    names: readonly string[],
    options: object,
  ): Binding {
    const at = addressOf(to, ['sync']);
    const deps = [...above, ...names.map((name) => lazy(this.#tokens[name]!))];
    const make = (...given: unknown[]): AwilixLike => {
      const parent = above.length === 0 ? this.#container : (given[0] as AwilixLike);
      const scope = parent.createScope();
      for (const [i, name] of names.entries()) {
        const handle = given[above.length + i] as Lazy<unknown>;
        scope.register(name, { resolve: () => handle.get(), isLeakSafe: true });
      }
      return scope;
    };
    const made = madeBinding(at, lifetime, deps, make, options, this.#origin);
    return { ...made, isOpaque: true };
  }

  #registered(name: string): AwilixResolver {
    const resolver = this.#container.registrations[name];
    if (resolver !== undefined) return resolver;
    throw new errors.OPTIONS(`expected ${show(name)} to be registered in the awilix container`);
  }

  #tokenOf(name: string, asker: string): Token<unknown> {
    const found = this.#tokens[name];
    if (found !== undefined) return found;
    throw new errors.OPTIONS(
      `expected options.tokens to have a token for ${show(name)}, on which ${show(asker)} depends`,
    );
  }
}

// An awilix container that has just these.
function standIn(names: readonly string[], values: readonly unknown[], options: object): object {
  const known = new Map(names.map((name, i) => [name, values[i]]));
  const resolve = (name: string, how?: { readonly allowUnregistered?: boolean }): unknown => {
    if (known.has(name) || how?.allowUnregistered === true) return known.get(name);
    throw new errors.OPTIONS(
      `expected options.dependencies to name ${show(name)}, which is asked for besides ${names.map(show).join(', ') || 'none'}`,
    );
  };
  // As awilix has it: what is destructured is looked up by name, and what is missing throws.
  const cradle = new Proxy(
    {},
    { get: (_, name) => (typeof name === 'string' ? resolve(name) : undefined) },
  );
  return { options, resolve, cradle };
}

// Undefined for values and aliases, which have none.
function lifetimeOf({ lifetime, isLeakSafe }: AwilixResolver): Lifetime | undefined {
  if (lifetime === undefined && isLeakSafe === true) return undefined;
  return lifetime === 'SINGLETON' ? 'singleton' : lifetime === 'SCOPED' ? 'scoped' : 'transient';
}

type Lifetime = 'singleton' | 'scoped' | 'transient';

function isTokens(value: unknown): value is Readonly<Record<string, Token<unknown>>> {
  return (
    isObject(value) && Object.values(value).every((one) => isToken(one) && one.kind === 'sync')
  );
}

function isLists(value: unknown): value is Readonly<Record<string, readonly string[]>> {
  return (
    isObject(value) &&
    Object.values(value).every(
      (names) => Array.isArray(names) && names.every((name) => typeof name === 'string'),
    )
  );
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
