// When a schedule of `every` runs next.
// Invariant: after a pause of any length there is one run, not one for each that was missed, and the offset of the slots stays.

/** @property nextMillis  epoch ms
 *  @property offset  ms by which its slots lie behind the multiples of `every` */
export interface Slot {
  readonly nextMillis: number;
  readonly offset: number;
}

/** The slot after the last one.
 * @param previous  epoch ms of the last, undefined when there is none
 * @param every  ms between two
 * @param offset  ms, 0 when it is not known yet
 * @param startDate  epoch ms before which none is, undefined for now */
export function everySlot(
  previous: number | undefined,
  every: number,
  now: number,
  offset: number,
  startDate: number | undefined,
): Slot {
  const next =
    previous === undefined
      ? firstSlot(every, now, offset, startDate)
      : followingSlot(previous, every, now, offset);
  const known = offset === 0 ? next - Math.floor(next / every) * every : offset;
  return { nextMillis: Math.floor(next), offset: Math.floor(known) };
}

function firstSlot(
  every: number,
  now: number,
  offset: number,
  startDate: number | undefined,
): number {
  if (startDate !== undefined) return Math.max(startDate, now);
  if (offset <= 0) return now;
  return alignedAfter(every, now, offset);
}

function followingSlot(previous: number, every: number, now: number, offset: number): number {
  const next = previous + every;
  return next < now ? alignedAfter(every, now, offset) : next;
}

function alignedAfter(every: number, now: number, offset: number): number {
  const aligned = Math.floor(now / every) * every + offset;
  return aligned <= now ? aligned + every : aligned;
}
