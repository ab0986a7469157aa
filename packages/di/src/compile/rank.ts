// The order of dependency: a number per service, higher than those of all that it depends on.
// Invariant: it holds over strict dependencies always, over lazy ones unless they are part of a cycle. It is fixed before anything
// is made, so disposal goes by it and not by the order of creation, which lazy dependencies turn around.
import type { Service } from './service.ts';
import { components, isStrict, targetsOf } from './walk.ts';

/** Sets the rank of every service. */
export function rankAll(services: readonly Service[]): void {
  const all = new Set(services);
  let rank = 0;
  for (const knot of components(services, (service) => targetsOf(service, all))) {
    for (const service of knot.length === 1 ? knot : strictOrder(knot)) service.rank = rank++;
  }
}

// Components of strict dependencies come out in their order too: each is one service, or a cycle, which is a fault.
function strictOrder(knot: readonly Service[]): Service[] {
  const within = new Set(knot);
  return components(knot, (service) => targetsOf(service, within, isStrict)).flat();
}
