// Listing keys of a namespace in one tier: the one that knows most, unless another is asked for.
import type { TierName } from '../entry.ts';
import { errors } from '../errors.ts';
import { isTombstone } from '../envelope/decode.ts';
import { joinName, splitName } from '../memory/names.ts';
import { checkTiers } from './entry-options.ts';
import type { Core } from './core.ts';
import type { View } from './view.ts';

/** Lists keys; each may come more than once, and those of entries that are past their time too. Ends early, without an
 * error, where the tier fails.
 * @throws CATZ_TIERS_OPTION */
export function listKeys(
  core: Core,
  view: View,
  prefix: string,
  tier: TierName | undefined,
): AsyncIterable<string> {
  if (typeof prefix !== 'string') {
    throw new errors.OPTION(`expected options.prefix to be a string, got ${typeof prefix}`);
  }
  if (tier !== undefined) checkTiers([tier], 'options.tier');
  const from = tier ?? (core.remote ? 'remote' : core.disk ? 'disk' : 'memory');
  if (from === 'remote') return remoteKeys(core, view, prefix);
  return from === 'disk' ? diskKeys(core, view, prefix) : memoryKeys(core, view, prefix);
}

async function* remoteKeys(core: Core, view: View, prefix: string): AsyncGenerator<string> {
  const { remote } = core;
  if (remote === undefined || !remote.guard.canRead) return;
  try {
    for await (const page of remote.store.scan(view.ns, prefix)) {
      for (const key of page) if (!remote.recovery.hides(view.ns, key)) yield key;
    }
  } catch {
    // The server went away meanwhile: its guard and health tell.
  }
}

async function* diskKeys(core: Core, view: View, prefix: string): AsyncGenerator<string> {
  if (core.disk === undefined) return;
  await core.disk.queue.drain(core.settings.deadline.disk);
  try {
    for await (const name of core.disk.store.scan(joinName(view.ns, prefix))) {
      const [ns, key] = splitName(name);
      if (ns !== view.ns) continue;
      const bytes = await core.disk.store.get(name);
      if (bytes !== undefined && !isTombstone(bytes)) yield key;
    }
  } catch {
    // The disk could not be read through: its state tells.
  }
}

async function* memoryKeys(core: Core, view: View, prefix: string): AsyncGenerator<string> {
  for (const name of core.memory.keys()) {
    const [ns, key] = splitName(name);
    if (ns === view.ns && key.startsWith(prefix)) yield key;
  }
}
