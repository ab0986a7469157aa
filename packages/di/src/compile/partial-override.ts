// Parent singletons that keep the parent's service though the child has its own: right, but easily a surprise.
import { warning } from './faults.ts';
import type { Fault } from './faults.ts';
import { SINGLETON } from './service.ts';
import type { Service } from './service.ts';
import type { Table } from './table.ts';
import { isPassage, reach } from './walk.ts';

/** One warning for each pair of a parent singleton and a token that the child provides anew.
 * @returns the singletons, for the graph to mark */
export function findPartialOverrides(
  own: Table,
  shared: readonly Service[],
  warnings: Fault[],
): ReadonlySet<Service> {
  const partial = new Set<Service>();
  for (const singleton of shared) {
    if (singleton.life !== SINGLETON) continue;
    reach(
      singleton,
      () => true,
      isPassage,
      (used, pathTo) => {
        const { token, key } = used.binding;
        if (token.kind === 'multi') return;
        const mine = own.find(token, key);
        if (mine === undefined || mine.binding === used.binding) return;
        partial.add(singleton);
        const path = pathTo().map(({ name }) => name);
        const text = `${singleton.name} of ${singleton.owner} keeps the ${used.name} of ${used.owner}, though ${mine.owner} has its own: ${path.join(' -> ')}`;
        warnings.push(warning('PARTIAL_OVERRIDE', text, path, mine.binding.origin));
      },
    );
  }
  return partial;
}
