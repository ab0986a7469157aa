// Whether a router finds as native code does. Older versions of find-my-way differ in two ways that concern it; a small
// router of the same class is asked, since more than one version may be installed and none tells which it is.
import type { Router, RouterFind } from './router.ts';
import { walkOf } from './router.ts';

interface Semantics {
  /** A parameter that is too long does not match, and the search goes on (from 9.6 on). */
  readonly searchesOn: boolean;
  /** `//` stays in a query where duplicate slashes are overlooked (from 9.10 on). */
  readonly keepsQueries: boolean;
}

type RouterClass = new (options: object) => Router;

const known = new WeakMap<RouterFind, Semantics | Error>();

/** Why native code must not decide for a router; undefined when it may. */
export function semanticsFault(router: Router): string | undefined {
  const walk = walkOf(router);
  let semantics = known.get(walk);
  if (semantics === undefined) {
    semantics = semanticsOf(classOf(router));
    known.set(walk, semantics);
  }
  if (semantics instanceof Error) return `its class cannot be tried: ${semantics.message}`;
  if (!semantics.searchesOn) {
    return 'the installed find-my-way gives up at a parameter that is too long (before 9.6)';
  }
  if (router.ignoreDuplicateSlashes && !semantics.keepsQueries) {
    return 'the installed find-my-way removes // from queries (before 9.10)';
  }
  return undefined;
}

// The class that has the find: one that extends it may want other arguments, or have effects.
function classOf(router: Router): RouterClass {
  let prototype = Object.getPrototypeOf(router) as Router;
  while (!Object.hasOwn(prototype, 'find')) prototype = Object.getPrototypeOf(prototype) as Router;
  return prototype.constructor as RouterClass;
}

function semanticsOf(Router: RouterClass): Semantics | Error {
  const found = (options: object, paths: readonly string[], url: string): unknown => {
    const router = new Router({ ...options, querystringParser: (query: string) => query });
    for (const path of paths) router.on('GET', path, {}, noHandler);
    return router.find('GET', url)?.searchParams;
  };
  try {
    return {
      searchesOn: found({ maxParamLength: 1 }, ['/:a', '/*'], '/ab?q') === 'q',
      keepsQueries: found({ ignoreDuplicateSlashes: true }, ['/a'], '/a?//') === '//',
    };
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

function noHandler(): void {}
