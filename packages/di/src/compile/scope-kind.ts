// Injection sites against the table: tokens that nobody provides, and seeds that scopes of the site's kind do not give.
import type { InjectionSite, ScopeKind } from '../types.ts';
import { nameOf, normalize } from '../modifiers.ts';
import type { Need } from '../modifiers.ts';
import { fault } from './faults.ts';
import type { Fault } from './faults.ts';
import { linkOf } from './link.ts';
import type { Link, Service } from './service.ts';
import type { Table } from './table.ts';
import { reach } from './walk.ts';

/** The kinds of scopes in which a built-in token has a value. */
const BUILT_IN_KINDS: Readonly<Record<string, readonly ScopeKind[]>> = {
  request: ['request', 'socket', 'message'],
  reply: ['request'],
};

/** Links what a site asks for, and puts what is wrong with it into `faults`. */
export function checkSite(
  site: InjectionSite,
  needs: readonly Need[],
  table: Table,
  levels: readonly string[],
  faults: Fault[],
): Link[] {
  const links = needs.map((need) => linkOf(need, site.where, table, levels, faults));
  for (const link of links) {
    if (link.need.isOptional) continue;
    for (const service of link.to) checkKinds(site, service, faults);
  }
  return links;
}

/** The dependencies of a site, taken apart; what is none of them is left out, for `inject` has refused it. */
export function needsOfSite({ tokens }: InjectionSite): Need[] {
  return tokens.map(normalize).filter((need) => need !== undefined);
}

function checkKinds(site: InjectionSite, service: Service, faults: Fault[]): void {
  const visit = (reached: Service, path: readonly Service[]): void => {
    const kinds = kindsOf(reached);
    if (kinds === undefined || kinds.includes(site.kind)) return;
    const names = [site.where, ...path.map(({ name }) => name)];
    const text = `${site.where} runs in scopes of kind ${site.kind}, but ${nameOf(reached.binding.token, reached.binding.key)} has a value only in those of kind ${kinds.join(', ')}: ${names.join(' -> ')}`;
    faults.push(fault('SCOPE_KIND', text, names, reached.binding.origin));
  };
  visit(service, [service]);
  // Optional dependencies are undefined where a seed has no value.
  reach(
    service,
    ({ need }) => !need.isOptional,
    () => true,
    (reached, path) => {
      if (kindsOf(reached) !== undefined) visit(reached, path());
    },
  );
}

function kindsOf({ binding, builtIn }: Service): readonly ScopeKind[] | undefined {
  return builtIn === undefined ? binding.kinds : BUILT_IN_KINDS[builtIn];
}
