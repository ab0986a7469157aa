// A frame as it is sent: made into bytes once for all viewers, and once more for those that have to be told of earlier events.
import { encodeEvent } from '@catzilla/http';
import type { Events } from './events.ts';
import type { Frame } from './frame.ts';

/** The bytes of one frame. */
export class SentFrame {
  /** Number of the last event it tells. */
  readonly last: number;
  readonly #json: string;
  readonly #events: Events;
  #byFirst = new Map<number, Buffer>();

  constructor(frame: Omit<Frame, 'events'>, events: Events) {
    // First, for it tells what was still counted.
    events.settle();
    this.last = events.last;
    this.#events = events;
    this.#json = JSON.stringify(frame).slice(0, -1);
  }

  /** An event of the stream.
   * @param told  number of the last event that the viewer knows */
  bytes(told: number): Buffer {
    let bytes = this.#byFirst.get(told);
    if (bytes === undefined) {
      const events = this.#events.between(told, this.last);
      const data = `${this.#json},"events":${JSON.stringify(events)}}`;
      bytes = Buffer.from(encodeEvent({ event: 'frame', data }));
      this.#byFirst.set(told, bytes);
    }
    return bytes;
  }
}
