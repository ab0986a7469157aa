// Engine 'walk': find-my-way's own tree walk.
import { walkOf } from '../find-my-way/router.ts';
import type { Router } from '../find-my-way/router.ts';
import type { MethodEngine } from './engine.ts';

/** The engine that always is there. */
export function walkEngine(
  router: Router,
  method: string,
  routes: number,
  reason?: string,
): MethodEngine {
  const walk = walkOf(router);
  return {
    method,
    name: 'walk',
    routes,
    reason,
    find: (target, derived) => walk.call(router, method, target, derived),
    buildMs: 0,
  };
}
