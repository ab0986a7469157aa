// How connections end when the application closes: told in small groups, so that the clients do not all come back in one moment,
// and cut off when their time is over.
// Invariant: once it is done, every connection has ended or was cut off.

/** One that is to end. */
export interface Leaving {
  close(reason: 'shutdown'): void;
  /** At once, whatever has not been read. Idempotent. */
  terminate(): void;
}

/** The longest that a client is asked to wait before it comes back, in ms, beyond the time that closing takes. */
const SPREAD = 4_000;
/** ms between two groups. */
const STEP = 20;
/** Share of the time in which all are told; the rest is theirs to read it and to answer. */
const TELLING = 0.5;

/**
 * Ends all connections.
 * @param connections  those that live: a set that each leaves by itself once it has ended
 * @param closeDelay   ms until what is left is cut off; 0: at once
 */
export async function sayGoodbye(
  connections: ReadonlySet<Leaving>,
  closeDelay: number,
): Promise<void> {
  const start = performance.now();
  const end = start + closeDelay;
  const leaving = [...connections];
  let told = 0;
  while (told < leaving.length) {
    if (told > 0) await pause(STEP);
    // By the clock, not by the step: on a busy machine steps are longer.
    const share = (performance.now() - start + STEP) / (closeDelay * TELLING);
    const due = Math.ceil(leaving.length * Math.min(1, share));
    for (; told < due; told++) {
      const one = leaving[told]!;
      if (connections.has(one)) one.close('shutdown');
    }
  }
  while (connections.size > 0 && performance.now() < end) await pause(STEP);
  for (const one of connections) one.terminate();
}

/** ms after which a client may come back: a random time, when the next process may be there. */
export function retryAfter(closeDelay: number): number {
  return Math.round(closeDelay + Math.random() * SPREAD);
}

// A timer that holds the process: what is closing has to end.
function pause(time: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, time));
}
