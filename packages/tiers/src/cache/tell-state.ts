// A tier's state has changed: one line in the log, one event.
import type { Opening } from './core.ts';

/** Tells a state, unless it is the one told last. */
export function tellState(
  core: Opening,
  tier: 'remote' | 'disk',
  state: string,
  lastError: string | undefined,
): void {
  const event = { tier, state, lastError };
  if (core.stateLog.tell(event)) core.events.emit('state', event);
}
