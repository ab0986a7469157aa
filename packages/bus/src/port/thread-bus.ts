// How a thread gets to the log of the thread that started it: useBusServer() says how to reach it, threadBus() then makes a bus.
// Invariant: where nobody has said so there is none, and the caller makes its own.
import { MessageChannel } from 'node:worker_threads';
import type { Bus } from '../bus.ts';
import type { PortBusOptions } from './options.ts';
import { portBus } from './port-bus.ts';
import { LOG } from './protocol.ts';
import type { HandOver } from './protocol.ts';

/** From now on, threadBus() of this thread makes buses over the log of a server (busServer(), in another thread).
 * @param handOver  sends the server a port, in a transfer list, for its `connect`
 * @returns ends it, for buses that are made later */
export function useBusServer(handOver: HandOver): () => void {
  const place = globalThis as { [LOG]?: HandOver | undefined };
  place[LOG] = handOver;
  return () => {
    if (place[LOG] === handOver) delete place[LOG];
  };
}

/** A bus over the log that this thread was told of.
 * @returns undefined where it was told of none
 * @throws CATZ_BUS_OPTION */
export function threadBus(options: PortBusOptions = {}): Bus | undefined {
  const handOver = (globalThis as { [LOG]?: HandOver })[LOG];
  if (handOver === undefined) return undefined;
  const { port1, port2 } = new MessageChannel();
  const bus = portBus(port1, options);
  handOver(port2);
  return bus;
}
