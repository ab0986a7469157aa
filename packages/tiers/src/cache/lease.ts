// Bytes of a value in memory without a copy: the engine's lease, past the envelope's head.
// Invariant: whoever gets a leased entry owns the lease; whatever is not handed out is released here.
import { readEnvelope } from '../envelope/decode.ts';
import { FLAG } from '../envelope/envelope.ts';
import type { LeasedEntry } from '../tiered-cache.ts';
import type { Core } from './core.ts';
import { judgeMemory, staleFrom } from './judge.ts';
import type { View } from './view.ts';

/** Leases a value; counts nothing. */
export function leaseEntry(core: Core, view: View, key: string): LeasedEntry | undefined {
  const name = view.names.of(key);
  const isTimed = core.lookUps.isDue();
  const began = isTimed ? performance.now() : 0;
  const lease = core.memory.cache?.lease(name);
  if (isTimed) core.lookUps.record(began);
  if (lease === undefined) return undefined;
  const envelope = readEnvelope(lease.bytes, { verify: false });
  const isBytes = typeof envelope !== 'string' && core.format.isBytes(envelope);
  const verdict = isBytes ? judgeMemory(envelope, core.epochs, core.clock.now()) : 'dead';
  if (!isBytes || verdict === 'dead') {
    lease.release();
    return undefined;
  }
  return {
    value: envelope.payload,
    tier: 'memory',
    created: envelope.created,
    expiresAt: verdict === 'stale' ? staleFrom(envelope, core.epochs) : envelope.expiresAt,
    graceUntil: envelope.graceUntil,
    stale: verdict === 'stale',
    tags: envelope.tags,
    meta: envelope.meta,
    size: envelope.payload.length,
    cost: envelope.cost,
    negative: (envelope.flags & FLAG.negative) !== 0,
    copied: lease.copied,
    release: () => lease.release(),
    [Symbol.dispose]: () => lease.release(),
  };
}
