// The table of a container: which service stands behind a token, after overrides, with the parent's below its own.
// Invariant: what the container defines comes before what its parent has; of a multi token both count, the parent's first. The
// parent's singletons and values are its own services, all else of the parent is made anew, to be linked in this view.
import type { Binding, DefinitionData, OverrideEntry } from '../binding/binding.ts';
import { builtIns } from '../built-in.ts';
import type { Key } from '../modifiers.ts';
import type { AnyToken, Token } from '../token.ts';
import { fault } from './faults.ts';
import type { Fault } from './faults.ts';
import { givenBinding, makeBuiltIn, makeService } from './make-service.ts';
import type { Owner } from './make-service.ts';
import { BUILT_IN, SINGLETON, VALUE } from './service.ts';
import type { Service } from './service.ts';

/** Services by token and key. */
export class Table {
  readonly #single = new Map<AnyToken, Map<Key | undefined, Service>>();
  readonly #many = new Map<AnyToken, Service[]>();
  /** Every service, in the order of definition, the parent's first; built-in ones last, when they were asked for. */
  readonly services: Service[] = [];
  readonly #owner: Owner;

  constructor(owner: Owner) {
    this.#owner = owner;
  }

  /** The service of a token (with a key); built-in ones come into being when they are looked for. */
  find(token: AnyToken, key?: Key): Service | undefined {
    const found = this.#single.get(token)?.get(key);
    if (found !== undefined || key !== undefined) return found;
    const builtIn = builtIns.get(token as Token<unknown>);
    if (builtIn === undefined || builtIn === 'server') return undefined;
    const service = makeBuiltIn(token as Token<unknown>, builtIn, this.#owner);
    this.add(service);
    return service;
  }

  /** The services of a multi token. */
  findAll(token: AnyToken): readonly Service[] {
    return this.#many.get(token) ?? [];
  }

  /** Adds a service, in the place of one that has its token and key. */
  add(service: Service): void {
    const { token, key } = service.binding;
    if (token.kind === 'multi') {
      const list = this.#many.get(token);
      if (list === undefined) this.#many.set(token, [service]);
      else list.push(service);
    } else {
      let keys = this.#single.get(token);
      if (keys === undefined) this.#single.set(token, (keys = new Map<Key | undefined, Service>()));
      const earlier = keys.get(key);
      if (earlier !== undefined) this.services.splice(this.services.indexOf(earlier), 1);
      keys.set(key, service);
    }
    this.services.push(service);
  }

  /** Removes all services of a multi token. */
  clear(token: AnyToken): void {
    for (const service of this.findAll(token)) {
      this.services.splice(this.services.indexOf(service), 1);
    }
    this.#many.delete(token);
  }

  /** The names that are provided. */
  names(): string[] {
    return this.services.map(({ name }) => name);
  }
}

/** Fills the table of a container.
 * @param overrides  of its options; they come after those of the definition
 * @param given      values that the container was given from outside
 * @param faults     overrides of what nobody provides are put here */
export function fillTable(
  definition: DefinitionData,
  overrides: readonly OverrideEntry[],
  given: ReadonlyMap<Token<unknown>, unknown>,
  parent: Table | undefined,
  owner: Owner,
  faults: Fault[],
): Table {
  const table = new Table(owner);
  for (const service of parent?.services ?? []) {
    if (service.life === BUILT_IN) continue;
    const isShared = service.life === SINGLETON || service.life === VALUE;
    table.add(isShared ? service : makeService(service.binding, service.name, owner));
  }
  for (const [token, value] of given) {
    table.add(makeService(givenBinding(token, value), token.name, owner));
  }
  const all: OverrideEntry[] = [];
  for (const entry of definition.entries) {
    if ('binding' in entry) addBinding(table, entry.binding, owner);
    else all.push(entry.override);
  }
  for (const override of [...all, ...overrides]) applyOverride(table, override, owner, faults);
  return table;
}

function addBinding(table: Table, binding: Binding, owner: Owner): void {
  const isMany = binding.token.kind === 'multi';
  const name = isMany ? `${binding.name}[${table.findAll(binding.token).length}]` : binding.name;
  table.add(makeService(binding, name, owner));
}

function applyOverride(
  table: Table,
  { token, key, instead, origin }: OverrideEntry,
  owner: Owner,
  faults: Fault[],
): void {
  const isMany = token.kind === 'multi';
  const earlier = isMany ? table.findAll(token)[0] : table.find(token, key);
  if (earlier === undefined && !isMany) {
    const name = instead[0]?.name ?? token.name;
    faults.push(fault('MISSING', `${name} is overridden, but nobody provides it`, [name], origin));
    return;
  }
  const replaced = earlier?.binding.lifetime ?? 'singleton';
  if (isMany) table.clear(token);
  for (const binding of instead) {
    const lifetime = binding.lifetime ?? MADE_AS[replaced];
    addBinding(table, { ...binding, lifetime, wasSeed: replaced === 'seed' }, owner);
  }
}

// A factory in the place of something that was not made.
const MADE_AS = {
  value: 'singleton',
  alias: 'singleton',
  seed: 'scoped',
  singleton: 'singleton',
  scoped: 'scoped',
  transient: 'transient',
} as const;
