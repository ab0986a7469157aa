// Whether errors come so often that they are no accident: 16 within 60 s.

const LIMIT = 16;
const SPAN = 60_000;

/** Counts errors. Call it at each of them.
 * @returns whether this one makes too many */
export function errorWindow(): (now: number) => boolean {
  const times: number[] = [];
  return (now) => {
    times.push(now);
    if (times.length > LIMIT) times.shift();
    return times.length === LIMIT && now - (times[0] ?? 0) <= SPAN;
  };
}
