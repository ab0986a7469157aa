// Walks through the keys of a scope: those in memory, and those of the lowest tier that knows more.
// Invariant: other work goes on meanwhile. What only the memory of another instance has is not met.
import { setImmediate as pause } from 'node:timers/promises';
import { engineKey, keyScope, pathOf } from './key/primary-key.ts';
import type { Origin } from './remove-target.ts';
import type { Scope } from './scope.ts';

/** Keys looked at between two pauses. */
const SLICE = 2_000;

/** Keys of a scope, as the cache has them; each once at least. */
export async function* walk(scope: Scope): AsyncGenerator<string> {
  const { prefix } = keyScope(scope.settings.namespace, undefined);
  let seen = 0;
  for await (const key of scope.tiered.keys({ prefix, tier: 'memory' })) {
    if (++seen % SLICE === 0) await pause();
    yield key;
  }
  // By pages of the tier, so it pauses by itself.
  if (scope.below !== undefined) yield* scope.tiered.keys({ prefix });
}

/** The hosts that can have entries: those of the option, else those that stand in keys. */
export async function knownOrigins(scope: Scope): Promise<Iterable<Origin>> {
  const origins = new Map<string, Origin>();
  const { hosts } = scope.settings;
  const add = (scheme: string, host: string): void => {
    origins.set(`${scheme}|${host}`, { scheme, host });
  };
  // A host without a port stands for any port, so only keys can tell.
  if (hosts !== undefined && [...hosts].every((host) => /:\d+$/.test(host))) {
    for (const host of hosts) for (const scheme of ['http', 'https']) add(scheme, host);
    return origins.values();
  }
  const { prefix } = keyScope(scope.settings.namespace, undefined);
  for await (const key of walk(scope)) {
    const [scheme, host] = key.slice(prefix.length).split('|', 2);
    if (scheme !== undefined && host !== undefined) add(scheme, host);
  }
  return origins.values();
}

/** Path of a key of the cache: primary, variant (after a line feed), or hashed (after a zero character): then it is read from
 * what is stored, in whatever tier. */
export async function pathOfKey(scope: Scope, key: string): Promise<string | undefined> {
  const full = key.includes('\u0000') ? await scope.fullKeyOf(key) : key;
  if (full === undefined || engineKey(full) !== key) return undefined;
  const target = full.split('|').slice(4).join('|');
  const end = target.indexOf('\n');
  return pathOf(end === -1 ? target : target.slice(0, end));
}
