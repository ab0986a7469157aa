// An item as its readers see it. Plain objects, made anew for each reader: what changes with time (`stale`) is what it is now.
import type { Entry, TierName } from '../entry.ts';
import { FLAG } from '../envelope/envelope.ts';
import type { Envelope } from '../envelope/envelope.ts';
import { valueOf } from '../memory/item.ts';
import type { Item } from '../memory/item.ts';
import type { Core } from './core.ts';

/** Where an entry keeps what it was made of, for those who store it anew. */
const SOURCE: unique symbol = Symbol('catzilla.tiers.envelope');

interface SourcedEntry extends Entry {
  readonly [SOURCE]: Envelope;
}

/** Makes an entry for one reader. HOT: benchmarks/tiers */
export function entryOf(core: Core, item: Item, tier: TierName, isStale: boolean): Entry {
  const { envelope } = item;
  const entry: SourcedEntry = {
    value: valueOf(item, core.format),
    tier,
    created: envelope.created,
    expiresAt: envelope.expiresAt,
    graceUntil: envelope.graceUntil,
    stale: isStale,
    tags: envelope.tags,
    meta: envelope.meta,
    size: envelope.payload.length,
    cost: envelope.cost,
    negative: (envelope.flags & FLAG.negative) !== 0,
    [SOURCE]: envelope,
  };
  return entry;
}

/** What an entry was made of. */
export function envelopeOf(entry: Entry): Envelope {
  return (entry as SourcedEntry)[SOURCE];
}
