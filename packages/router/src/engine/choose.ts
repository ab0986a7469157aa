// Chooses and makes the engine of each method of a router.
import { errors } from '../errors.ts';
import type { Router } from '../find-my-way/router.ts';
import { compileEngine } from './compile.ts';
import type { EngineChoice, MethodEngine } from './engine.ts';
import { nativeEngine } from './native.ts';
import { walkEngine } from './walk.ts';

/** What chooses the engine. */
export interface EngineSettings {
  /** Default: 'auto'. */
  readonly engine: EngineChoice;
  /** Routes of a method from which on 'auto' takes 'native'. */
  readonly nativeThreshold: number;
  /** Routes of a method above which 'auto' does not compile: generating code for them takes seconds. */
  readonly compileLimit: number;
}

/** Share of a method's routes that native code may leave to find-my-way before 'auto' leaves all of them. */
const MAX_DEFERRED = 0.25;

/** Makes an engine for each method that has routes.
 * @throws CATZ_ROUTER_NATIVE_UNAVAILABLE, CATZ_ROUTER_COMPILE_UNAVAILABLE when just that engine is asked for */
export function makeEngines(router: Router, settings: EngineSettings): Map<string, MethodEngine> {
  const counts = new Map<string, number>();
  for (const { method } of router.routes) counts.set(method, (counts.get(method) ?? 0) + 1);
  const make = MAKERS[settings.engine];
  return new Map(
    Object.keys(router.trees).map((method) => [
      method,
      make(router, method, counts.get(method) ?? 0, settings),
    ]),
  );
}

type Maker = (
  router: Router,
  method: string,
  routes: number,
  settings: EngineSettings,
) => MethodEngine;

const MAKERS: Readonly<Record<EngineChoice, Maker>> = {
  walk: (router, method, routes) => walkEngine(router, method, routes),
  compile(router, method, routes) {
    const made = compileEngine(router, method, routes);
    if (typeof made === 'string') throw new errors.COMPILE_UNAVAILABLE(made);
    if (made instanceof Error) throw new errors.COMPILE_UNAVAILABLE(made.message, { cause: made });
    return made;
  },
  native(router, method, routes) {
    const made = nativeEngine(router, method, routes);
    if (typeof made === 'string') throw new errors.NATIVE_UNAVAILABLE(made);
    return made;
  },
  auto(router, method, routes, { nativeThreshold, compileLimit }) {
    let reason: string | undefined;
    if (routes >= nativeThreshold) {
      const made = nativeEngine(router, method, routes);
      if (typeof made === 'string') reason = `not native: ${made}`;
      else if (mostlyDefers(made)) reason = 'not native: too many routes need JavaScript';
      else return made;
    }
    if (routes > compileLimit) return walkEngine(router, method, routes, reason);
    const made = compileEngine(router, method, routes);
    if (typeof made === 'string') reason = join(reason, `not compiled: ${made}`);
    else if (made instanceof Error) reason = join(reason, `not compiled: ${made.message}`);
    else return reason === undefined ? made : { ...made, reason };
    return walkEngine(router, method, routes, reason);
  },
};

function mostlyDefers({ native }: MethodEngine): boolean {
  if (native === undefined) return false;
  const left = native.deferred + native.omitted;
  return left > MAX_DEFERRED * (native.decided + left);
}

function join(first: string | undefined, second: string): string {
  return first === undefined ? second : `${first}; ${second}`;
}
