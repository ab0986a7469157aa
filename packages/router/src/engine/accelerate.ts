// Puts the engines of a router in the place of its find, and takes them out again.
// Invariant: a router that changes falls back to its own find at once, since an engine knows the routes it was made of.
import type { Find, Router, RouterFind } from '../find-my-way/router.ts';
import { shapeFault } from '../find-my-way/router.ts';
import { errors } from '../errors.ts';
import { makeEngines } from './choose.ts';
import type { EngineSettings } from './choose.ts';
import type { MethodEngine } from './engine.ts';
import { engineSettings } from './settings.ts';
import type { EngineOptions } from './settings.ts';

/** Engines at work in a router. */
export interface Acceleration {
  /** By method, in the order of the router's trees. */
  readonly engines: readonly MethodEngine[];
  /** Takes the engines out: the router finds by itself again. Also happens when routes are added or removed. */
  restore(): void;
}

/** What changes a router of find-my-way. */
const CHANGERS = ['on', 'off', 'reset', 'addConstraintStrategy'] as const;

type Changeable = Record<string, (...args: unknown[]) => unknown>;

/** Undoes what is installed in a router: a second installation takes the place of the first. */
const installed = new WeakMap<Router, () => void>();

/** Makes engines for the routes that a find-my-way router has now, and lets its `find` and `lookup` use them.
 * @param router   a router of find-my-way 9.3 or later
 * @param options  as for RouteTable: engine, nativeThreshold, compileLimit
 * @returns the engines, and `restore`
 * @throws CATZ_ROUTER_OPTIONS, CATZ_ROUTER_CAPTURE_FAILED when it is no such router, CATZ_ROUTER_NATIVE_UNAVAILABLE,
 *   CATZ_ROUTER_COMPILE_UNAVAILABLE when that engine was asked for by name
 * @example
 * const router = FindMyWay();
 * router.on('GET', '/users/:id', handler);
 * const { engines } = accelerate(router, { engine: 'native' }); */
export function accelerate(router: object, options: EngineOptions = {}): Acceleration {
  const fault = shapeFault(router);
  if (fault !== undefined) throw new errors.CAPTURE_FAILED(fault);
  const settings: EngineSettings = engineSettings(options);
  const engines = makeEngines(router as Router, settings);
  return { engines: [...engines.values()], restore: install(router as Router, dispatch(engines)) };
}

/** find over the engines of all methods. */
export function dispatch(engines: ReadonlyMap<string, MethodEngine>): RouterFind {
  const byMethod: Record<string, Find | undefined> = Object.create(null);
  for (const { method, find } of engines.values()) byMethod[method] = find;
  // A property of its own: most requests are GET, and a dictionary is slower to look into.
  const get = byMethod['GET'];
  return (method, url, derived) => {
    const find = method === 'GET' ? get : byMethod[method];
    return find === undefined ? null : find(url, derived);
  };
}

/** Replaces the find of a router, and an own lookup, which would go past it.
 * @param onChange  called after the router was restored because its routes change
 * @returns undoes it; more than once does no harm */
export function install(router: Router, find: RouterFind, onChange?: () => void): () => void {
  installed.get(router)?.();
  const target = router as unknown as Changeable;
  const own = ['find', 'lookup', ...CHANGERS].map(
    (name) => [name, Object.getOwnPropertyDescriptor(target, name)] as const,
  );
  let isInstalled = true;
  const restore = (): void => {
    if (!isInstalled) return;
    isInstalled = false;
    installed.delete(router);
    for (const [name, descriptor] of own) {
      delete target[name];
      if (descriptor !== undefined) Object.defineProperty(target, name, descriptor);
    }
  };
  delete target['lookup'];
  target['find'] = find as unknown as Changeable[string];
  for (const name of CHANGERS) {
    const change = target[name];
    if (change === undefined) continue;
    target[name] = function changeRoutes(...args) {
      restore();
      onChange?.();
      return change.apply(router, args);
    };
  }
  installed.set(router, restore);
  return restore;
}
