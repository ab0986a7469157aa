// find-my-way routers of tables that are data, and how two results of find differ.
import { isDeepStrictEqual } from 'node:util';
import FindMyWay from 'find-my-way';
import type { FindResult, Router } from '../../src/find-my-way/router.ts';
import type { StrategyName, TableOptions, TableSpec } from './random-tables.ts';

/** Options for find-my-way, or for a RouteTable, which has no fallbacks and keeps queries. */
export function routerOptions(options: TableOptions): Record<string, unknown> {
  const { hasFallbacks, keepsQuery, strategies, ...rest } = options;
  const constraints = Object.fromEntries(strategies.map((name) => [name, strategy(name)]));
  return {
    ...rest,
    ...(strategies.length === 0 ? {} : { constraints }),
    ...(keepsQuery ? { querystringParser: (query: string) => query } : {}),
    ...(hasFallbacks
      ? {
          onBadUrl: (path: string) => ['bad URL', path],
          onMaxParamLength: (path: string) => ['over-long parameter', path],
        }
      : {}),
  };
}

/** A constraint strategy. Its value is read from a header of its name; one that is `fails` fails an asynchronous one. */
export function strategy(name: StrategyName): object {
  interface Request {
    readonly headers: Record<string, unknown>;
  }
  const storage = (): object => {
    const stored = new Map<unknown, unknown>();
    return {
      get: (value: unknown) => stored.get(value),
      set: (value: unknown, handler: unknown) => stored.set(value, handler),
    };
  };
  if (name !== 'later') {
    const deriveConstraint = (request: Request): unknown => request.headers[name];
    return { name, mustMatchWhenDerived: name === 'secret', storage, deriveConstraint };
  }
  // find-my-way takes a strategy for asynchronous by its three parameters.
  const deriveConstraint = (
    { headers }: Request,
    _context: unknown,
    done: (error: Error | null, value?: unknown) => void,
  ): void => {
    const value = headers[name];
    const answer = (): void =>
      value === 'fails' ? done(new Error('it fails')) : done(null, value);
    if (value === 'now') answer();
    else queueMicrotask(answer);
  };
  return { name, storage, deriveConstraint };
}

/** Makes the router of a table. A route that is refused leaves what find-my-way leaves of it. */
export function makeRouter(
  { options, routes }: TableSpec,
  handlerOf: (index: number) => (...args: never[]) => unknown = (index) => () => index,
): Router {
  const router = FindMyWay(routerOptions(options)) as unknown as Router;
  for (const [index, { method, path, constraints }] of routes.entries()) {
    // A store that is not true comes back as null.
    const store = index % 7 === 0 ? undefined : { index };
    try {
      const opts = constraints === undefined ? {} : { constraints };
      router.on(method as 'GET', path, opts, handlerOf(index), store);
    } catch (error) {
      if (!isRefusal(error)) throw error;
    }
  }
  return router;
}

// What find-my-way says of routes that cannot be; anything else is a fault of the test.
function isRefusal(error: unknown): boolean {
  return /already declared|not safe|must be the last|to be the last|Invalid reg|Version|31 route/.test(
    String(error),
  );
}

/** What a find came to: its result, or what it threw. */
export type Outcome = FindResult | null | { readonly thrown: string };

/** Runs a find. */
export function outcomeOf(find: () => FindResult | null): Outcome {
  try {
    return find();
  } catch (error) {
    return { thrown: String(error) };
  }
}

/** How a result differs from the one expected; undefined when it does not. */
export function difference(expected: Outcome, actual: Outcome): string | undefined {
  if (expected === null || actual === null) {
    return expected === actual ? undefined : `${name(expected)} became ${name(actual)}`;
  }
  if ('thrown' in expected || 'thrown' in actual) {
    const isSame = 'thrown' in expected && 'thrown' in actual && expected.thrown === actual.thrown;
    return isSame ? undefined : `${name(expected)} became ${name(actual)}`;
  }
  if (expected.store !== actual.store) return 'another store';
  if (expected.handler !== actual.handler) {
    // A fallback is made anew for each lookup: what it is called with tells.
    const given = [expected.handler(), actual.handler()];
    if (!Array.isArray(given[0]) || !isDeepStrictEqual(given[0], given[1])) {
      return `handler ${String(given[0])} became ${String(given[1])}`;
    }
  }
  return (
    paramsDifference(expected.params, actual.params) ??
    (isSameQuery(expected.searchParams, actual.searchParams) ? undefined : 'another query')
  );
}

function isSameQuery(expected: unknown, actual: unknown): boolean {
  return expected === actual || isDeepStrictEqual(expected, actual);
}

function paramsDifference(expected: object, actual: object): string | undefined {
  const prototypes = [expected, actual].map((params) => Object.getPrototypeOf(params) as object);
  if ((prototypes[0] === Object.prototype) !== (prototypes[1] === Object.prototype)) {
    return 'another prototype of params';
  }
  if (prototypes[0] !== Object.prototype && Object.getPrototypeOf(prototypes[1]!) !== null) {
    return 'params have an inherited prototype';
  }
  const keys = Object.keys(expected);
  const actualKeys = Object.keys(actual);
  const isSame =
    keys.length === actualKeys.length &&
    keys.every(
      (key, i) => key === actualKeys[i] && (expected as Values)[key] === (actual as Values)[key],
    );
  return isSame
    ? undefined
    : `params ${JSON.stringify(Object.entries(expected))} became ${JSON.stringify(Object.entries(actual))}`;
}

type Values = Record<string, unknown>;

function name(outcome: Outcome): string {
  if (outcome === null) return 'a miss';
  return 'thrown' in outcome ? outcome.thrown : 'a hit';
}
