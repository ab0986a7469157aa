// Makes the service of a binding, not linked yet.
import { types } from 'node:util';
import type { Binding, Lifetime, Make } from '../binding/binding.ts';
import type { BuiltInKind } from '../built-in.ts';
import type { Token } from '../token.ts';
import { ALIAS, BUILT_IN, SCOPED, SEED, SINGLETON, TRANSIENT, VALUE } from './service.ts';
import type { Disposal, Life, Service } from './service.ts';

const LIVES: Readonly<Record<Lifetime, Life>> = {
  value: VALUE,
  singleton: SINGLETON,
  scoped: SCOPED,
  transient: TRANSIENT,
  seed: SEED,
  alias: ALIAS,
};

/** The container that a service is made for. */
export interface Owner {
  readonly name: string;
  readonly home: object;
}

/** @param name  the binding's, or with its position for one of many */
export function makeService(binding: Binding, name: string, owner: Owner): Service {
  return {
    binding,
    name,
    life: LIVES[binding.lifetime],
    builtIn: undefined,
    isAsync: binding.token.kind === 'async',
    owner: owner.name,
    home: owner.home,
    disposal: disposalOf(binding),
    disposeAt: binding.disposeAt,
    slot: -1,
    rank: 0,
    links: [],
    plain: undefined,
    call: callOf(binding),
    isEager: binding.lifetime === 'singleton' && binding.start === 'eager',
    created: 0,
    live: 0,
    disposed: 0,
    disposeErrors: 0,
    count: 0,
    sumMs: 0,
    maxMs: 0,
    startMs: undefined,
  };
}

/** The service of a built-in token. */
export function makeBuiltIn(token: Token<unknown>, builtIn: BuiltInKind, owner: Owner): Service {
  return {
    ...makeService(givenBinding(token, undefined), token.name, owner),
    life: BUILT_IN,
    builtIn,
  };
}

/** The binding of something that the container was given from outside. */
export function givenBinding(token: Token<unknown>, value: unknown): Binding {
  return {
    token,
    key: undefined,
    name: token.name,
    lifetime: 'value',
    needs: [],
    make: undefined,
    isClass: false,
    value,
    dispose: undefined,
    disposeAt: 'response',
    start: 'eager',
    startTimeout: undefined,
    kinds: undefined,
    isOpaque: false,
    wasSeed: false,
    origin: {},
  };
}

/** Whether a factory is a native `async` function or generator: what it gives has to be awaited. */
export function isAsyncFunction(make: Make | undefined): boolean {
  return make !== undefined && types.isAsyncFunction(make);
}

function disposalOf({ lifetime, make, dispose }: Binding): Disposal {
  if (dispose === false || lifetime === 'alias' || lifetime === 'seed') return 'none';
  if (make !== undefined && types.isGeneratorFunction(make)) return 'generator';
  if (dispose !== undefined) return 'function';
  return lifetime === 'value' ? 'none' : 'symbol';
}

// HOT: one wrapper per arity, for a spread costs more than the construction of a small class.
function callOf({ make, isClass, needs }: Binding): Service['call'] {
  if (make === undefined) return () => undefined;
  if (!isClass) return make as Service['call'];
  const Type = make as unknown as new (...dependencies: unknown[]) => unknown;
  switch (needs.length) {
    case 0:
      return () => new Type();
    case 1:
      return (a) => new Type(a);
    case 2:
      return (a, b) => new Type(a, b);
    case 3:
      return (a, b, c) => new Type(a, b, c);
    default:
      return (...all) => new Type(...all);
  }
}
