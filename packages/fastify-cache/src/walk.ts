// Walks through the keys of a scope: those in memory, and those of the tiers below.
// Invariant: other work goes on meanwhile. What only the memory or the disk of another instance has is not met.
import { setImmediate as pause } from 'node:timers/promises';
import { engineKey, keyScope, pathOf } from './key/primary-key.ts';
import type { Origin } from './key/origin.ts';
import type { Scope } from './scope.ts';

/** Keys looked at between two pauses. */
const SLICE = 2_000;

/** Keys of a scope, as the cache has them; each once at least.
 * @param prefix  what they begin with. Default: all of the scope's namespace */
export async function* walk(
  scope: Scope,
  prefix: string = prefixOf(scope),
): AsyncGenerator<string> {
  let seen = 0;
  for await (const key of scope.tiered.keys({ prefix, tier: 'memory' })) {
    if (++seen % SLICE === 0) await pause();
    yield key;
  }
  // By pages of the tier, so it pauses by itself. Both, for a route may keep its responses in one of them alone.
  for (const tier of ['remote', 'disk'] as const) {
    if (scope.states[tier] !== 'off') yield* scope.tiered.keys({ prefix, tier });
  }
}

/** The hosts that can have entries: those of the option, else those that stand in keys. */
export async function knownOrigins(scope: Scope): Promise<readonly Origin[]> {
  const origins = new Map<string, Origin>();
  const { hosts } = scope.settings;
  const add = (scheme: string, host: string): void => {
    origins.set(`${scheme}|${host}`, { scheme, host });
  };
  // A host without a port stands for any port, so only keys can tell.
  if (hosts !== undefined && [...hosts].every((host) => /:\d+$/.test(host))) {
    for (const host of hosts) for (const scheme of ['http', 'https']) add(scheme, host);
    return [...origins.values()];
  }
  const { length } = prefixOf(scope);
  for await (const key of walk(scope)) {
    const [scheme, host] = key.slice(length).split('|', 2);
    if (scheme !== undefined && host !== undefined) add(scheme, host);
  }
  return [...origins.values()];
}

/** Path of a key of the cache: primary, variant (after a line feed), or hashed (after a zero character): then it is read from
 * what is stored, in whatever tier. */
export async function pathOfKey(scope: Scope, key: string): Promise<string | undefined> {
  const full = await fullKey(scope, key);
  if (full === undefined || engineKey(full) !== key) return undefined;
  const target = full.split('|').slice(4).join('|');
  const end = target.indexOf('\n');
  return pathOf(end === -1 ? target : target.slice(0, end));
}

/** Keys of every variant behind some primary keys, also of those that no index lists: two instances or threads that store at
 * one time may each lose one of the other's.
 * @param primary  full primary keys */
export async function* variantKeys(
  scope: Scope,
  primary: ReadonlySet<string>,
): AsyncGenerator<string> {
  const [first = ''] = primary;
  // What hashed keys begin with is shorter than what plain ones do.
  const prefix = primary.size === 1 ? engineKey(first).split('\0', 1)[0]!.slice(0, 256) : undefined;
  for await (const key of walk(scope, prefix)) {
    const full = await fullKey(scope, key);
    const end = full?.indexOf('\n') ?? -1;
    if (full !== undefined && end !== -1 && primary.has(full.slice(0, end))) yield key;
  }
}

async function fullKey(scope: Scope, key: string): Promise<string | undefined> {
  return key.includes('\u0000') ? scope.fullKeyOf(key) : key;
}

function prefixOf(scope: Scope): string {
  return keyScope(scope.settings.namespace, undefined).prefix;
}
