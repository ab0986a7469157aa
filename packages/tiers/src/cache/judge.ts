// Whether an entry may be given: by its times, and by the epochs of its tags and namespaces.
// Invariant: dead wins over stale; an entry created at or after an epoch is not touched by it.
import { FLAG } from '../envelope/envelope.ts';
import type { Envelope } from '../envelope/envelope.ts';
import { tagEpochName } from '../tags/epochs.ts';
import type { Epochs } from '../tags/epochs.ts';

/** What an entry is good for now. */
export type Verdict = 'fresh' | 'stale' | 'dead';

/** Judges an entry read from a tier below memory.
 * @param namespaces  names of the epochs of its namespaces */
export function judge(
  envelope: Envelope,
  namespaces: readonly string[],
  epochs: Epochs,
  now: number,
): Verdict {
  if (now >= envelope.graceUntil || (envelope.flags & FLAG.tombstone) !== 0) return 'dead';
  if (isInvalid(envelope.created, envelope.tags, namespaces, epochs)) return 'dead';
  return now >= envelope.expiresAt || isSoft(envelope, epochs) ? 'stale' : 'fresh';
}

/** Judges an entry of memory, where the engine has already refused what is dead by a tag or namespace. HOT */
export function judgeMemory(envelope: Envelope, epochs: Epochs, now: number): Verdict {
  if (now < envelope.expiresAt) {
    return epochs.hasSoft && isSoft(envelope, epochs) ? 'stale' : 'fresh';
  }
  return now < envelope.graceUntil ? 'stale' : 'dead';
}

/** Whether something of this stamp, with these tags, was invalidated for good. */
export function isInvalid(
  created: number,
  tags: readonly string[],
  namespaces: readonly string[],
  epochs: Epochs,
): boolean {
  for (const tag of tags) if (epochs.hard(tagEpochName(tag)) > created) return true;
  for (const name of namespaces) if (epochs.hard(name) > created) return true;
  return false;
}

/** The moment from which an entry is stale, ms since the epoch: the end of its ttl, or a soft invalidation before it. */
export function staleFrom(envelope: Envelope, epochs: Epochs): number {
  return Math.min(envelope.expiresAt, softFrom(envelope, epochs));
}

function isSoft(envelope: Envelope, epochs: Epochs): boolean {
  return softFrom(envelope, epochs) !== Infinity;
}

// Stamps are microseconds.
function softFrom(envelope: Envelope, epochs: Epochs): number {
  let from = Infinity;
  for (const tag of envelope.tags) {
    const stamp = epochs.soft(tagEpochName(tag));
    if (stamp > envelope.created && stamp / 1000 < from) from = stamp / 1000;
  }
  return from;
}
