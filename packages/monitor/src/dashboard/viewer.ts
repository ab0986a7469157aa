// One open page: a response that is written to, frame by frame.
// Invariant: what a viewer has not taken yet is one write at most. While it waits, frames are left out, and their events are told
// with the next one it takes. One that takes nothing for a minute has gone without a word, and is cut off.
import type { ServerResponse } from 'node:http';
import type { SentFrame } from './sent-frame.ts';

/** Frames that may be left out in a row. */
const MAX_SKIPPED = 60;
/** Frames after which the guard is to be asked again: the stream ends, and the page opens another. An hour. */
const MAX_FRAMES = 3_600;
/** How long the last bytes are waited for, ms. */
const LAST_MS = 500;

/** A viewer. */
export class Viewer {
  readonly #response: ServerResponse;
  #told: number;
  #skipped = 0;
  #frames = 0;

  /** @param told  number of the last event it knows */
  constructor(response: ServerResponse, told: number) {
    this.#response = response;
    this.#told = told;
  }

  /** Writes what comes first.
   * @param frame  the last that others were given */
  begin(hello: Buffer, frame: SentFrame | undefined): void {
    this.#response.write(hello);
    if (frame !== undefined) this.#response.write(frame.bytes(Math.max(this.#told, frame.last)));
  }

  /** Writes a frame, if the one before was taken. */
  offer(frame: SentFrame): void {
    this.#frames += 1;
    if (this.#response.writableLength > 0) {
      this.#skipped += 1;
      if (this.#skipped > MAX_SKIPPED) this.#response.destroy();
      return;
    }
    this.#skipped = 0;
    this.#response.write(frame.bytes(this.#told));
    this.#told = frame.last;
    if (this.#frames >= MAX_FRAMES) this.#response.end();
  }

  /** Ends it. One that takes nothing more is cut off soon after.
   * @param farewell  what is written last */
  end(farewell: string): void {
    const response = this.#response;
    response.end(farewell);
    const timer = setTimeout(() => response.destroy(), LAST_MS).unref();
    response.once('close', () => clearTimeout(timer));
  }
}
