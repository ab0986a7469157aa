// How long things stay at the remote tier.
// Invariant: an epoch outlives every entry it makes invalid, whichever process wrote either, and also over restarts.
import type { Envelope } from '../envelope/envelope.ts';
import type { Core } from './core.ts';
import { lifeIn } from './job.ts';

const DAY = 86_400_000;

/** The longest an entry stays at the remote tier without being written again, ms, also one that never expires. */
const LONGEST_STAY: number = 30 * DAY;

/** How long the remote tier remembers an invalidation, ms: longer than any entry, with a day for clocks that differ. */
export const EPOCH_LIFE: number = LONGEST_STAY + DAY;

/** Physical life of an entry at the remote tier from now, ms. */
export function remoteLife(core: Core, envelope: Envelope): number {
  return Math.min(lifeIn(core, envelope, envelope.remoteTtl), LONGEST_STAY);
}
