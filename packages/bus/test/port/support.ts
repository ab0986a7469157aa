// A server with buses within this thread, closed when the test ends.
import { MessageChannel } from 'node:worker_threads';
import { onTestFinished } from 'vitest';
import type { Bus, MemoryLogOptions } from '../../src/index.ts';
import { busServer, portBus } from '../../src/port/index.ts';
import type { BusServer, PortBusOptions } from '../../src/port/index.ts';

export function openServer(options: MemoryLogOptions = {}): BusServer {
  const server = busServer(options);
  onTestFinished(() => server.close());
  return server;
}

/** A bus, whose log is with the server; undefined: with nobody.
 * @returns also the end that nobody has then */
export function openPort(server: BusServer | undefined, options: PortBusOptions = {}) {
  const { port1, port2 } = new MessageChannel();
  const bus: Bus = portBus(port1, { deadline: 5_000, ...options });
  server?.connect(port2);
  onTestFinished(async () => {
    port2.close();
    await bus.close();
  });
  return { bus, port: port2 };
}

/** What an append came to: its position, or code and reason. */
export function said(append: Promise<string>): Promise<string> {
  return append.catch(({ code, cause }: Error & { code: string }) => {
    return cause instanceof Error ? `${code}: ${cause.message}` : code;
  });
}
