// An item as its readers see it. `stale` is what it is now: one object serves all who read a shared value of memory while
// it is fresh, and is frozen for it; all others are made anew.
import type { Entry, TierName } from '../entry.ts';
import { FLAG } from '../envelope/envelope.ts';
import type { Envelope } from '../envelope/envelope.ts';
import { valueOf } from '../memory/item.ts';
import type { Item } from '../memory/item.ts';
import type { Core } from './core.ts';
import { staleFrom } from './judge.ts';

/** An entry that remembers what it was made of, for those who store it anew. */
class FoundEntry implements Entry {
  readonly value: unknown;
  readonly tier: TierName;
  readonly created: number;
  readonly expiresAt: number;
  readonly graceUntil: number;
  readonly stale: boolean;
  readonly tags: readonly string[];
  readonly meta: Readonly<Record<string, string>>;
  readonly size: number;
  readonly cost: number;
  readonly negative: boolean;
  readonly #envelope: Envelope;

  constructor(
    value: unknown,
    envelope: Envelope,
    { tier, expiresAt, isStale }: { tier: TierName; expiresAt: number; isStale: boolean },
  ) {
    this.value = value;
    this.tier = tier;
    this.created = envelope.created;
    this.expiresAt = expiresAt;
    this.graceUntil = envelope.graceUntil;
    this.stale = isStale;
    this.tags = envelope.tags;
    this.meta = envelope.meta;
    this.size = envelope.payload.length;
    this.cost = envelope.cost;
    this.negative = (envelope.flags & FLAG.negative) !== 0;
    this.#envelope = envelope;
  }

  static envelopeOf(entry: FoundEntry): Envelope {
    return entry.#envelope;
  }
}

/** Makes an entry for one reader. HOT: benchmarks/tiers */
export function entryOf(core: Core, item: Item, tier: TierName, isStale: boolean): Entry {
  if (tier === 'memory' && item.isShared && !isStale) {
    return (item.entry ??= Object.freeze(foundEntry(core, item, item.value, tier, false)));
  }
  return foundEntry(core, item, valueOf(item, core.format), tier, isStale);
}

function foundEntry(
  core: Core,
  { envelope }: Item,
  value: unknown,
  tier: TierName,
  isStale: boolean,
): FoundEntry {
  const expiresAt = isStale ? staleFrom(envelope, core.epochs) : envelope.expiresAt;
  return new FoundEntry(value, envelope, { tier, expiresAt, isStale });
}

/** What an entry of ours was made of. */
export function envelopeOf(entry: Entry): Envelope {
  return FoundEntry.envelopeOf(entry as FoundEntry);
}
