// Demotion: what memory evicts goes down to the tiers that are written as 'victim', if it was read often enough (the engine
// counts) and is still fresh. Looked for now and then, in batches; what the engine's ring cannot hold is lost, which harms
// nothing but the next read.
import { createdOf, isTombstone, readEnvelope } from '../envelope/decode.ts';
import type { Envelope } from '../envelope/envelope.ts';
import { namespaceChain, splitName } from '../memory/names.ts';
import { track } from './core.ts';
import type { Core } from './core.ts';
import { takes } from './job.ts';
import { judge } from './judge.ts';
import { pendingOf } from './pending.ts';
import { fillRemote } from './remote-side.ts';
import { namespaceEpochName } from '../tags/epochs.ts';

const DEMOTE_EVERY = 100;

/** Begins to demote.
 * @returns a function that ends it */
export function startDemoting(core: Core): () => void {
  const timer = setInterval(() => demoteEvicted(core), DEMOTE_EVERY).unref();
  return () => clearInterval(timer);
}

/** Demotes what was evicted since the last call. */
function demoteEvicted(core: Core): void {
  for (const { name, bytes } of core.memory.drainEvicted()) {
    const envelope = readEnvelope(bytes, { verify: false });
    if (typeof envelope === 'string') continue;
    const [ns, key] = splitName(name);
    const chain = namespaceChain(ns).map(namespaceEpochName);
    if (judge(envelope, chain, core.epochs, core.clock.now()) !== 'fresh') continue;
    track(core, demote(core, ns, key, name, envelope));
  }
}

async function demote(
  core: Core,
  ns: string,
  key: string,
  name: string,
  envelope: Envelope,
): Promise<void> {
  const { remote, disk, counters, events } = core;
  const pending = pendingOf(ns, { key, envelope, compress: true });
  const goesToRemote = remote?.mode === 'victim' && takes(envelope, 'remote');
  if (goesToRemote && (await fillRemote(core, pending, undefined)) === 'ok') {
    counters.remote.demotions++;
    if (events.has('demote')) events.emit('demote', { key, to: 'remote' });
  }
  if (disk?.mode !== 'victim' || !takes(envelope, 'disk')) return;
  if (await isOnDisk(core, name, envelope.created)) return;
  disk.queue.put(name, pending);
  counters.disk.demotions++;
  if (events.has('demote')) events.emit('demote', { key, to: 'disk' });
}

async function isOnDisk(core: Core, name: string, created: number): Promise<boolean> {
  try {
    const bytes = await core.disk?.store.get(name);
    return bytes !== undefined && createdOf(bytes) === created && !isTombstone(bytes);
  } catch {
    return false; // unreadable: written anew
  }
}
