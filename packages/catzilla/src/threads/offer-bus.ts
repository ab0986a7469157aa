// Lets live channels of a thread find their log in the main thread. It is what useBusServer() of @catzilla/bus/port does, without
// loading it: most applications have no live channels.
import type { MessagePort } from 'node:worker_threads';
import type { FromThread } from './protocol.ts';

/** Where @catzilla/bus looks. */
const LOG = Symbol.for('@catzilla/bus.log');

/** @param line  to the main thread */
export function offerBus(line: MessagePort): void {
  const handOver = (port: MessagePort): void => {
    line.postMessage({ type: 'bus', port } satisfies FromThread, [port]);
  };
  Object.defineProperty(globalThis, LOG, { value: handOver, configurable: true, writable: true });
}
