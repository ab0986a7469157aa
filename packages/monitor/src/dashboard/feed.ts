// The stream of frames: one look at the application a second, made into one frame for all viewers, and only while there are any.
// Invariant: nobody watches, no timer. A look that takes longer than a second is not doubled. Nothing is asked of a viewer: a
// frame a second is heartbeat enough.
import type { ServerResponse } from 'node:http';
import { encodeEvent } from '@catzilla/http';
import { errors } from '../errors.ts';
import type { SentFrame } from './sent-frame.ts';
import { Viewer } from './viewer.ts';

const SECOND = 1000;
/** When pages come back after a shutdown, ms: spread, for they all leave at once. */
const RETRY = 1000;
const RETRY_SPREAD = 2000;

/** What the feed shows. */
export interface Show {
  /** Somebody has begun to watch. */
  begin(): void;
  /** Looks at the application. */
  look(): Promise<SentFrame>;
  /** What a viewer is told first, and the number of the last event in it. */
  hello(): { readonly bytes: Buffer; readonly last: number };
  /** Nobody watches any more. */
  end(): void;
  /** A look has failed. */
  fault(error: unknown): void;
}

/** The viewers and their clock. */
export class Feed {
  readonly #show: Show;
  readonly #maxViewers: number;
  readonly #viewers = new Set<Viewer>();
  #timer: NodeJS.Timeout | undefined;
  #last: SentFrame | undefined;
  #isLooking = false;
  #isClosed = false;

  constructor(show: Show, maxViewers: number) {
    this.#show = show;
    this.#maxViewers = maxViewers;
  }

  /** To be asked before a response is begun.
   * @throws CATZ_MONITOR_VIEWERS_LIMIT */
  admit(): void {
    if (this.#isClosed || this.#viewers.size >= this.#maxViewers) throw new errors.VIEWERS_LIMIT();
  }

  /** Takes a response whose head has been written. Its end is its viewer's. */
  add(response: ServerResponse): void {
    // While a guard was asked: it will not close once more.
    if (hasGone(response)) return;
    const { bytes, last } = this.#show.hello();
    const viewer = new Viewer(response, last);
    this.#viewers.add(viewer);
    response.once('close', () => this.#remove(viewer));
    // A connection that breaks; 'close' follows.
    response.on('error', () => response.destroy());
    viewer.begin(bytes, this.#last);
    if (this.#timer === undefined) this.#start();
  }

  /** Ends all streams. Nobody is admitted any more. */
  close(): void {
    this.#isClosed = true;
    const retry = RETRY + Math.random() * RETRY_SPREAD;
    for (const viewer of this.#viewers) viewer.end(encodeEvent({ retry }));
    this.#stop();
  }

  #start(): void {
    this.#show.begin();
    this.#timer = setInterval(() => void this.#tick(), SECOND).unref();
    // By then the hello has left, where the client takes it.
    setImmediate(() => void this.#tick());
  }

  #stop(): void {
    if (this.#timer === undefined) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#last = undefined;
    this.#show.end();
  }

  #remove(viewer: Viewer): void {
    this.#viewers.delete(viewer);
    if (this.#viewers.size === 0) this.#stop();
  }

  async #tick(): Promise<void> {
    if (this.#isLooking || this.#timer === undefined) return;
    this.#isLooking = true;
    try {
      const frame = await this.#show.look();
      if (this.#timer === undefined) return;
      this.#last = frame;
      for (const viewer of this.#viewers) viewer.offer(frame);
    } catch (error) {
      this.#show.fault(error);
    } finally {
      this.#isLooking = false;
    }
  }
}

// A response of HTTP/2 tells by its stream.
function hasGone(response: ServerResponse & { readonly stream?: { destroyed: boolean } }): boolean {
  return response.destroyed || response.stream?.destroyed === true;
}
