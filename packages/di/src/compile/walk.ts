// Walks a graph of services: paths to what is looked for, and the components in which everything depends on everything.
import { ALIAS, TRANSIENT } from './service.ts';
import type { Link, Service } from './service.ts';

/** Calls `visit` for each service that `from` reaches through links, with the path to it, nearest first, each once.
 * @param follow   whether a link is gone along
 * @param through  whether to go on behind a service */
export function reach(
  from: Service,
  follow: (link: Link) => boolean,
  through: (service: Service) => boolean,
  visit: (service: Service, path: () => readonly Service[]) => void,
): void {
  const before = new Map<Service, Service | undefined>([[from, undefined]]);
  const queue = [from];
  for (let i = 0; i < queue.length; i++) {
    const service = queue[i]!;
    if (i > 0) visit(service, () => pathTo(service, before));
    if (i > 0 && !through(service)) continue;
    for (const link of service.links) {
      if (!follow(link)) continue;
      for (const next of link.to) {
        if (before.has(next)) continue;
        before.set(next, service);
        queue.push(next);
      }
    }
  }
}

/** Whether a service is only on the way: it lives as long as who uses it. */
export function isPassage({ life }: Service): boolean {
  return life === TRANSIENT || life === ALIAS;
}

/** Whether a link is needed at once: not lazy. */
export function isStrict({ need }: Link): boolean {
  return !need.isLazy;
}

/** The strongly connected components, each after those that it depends on (Tarjan 1972, SIAM J. Comput. 1:2).
 * @param targets  the services that one depends on */
export function components(
  services: readonly Service[],
  targets: (service: Service) => readonly Service[],
): Service[][] {
  const index = new Map<Service, number>();
  const open = new Set<Service>();
  const stack: Service[] = [];
  const found: Service[][] = [];
  const visit = (service: Service): number => {
    const at = index.size;
    index.set(service, at);
    let lowest = at;
    stack.push(service);
    open.add(service);
    for (const next of targets(service)) {
      if (!index.has(next)) lowest = Math.min(lowest, visit(next));
      else if (open.has(next)) lowest = Math.min(lowest, index.get(next)!);
    }
    if (lowest === at) {
      const component = stack.splice(stack.lastIndexOf(service));
      for (const one of component) open.delete(one);
      found.push(component);
    }
    return lowest;
  };
  for (const service of services) if (!index.has(service)) visit(service);
  return found;
}

/** The services that one depends on, once each, without those outside of `within`. */
export function targetsOf(
  service: Service,
  within: ReadonlySet<Service>,
  follow: (link: Link) => boolean = () => true,
): Service[] {
  const targets = new Set<Service>();
  for (const link of service.links) {
    if (!follow(link)) continue;
    for (const target of link.to) if (within.has(target)) targets.add(target);
  }
  return [...targets];
}

function pathTo(
  service: Service,
  before: ReadonlyMap<Service, Service | undefined>,
): readonly Service[] {
  const path: Service[] = [];
  for (let at: Service | undefined = service; at !== undefined; at = before.get(at))
    path.unshift(at);
  return path;
}
