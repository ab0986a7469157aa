// Compares engines with the router they were made of, before anybody asks them.
// Invariant: one difference is enough to refuse all of them. Handlers and stores are compared by identity.
import type { Constraints, FindResult, Route, Router, RouterFind } from '../find-my-way/router.ts';
import { walkOf } from '../find-my-way/router.ts';
import { witnessesOf } from '../introspect/witness.ts';

/** What the check came to. */
export interface SelfCheck {
  /** URLs that were compared. */
  readonly compared: number;
  /** The first difference, in words; undefined when there was none. */
  readonly difference: string | undefined;
}

/** Compares `find` with the router's own on URLs of up to `max` routes, spread evenly. */
export function selfCheck(router: Router, find: RouterFind, max: number): SelfCheck {
  const walk = walkOf(router);
  const { routes } = router;
  const step = Math.max(1, routes.length / max);
  let compared = 0;
  for (let at = 0; at < routes.length; at += step) {
    const route = routes[Math.floor(at)]!;
    for (const url of witnessesOf(route, router)) {
      for (const derived of derivedFor(route)) {
        compared++;
        const wanted = outcome(() => walk.call(router, route.method, url, derived));
        const got = outcome(() => find(route.method, url, derived));
        if (!isSameOutcome(wanted, got)) {
          const difference = `${route.method} ${url} gives ${nameOf(got, router)}, not ${nameOf(wanted, router)}`;
          return { compared, difference };
        }
      }
    }
  }
  return { compared, difference: undefined };
}

// find-my-way throws at some patterns: an engine then has to do so too.
function outcome(find: () => FindResult | null): FindResult | null | Error {
  try {
    return find();
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

function isSameOutcome(one: FindResult | null | Error, other: FindResult | null | Error): boolean {
  if (one instanceof Error || other instanceof Error) {
    return one instanceof Error && other instanceof Error && one.message === other.message;
  }
  return isSame(one, other);
}

/** True when two results lead to the same handler with the same parameters. */
export function isSame(one: FindResult | null, other: FindResult | null): boolean {
  if (one === null || other === null) return one === other;
  if (one.handler !== other.handler || one.store !== other.store) {
    // A malformed URL gets a handler of its own each time, which is no route's.
    return one.store === null && other.store === null;
  }
  const names = Object.keys(one.params);
  return (
    names.length === Object.keys(other.params).length &&
    names.every((name) => one.params[name] === other.params[name])
  );
}

// A constrained route is asked for as its own requests do, and as others do.
function derivedFor({ opts }: Route): readonly (Constraints | undefined)[] {
  const { constraints } = opts;
  return constraints === undefined ? [undefined] : [undefined, { ...constraints }];
}

function nameOf(found: FindResult | null | Error, router: Router): string {
  if (found === null) return 'no route';
  if (found instanceof Error) return `the error ${found.message}`;
  const route = router.routes.find(
    ({ handler, store }) => handler === found.handler && store === found.store,
  );
  return route === undefined ? 'a handler of no route' : `route ${route.path}`;
}
