// Lets embeddedBackend() of a thread find its stores in the main thread. It is what useTaskStores() of @catzilla/tasks/embedded does, without
// loading it: most applications have no tasks.
import type { MessagePort } from 'node:worker_threads';
import type { FromThread } from './protocol.ts';

/** Where @catzilla/tasks looks. */
const OWNER = Symbol.for('@catzilla/tasks.owner');

/** @param line  to the main thread */
export function offerTasks(line: MessagePort): void {
  const handOver = (port: MessagePort): void => {
    line.postMessage({ type: 'tasks', port } satisfies FromThread, [port]);
  };
  Object.defineProperty(globalThis, OWNER, { value: handOver, configurable: true, writable: true });
}
