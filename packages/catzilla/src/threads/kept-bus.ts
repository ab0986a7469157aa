// Has the log of live channels in the main thread, for the threads that serve: what one publishes the others hear, and a thread that
// takes over finds what was there. Invariant: nothing of it is loaded before a thread asks. What the threads and the log say to each
// other is @catzilla/bus' own.
import type { MessagePort } from 'node:worker_threads';
import type { BusServer } from '@catzilla/bus/port';

/** Kept of each topic, at least; who wants a longer history asks for it. */
const MAX_BYTES = 64 * 1024 * 1024;

/** The log, once there is one. */
export class KeptBus {
  #server: Promise<BusServer> | undefined;
  readonly #hasFailed: (error: Error) => void;

  /** @param hasFailed  told why the log cannot be had; what threads publish then reaches their own clients alone */
  constructor(hasFailed: (error: Error) => void) {
    this.#hasFailed = hasFailed;
  }

  /** Serves a thread by the port that it sent. */
  connect(port: MessagePort): void {
    this.#server ??= import('@catzilla/bus/port').then(({ busServer }) =>
      busServer({ maxBytes: MAX_BYTES }),
    );
    this.#server.then(
      (server) => server.connect(port),
      (error: unknown) => {
        this.#hasFailed(error as Error);
        port.close();
      },
    );
  }

  /** Forgets it. Only once no thread is left. */
  async close(): Promise<void> {
    // Why there is none has been told.
    const server = await this.#server?.catch(() => undefined);
    await server?.close();
  }
}
