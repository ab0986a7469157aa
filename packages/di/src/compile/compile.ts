// Compiles a definition: table, links, every fault there is, then slots and ranks. Nothing is made, nothing runs.
// Invariant: all faults are looked for before one is reported, each check over the whole graph, so that one start shows them all.
// Kinds of faults have a file each; which error they become is left to the container.
import type { DefinitionData, OverrideEntry } from '../binding/binding.ts';
import type { InjectionSite } from '../types.ts';
import type { AnyToken, Token } from '../token.ts';
import { findAsyncInSync } from './async-in-sync.ts';
import { findCaptives } from './captive.ts';
import { findCycles, findLazyCycles } from './cycle.ts';
import { findDisposeOrder } from './dispose-order.ts';
import { warning } from './faults.ts';
import type { Fault } from './faults.ts';
import { isShared, linkAll, plainOf } from './link.ts';
import { findPartialOverrides } from './partial-override.ts';
import { rankAll } from './rank.ts';
import { checkSite, needsOfSite } from './scope-kind.ts';
import { SCOPED, SEED, SINGLETON, behind } from './service.ts';
import type { Service } from './service.ts';
import { fillTable } from './table.ts';
import type { Table } from './table.ts';
import { isPassage, isStrict, reach } from './walk.ts';

/** A compiled container. */
export interface Plan {
  readonly table: Table;
  /** What stands behind plain tokens, for `get`. */
  readonly direct: Map<AnyToken, Service>;
  /** Names of the container and its parents, own first. */
  readonly levels: readonly string[];
  readonly faults: readonly Fault[];
  readonly warnings: readonly Fault[];
  /** Services that this container makes and counts, in the order of definition. */
  readonly own: readonly Service[];
  /** Slots of the root frame: own singletons. */
  readonly rootSlots: number;
  /** Slots of a scope: scoped services and seeds. */
  readonly scopeSlots: number;
  /** Whether some disposer runs when a handler has settled. */
  readonly hasHandlerDisposers: boolean;
  /** Singletons of a parent that keep a service which this container has anew. */
  readonly partial: ReadonlySet<Service>;
}

/** What is compiled. */
export interface CompileInput {
  readonly definition: DefinitionData;
  readonly overrides: readonly OverrideEntry[];
  readonly given: ReadonlyMap<Token<unknown>, unknown>;
  readonly sites: readonly InjectionSite[];
  readonly parent: Plan | undefined;
  readonly name: string;
  /** Where the singletons will be kept. */
  readonly home: object;
}

/** Compiles; never throws for what is wrong with the graph. */
export function compile(input: CompileInput): Plan {
  const { definition, overrides, given, sites, parent, name, home } = input;
  const faults: Fault[] = [];
  const warnings: Fault[] = [];
  const owner = { name, home };
  const levels = [name, ...(parent?.levels ?? [])];
  const table = fillTable(definition, overrides, given, parent?.table, owner, faults);
  linkAll(table, home, levels, faults);
  for (const site of sites) checkSite(site, needsOfSite(site), table, levels, faults);
  const own = table.services.filter((service) => !isShared(service, home));
  const shared = table.services.filter((service) => isShared(service, home));
  findCycles(own, faults);
  findCaptives(own, faults);
  findAsyncInSync(own, faults);
  findDisposeOrder(own, faults);
  findLazyCycles(own, warnings);
  findSameNames(table, warnings);
  const partial = findPartialOverrides(table, parent === undefined ? [] : shared, warnings);
  rankAll(own);
  const slots = { root: 0, scope: 0 };
  for (const service of own) {
    service.plain = plainOf(service);
    if (service.life === SINGLETON) service.slot = slots.root++;
    else if (service.life === SCOPED || service.life === SEED) service.slot = slots.scope++;
  }
  promoteLazy(own, home);
  const direct = new Map<AnyToken, Service>();
  for (const service of table.services) {
    const { token, key } = service.binding;
    if (key === undefined && token.kind !== 'multi') direct.set(token, behind(service));
  }
  return {
    table,
    direct,
    levels,
    faults,
    warnings,
    own,
    rootSlots: slots.root,
    scopeSlots: slots.scope,
    hasHandlerDisposers: own.some(
      ({ disposal, disposeAt }) => disposal !== 'none' && disposeAt === 'handler',
    ),
    partial,
  };
}

/** The singletons that have to be there before one of them can be made: its own and those of transients on the way. */
export function neededBy(singleton: Service): Service[] {
  const needed = new Set<Service>();
  reach(singleton, isStrict, isPassage, (service) => {
    if (service.life === SINGLETON) needed.add(service);
  });
  return [...needed];
}

// What an eager singleton needs cannot wait until somebody asks for it.
function promoteLazy(services: readonly Service[], home: object): void {
  const queue = services.filter(({ isEager }) => isEager);
  for (const service of queue) {
    for (const needed of neededBy(service)) {
      if (needed.isEager || needed.home !== home) continue;
      needed.isEager = true;
      queue.push(needed);
    }
  }
}

function findSameNames(table: Table, warnings: Fault[]): void {
  const tokens = new Map<string, AnyToken>();
  for (const { binding } of table.services) {
    const { name } = binding.token;
    const earlier = tokens.get(name);
    if (earlier === undefined) tokens.set(name, binding.token);
    else if (earlier !== binding.token) {
      const text = `two tokens are called ${name}: they are told apart by identity, but messages and graphs show them alike`;
      warnings.push(warning('SAME_NAME', text, [name], binding.origin));
    }
  }
}
