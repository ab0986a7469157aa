// Links services to what they depend on, in the view of one table. Collects what is missing.
import { nearest } from '@catzilla/common';
import { nameOf } from '../modifiers.ts';
import type { Need } from '../modifiers.ts';
import type { Origin } from '../binding/binding.ts';
import { fault } from './faults.ts';
import type { Fault } from './faults.ts';
import { SINGLETON, VALUE, behind } from './service.ts';
import type { Link, Service } from './service.ts';
import type { Table } from './table.ts';
import { Server } from '../built-in.ts';

/** Links the services that this container made; shared ones of the parent are linked already.
 * @param levels  the names of the containers that the table holds, own first */
export function linkAll(
  table: Table,
  home: object,
  levels: readonly string[],
  faults: Fault[],
): void {
  // Built-in services join the list while it is walked.
  for (let i = 0; i < table.services.length; i++) {
    const service = table.services[i]!;
    if (isShared(service, home)) continue;
    const { needs, origin } = service.binding;
    service.links = needs.map((need) => linkOf(need, service.name, table, levels, faults, origin));
  }
}

/** Whether a service belongs to a parent container. */
export function isShared({ home: at, life }: Service, home: object): boolean {
  return at !== home && (life === SINGLETON || life === VALUE);
}

/** Links one dependency.
 * @param asker  who asks, for messages */
export function linkOf(
  need: Need,
  asker: string,
  table: Table,
  levels: readonly string[],
  faults: Fault[],
  origin?: Origin,
): Link {
  if (need.isAll) return { need, to: table.findAll(need.token) };
  const found = table.find(need.token, need.key);
  if (found !== undefined) return { need, to: [found] };
  if (!need.isOptional) {
    const name = nameOf(need.token, need.key);
    const text = `${asker} needs ${name}, which nobody provides in ${levels.join(' or ')}${hintFor(need, name, table)}`;
    faults.push(fault('MISSING', text, [asker, name], origin));
  }
  return { need, to: [] };
}

/** The services that a factory is called with, where each dependency is simply one of them. */
export function plainOf({ links }: Service): readonly Service[] | undefined {
  const plain: Service[] = [];
  for (const { need, to } of links) {
    const target = to[0] && behind(to[0]);
    if (need.isAll || need.isLazy || need.isOptional || !target || target.isAsync) return undefined;
    plain.push(target);
  }
  return plain;
}

function hintFor(need: Need, name: string, table: Table): string {
  if (need.token === Server) return ': it is there only inside Fastify';
  const names = table.names();
  if (names.includes(name))
    return `: another token of this name is, and tokens are told apart by identity`;
  const guess = nearest(name, names);
  return guess === undefined ? '' : `, did you mean ${guess}?`;
}
