// Asynchronous things in synchronous services: what types forbid, for those who have none, and what only the table can tell.
import { nameOf } from '../modifiers.ts';
import { fault } from './faults.ts';
import type { Fault } from './faults.ts';
import { isAsyncFunction } from './make-service.ts';
import { ALIAS, SCOPED, SINGLETON, TRANSIENT, behind } from './service.ts';
import type { Service } from './service.ts';

/** Faults of services that are there at once and yet have to wait. */
export function findAsyncInSync(services: readonly Service[], faults: Fault[]): void {
  for (const service of services) {
    if (service.isAsync || isAwaitedAtStart(service)) continue;
    const { name, binding } = service;
    if (isAsyncFunction(binding.make)) {
      const text = `${name} has an asynchronous factory, but nothing awaits it: make its token an asyncToken`;
      faults.push(fault('ASYNC_IN_SYNC', text, [name], binding.origin));
    }
    for (const { need, to } of service.links) {
      const target = to[0];
      if (need.isAll || need.isLazy || target === undefined || !behind(target).isAsync) continue;
      const path = [name, nameOf(need.token, need.key)];
      const text = `${name} is there at once, but ${path[1]} has to be awaited: make ${name} an asyncToken too, or take lazy(${path[1]})`;
      faults.push(fault('ASYNC_IN_SYNC', text, path, binding.origin));
    }
  }
}

// An eager singleton may wait for anything; what is given rather than made waits for nothing.
function isAwaitedAtStart(service: Service): boolean {
  const { life, binding } = service;
  if (life === SINGLETON) return binding.start === 'eager';
  return life !== SCOPED && life !== TRANSIENT && life !== ALIAS;
}
