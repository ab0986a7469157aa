// Says in the log when live channels become degraded, and when they are well again: clients are served all the same, so without a
// line nobody would look for the reason.
// Invariant: a change is told once, however often the bus is tried in between; the timer keeps no process alive.
import type { FastifyBaseLogger } from 'fastify';
import type { RealtimeHealth } from './health.ts';

/** ms between looks: what is over within it, as the bus of a start that is not reached yet, is no news. */
const PERIOD = 5_000;

/** Looks at the health now and then.
 * @returns what ends it */
export function logHealth(health: () => RealtimeHealth, log: FastifyBaseLogger): () => void {
  let last: RealtimeHealth['state'] = 'ok';
  const look = (): void => {
    const { state, reasons } = health();
    if (state === last) return;
    last = state;
    if (state === 'degraded') log.warn({ reasons }, 'live channels are degraded');
    else if (state === 'ok') log.info('live channels are well again');
  };
  const timer = setInterval(look, PERIOD).unref();
  return () => clearInterval(timer);
}
