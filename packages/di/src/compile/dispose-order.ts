// Disposers that would find a dependency gone: one that runs after the response, of a service that strictly depends on one
// whose disposer runs when the handler has settled.
import { fault } from './faults.ts';
import type { Fault } from './faults.ts';
import { SCOPED, SINGLETON, TRANSIENT } from './service.ts';
import type { Service } from './service.ts';
import { isStrict, reach } from './walk.ts';

/** One fault for each such pair. */
export function findDisposeOrder(services: readonly Service[], faults: Fault[]): void {
  for (const late of services) {
    if (!isReleased(late) || late.disposeAt !== 'response') continue;
    reach(
      late,
      isStrict,
      ({ life }) => life !== SINGLETON,
      (early, pathTo) => {
        if (!isReleased(early) || early.disposeAt !== 'handler') return;
        const path = pathTo().map(({ name }) => name);
        const text = `the disposer of ${late.name} runs after the response, but ${early.name}, which it depends on, is disposed when the handler has settled: ${path.join(' -> ')}`;
        faults.push(fault('DISPOSE_ORDER', text, path, late.binding.origin));
      },
    );
  }
}

// Whether an instance has a method to dispose it only shows at run time: such services are left out.
function isReleased({ life, disposal }: Service): boolean {
  const isOfScope = life === SCOPED || life === TRANSIENT;
  return isOfScope && (disposal === 'function' || disposal === 'generator');
}
