// What a tier below memory says of a key, judged and counted.
import type { TierName } from '../entry.ts';
import { FLAG } from '../envelope/envelope.ts';
import type { Envelope, EnvelopeFault } from '../envelope/envelope.ts';
import { makeItem } from '../memory/item.ts';
import type { Item } from '../memory/item.ts';
import type { Core } from './core.ts';
import { judge } from './judge.ts';
import type { View } from './view.ts';

/** An entry found below memory. */
export interface Found {
  readonly item: Item;
  readonly tier: TierName;
  readonly isStale: boolean;
}

/** The key has no value of before this stamp: what a lower tier has is good only if it is newer. */
export interface Deleted {
  readonly deletedAt: number;
}

/** What one tier said of a key; undefined: it has nothing, or could not be asked. */
export type Answer = Found | Deleted | undefined;

/** The key has no value, whatever lower tiers have. */
export const GONE: Deleted = Object.freeze({ deletedAt: Infinity });

/** Tells an entry from what is none. */
export function isFound(answer: Answer): answer is Found {
  return answer !== undefined && 'item' in answer;
}

/** Judges an envelope, counts it, and takes its stamp into account. */
export function decide(
  core: Core,
  view: View,
  envelope: Envelope,
  tier: 'remote' | 'disk',
): Answer {
  core.clock.witness(envelope.created);
  const counters = core.counters[tier];
  const verdict = judge(envelope, view.epochNames, core.epochs, core.clock.now());
  if (verdict === 'dead') {
    counters.misses++;
    return (envelope.flags & FLAG.tombstone) === 0 ? undefined : { deletedAt: envelope.created };
  }
  const answer = found(core, envelope, tier, verdict === 'stale');
  counters[answer === undefined ? 'misses' : 'hits']++;
  return answer;
}

/** The entry of an envelope; undefined when its codec cannot read it.
 * @param isStale  default: by its ttl alone */
export function found(
  core: Core,
  envelope: Envelope,
  tier: TierName,
  isStale: boolean = core.clock.now() >= envelope.expiresAt,
): Found | undefined {
  try {
    return { item: makeItem(envelope, core.format, core.settings.onRead), tier, isStale };
  } catch {
    if (tier !== 'memory') core.counters[tier].corrupt++; // a codec that cannot read its own bytes
    return undefined;
  }
}

/** Counts bytes that are no envelope of ours, or damaged. */
export function countFault(
  core: Core,
  view: View,
  key: string,
  tier: 'remote' | 'disk',
  fault: EnvelopeFault,
): void {
  core.counters[tier][fault === 'corrupt' ? 'corrupt' : 'foreign']++;
  if (fault !== 'corrupt' || !core.events.has('corrupt')) return;
  core.events.emit('corrupt', { key, namespace: view.ns, tier });
}
