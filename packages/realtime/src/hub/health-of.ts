// What a hub that is open tells of itself. Never throws.
import type { Bus } from '@catzilla/bus';
import type { RealtimeHealth } from '../health.ts';

export function healthOf(
  bus: Bus,
  { isReached, pending }: { readonly isReached: boolean; readonly pending: number },
): RealtimeHealth {
  const reasons: string[] = [];
  const { state, lastError } = bus.health();
  if (state !== 'live') {
    reasons.push(`the bus is ${state}${lastError === undefined ? '' : `: ${lastError}`}`);
  }
  if (!isReached) reasons.push('the log has not been read yet');
  if (pending > 0) reasons.push(`messages that the bus has not taken: ${pending}`);
  return { state: reasons.length === 0 ? 'ok' : 'degraded', reasons };
}
