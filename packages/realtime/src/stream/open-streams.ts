// The streamed replies that are under way: for the heartbeat of all, and for the end of the application.
// Invariant: the timer runs only while there is a stream, and keeps no process alive.
import type { FastifyReply } from 'fastify';
import { errors } from '../errors.ts';
import { cut } from './cut.ts';

/** What is asked of a body. */
export interface OpenStream {
  beat(): void;
  destroy(): unknown;
}

/** All of one application. */
export class OpenStreams {
  readonly #open = new Map<OpenStream, FastifyReply['raw']>();
  readonly #heartbeat: number;
  readonly #closeDelay: number;
  #timer: NodeJS.Timeout | undefined;
  #onEmpty: (() => void) | undefined;
  #isClosed = false;

  constructor(heartbeat: number, closeDelay: number) {
    this.#heartbeat = heartbeat;
    this.#closeDelay = closeDelay;
  }

  get size(): number {
    return this.#open.size;
  }

  /** Takes one in, until its response is over: that destroys it, also where Fastify never saw it, as a client may leave while the first
   * item is made.
   * @throws CATZ_REALTIME_CLOSED */
  add(body: OpenStream, reply: FastifyReply): void {
    if (this.#isClosed) throw new errors.CLOSED();
    const { raw } = reply;
    this.#open.set(body, raw);
    this.#timer ??= setInterval(() => this.#beat(), this.#heartbeat).unref();
    // Each await of a reply, of which handlers and what wraps them have several, listens to its end: no leak, for all of them go
    // with the response.
    raw.setMaxListeners(0);
    raw.once('close', () => {
      this.#remove(body);
      body.destroy();
    });
  }

  /** Waits until all have ended, at most `closeDelay`, then cuts the others. Idempotent. */
  async close(): Promise<void> {
    if (this.#open.size > 0 && !this.#isClosed) await this.#untilEmpty();
    this.#isClosed = true;
    for (const [body, raw] of this.#open) {
      body.destroy();
      cut(raw);
      this.#remove(body);
    }
  }

  #beat(): void {
    for (const body of this.#open.keys()) body.beat();
  }

  #remove(body: OpenStream): void {
    this.#open.delete(body);
    if (this.#open.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#onEmpty?.();
  }

  #untilEmpty(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, this.#closeDelay);
      this.#onEmpty = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
