// The log of the buses of other threads: it lives in the thread that outlives them, and they come and go.
// Invariant: positions stay valid as long as the server does, whoever appended. What one bus says is served-port.ts.
import { checkOptions } from '@catzilla/common';
import type { MessagePort } from 'node:worker_threads';
import { errors } from '../errors.ts';
import { logSpecs } from '../memory/memory-bus.ts';
import type { MemoryLogOptions } from '../memory/memory-bus.ts';
import { MemoryLog } from '../memory/memory-log.ts';
import { ServedPort } from './served-port.ts';

/** What a server has. */
export interface BusServerStats {
  /** Ports that are open: as many as there are buses. */
  readonly ports: number;
  readonly subscriptions: number;
  readonly topics: number;
  /** Messages kept, and bytes of their payloads. */
  readonly messages: number;
  readonly bytes: number;
}

/** A log in memory, for buses of other threads of the process. */
export interface BusServer extends AsyncDisposable {
  /** Serves a bus: `port` is the other end of the one that portBus() was given. It is closed with the bus's thread, and with the
   * server.
   * @throws CATZ_BUS_CLOSED */
  connect(port: MessagePort): void;
  stats(): BusServerStats;
  /** Closes all ports, and forgets the log: what buses append from now on rejects. Idempotent. */
  close(): Promise<void>;
}

/** Keeps a log for the buses of other threads. It does nothing by itself, and keeps no process alive.
 * @param options  how much is kept at least; a bus may ask for more
 * @throws CATZ_BUS_OPTION
 * @example
 * const server = busServer();
 * const { port1, port2 } = new MessageChannel();
 * server.connect(port1);
 * const worker = new Worker(file, { workerData: { port: port2 }, transferList: [port2] });
 * // in the worker: const bus = portBus(workerData.port); */
export function busServer(options: MemoryLogOptions = {}): BusServer {
  const bounds = checkOptions<Readonly<Record<keyof MemoryLogOptions, number>>>(options, logSpecs, {
    path: 'options',
    error: (message) => new errors.OPTION(message),
  });
  const log = new MemoryLog(bounds);
  const ports = new Set<ServedPort>();
  let isClosed = false;
  const close = (): Promise<void> => {
    isClosed = true;
    for (const port of ports) port.close();
    log.close();
    return Promise.resolve();
  };
  return {
    connect(port) {
      if (isClosed) {
        port.close();
        throw new errors.CLOSED();
      }
      ports.add(new ServedPort(port, log, (closed) => ports.delete(closed)));
    },
    stats() {
      const subscriptions = [...ports].reduce((sum, port) => sum + port.subscriptions, 0);
      return { ports: ports.size, subscriptions, ...log.size };
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}
