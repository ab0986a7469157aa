// What a singleton must not hold: scoped services and seeds, which end before it, and transients with a disposer, which nobody
// would own. Looked for through transients, aliases, multi tokens and lazy dependencies; another singleton answers for itself.
import { fault } from './faults.ts';
import type { Fault } from './faults.ts';
import { BUILT_IN, SCOPED, SEED, SINGLETON, TRANSIENT } from './service.ts';
import type { Service } from './service.ts';
import { isPassage, reach } from './walk.ts';

const SCOPED_BUILT_INS = new Set(['request', 'reply', 'info']);

/** Whether an instance belongs to one scope. */
export function isScoped({ life, builtIn }: Service): boolean {
  if (life === BUILT_IN) return SCOPED_BUILT_INS.has(builtIn!);
  return life === SCOPED || life === SEED;
}

/** Whether a transient instance has to be released by somebody, as far as its definition tells. */
export function needsOwner({ life, disposal }: Service): boolean {
  return life === TRANSIENT && (disposal === 'function' || disposal === 'generator');
}

/** One fault for each pair of a singleton and what it must not hold. */
export function findCaptives(singletons: readonly Service[], faults: Fault[]): void {
  for (const singleton of singletons) {
    if (singleton.life !== SINGLETON) continue;
    reach(
      singleton,
      () => true,
      isPassage,
      (held, pathTo) => {
        if (!isScoped(held) && !needsOwner(held)) return;
        const path = pathTo().map(({ name }) => name);
        const { origin } = singleton.binding;
        const shown = path.join(' -> ');
        if (isScoped(held)) {
          const text = `the singleton ${singleton.name} would keep ${held.name}, which belongs to one scope: ${shown}; make it scoped, or give it ScopeFactory`;
          faults.push(fault('CAPTIVE', text, path, origin));
        } else {
          const text = `the singleton ${singleton.name} would own the transient ${held.name}, whose disposer runs at the end of a scope: ${shown}; make ${held.name} a singleton, or give it no disposer`;
          faults.push(fault('TRANSIENT_OWNER', text, path, origin));
        }
      },
    );
  }
}
