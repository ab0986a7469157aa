// Cycles: over strict dependencies none can be built; over lazy ones it can, but between singletons it deserves a look.
import { fault, warning } from './faults.ts';
import type { Fault } from './faults.ts';
import { SINGLETON } from './service.ts';
import type { Link, Service } from './service.ts';
import { components, isStrict, targetsOf } from './walk.ts';

/** One fault for each knot of strict dependencies, with its shortest cycle. */
export function findCycles(services: readonly Service[], faults: Fault[]): void {
  for (const cycle of cyclesOf(services, isStrict)) {
    const path = cycle.map(({ name }) => name);
    const text = `${path[0]} depends on itself: ${path.join(' -> ')}`;
    faults.push(fault('CYCLE', text, path, cycle[0]!.binding.origin));
  }
}

/** One warning for each knot of singletons that only lazy dependencies make possible. */
export function findLazyCycles(services: readonly Service[], warnings: Fault[]): void {
  const singletons = services.filter(({ life }) => life === SINGLETON);
  for (const cycle of cyclesOf(singletons, () => true)) {
    if (isStrictCycle(cycle) || cycle.some(({ binding }) => binding.isOpaque)) continue;
    const path = cycle.map(({ name }) => name);
    const text = `the singletons ${path.join(' -> ')} depend on each other through lazy(): neither can be released after the other`;
    warnings.push(warning('LAZY_CYCLE', text, path, cycle[0]!.binding.origin));
  }
}

// The shortest cycle of each component, from its first service in the order of definition and back to it.
function cyclesOf(services: readonly Service[], follow: (link: Link) => boolean): Service[][] {
  const all = new Set(services);
  const order = new Map(services.map((service, i) => [service, i]));
  const cycles: Service[][] = [];
  for (const component of components(services, (service) => targetsOf(service, all, follow))) {
    component.sort((a, b) => order.get(a)! - order.get(b)!);
    const cycle = cycleFrom(component[0]!, new Set(component), follow);
    if (cycle !== undefined) cycles.push(cycle);
  }
  return cycles;
}

function cycleFrom(
  start: Service,
  within: ReadonlySet<Service>,
  follow: (link: Link) => boolean,
): Service[] | undefined {
  const before = new Map<Service, Service>();
  const queue = [start];
  for (const service of queue) {
    for (const next of targetsOf(service, within, follow)) {
      if (next === start) return [...trace(service, start, before), start];
      if (before.has(next)) continue;
      before.set(next, service);
      queue.push(next);
    }
  }
  return undefined;
}

function trace(end: Service, start: Service, before: ReadonlyMap<Service, Service>): Service[] {
  const path = [end];
  while (path[0] !== start) path.unshift(before.get(path[0]!)!);
  return path;
}

function isStrictCycle(cycle: readonly Service[]): boolean {
  return cycle.every((service, i) => {
    const next = cycle[i + 1];
    return (
      next === undefined || service.links.some((link) => isStrict(link) && link.to.includes(next))
    );
  });
}
