// The state of the remote tier as users see it: that of its connection, unless the connection stands and the tier does not
// do its work. One answer for events and health.
import type { RemoteFault } from '../remote/remote-tier.ts';
import type { RemoteSide } from './core.ts';

/** State of a tier.
 * @param lastFault  kind of the last error that it gave */
export function remoteStateOf(
  { store, guard }: Pick<RemoteSide, 'store' | 'guard'>,
  lastFault: RemoteFault | undefined,
): string {
  const { read, write } = guard.breaker;
  if (store.state !== 'ready' || (read === 'closed' && write === 'closed')) return store.state;
  // A command that is denied on a connection that stands is for a person to repair, as a wrong password is.
  return lastFault === 'misconfigured' ? 'misconfigured' : 'down';
}

/** Whether a connection that has come about is a reason to ask again now what was not to be asked. Not where writes alone
 * are refused: the driver connects anew for every READONLY, and asking then would make that a circle. */
export function isWorthAsking(
  { guard }: Pick<RemoteSide, 'guard'>,
  lastFault: RemoteFault | undefined,
): boolean {
  const { read, write } = guard.breaker;
  return read !== 'closed' || (write !== 'closed' && lastFault !== 'write');
}
