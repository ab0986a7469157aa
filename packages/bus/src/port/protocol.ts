// What a bus and the log in another thread say to each other over a MessagePort.
// Order: the first message of each side is its hello; calls are taken, and appends answered, in the order in which they were
// made. Subscriptions have numbers, which the bus gives. Bytes of several payloads go as one, in the order of the lengths: a
// Buffer alone may be a view of memory that has much else in it, all of which would be cloned.
import type { MessagePort } from 'node:worker_threads';
import type { GapReason } from '../bus.ts';

/** Raised with each change of what is said. The log is as old as the process, a thread may have loaded a newer release. */
export const PROTOCOL = 1;

/** Under which a thread finds how to reach a log: of `globalThis`, since two copies of this package may be loaded, and whoever
 * starts the thread should not have to load any. */
export const LOG: unique symbol = Symbol.for('@catzilla/bus.log') as never;

/** Hands one end of a channel to whoever has the log. */
export type HandOver = (port: MessagePort) => void;

/** How much is asked to be kept, of each topic. */
export interface Wanted {
  readonly maxLen: number;
  readonly maxBytes: number;
}

/** One call of a bus. */
export type Call =
  | readonly [what: 'hello', protocol: number, origin: string, wanted: Wanted]
  | readonly [what: 'append', topic: string, id: string | undefined, length: number]
  | readonly [what: 'subscribe', subscription: number, topic: string, from: string]
  | readonly [what: 'unsubscribe', subscription: number]
  /** A batch has been delivered. */
  | readonly [what: 'done', subscription: number];

/** What one turn of the event loop had to say. */
export interface Request {
  readonly calls: readonly Call[];
  /** Payloads of its appends, one after the other. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** From the log. */
export type Reply =
  | { readonly type: 'hello'; readonly origin: string }
  /** Another release. */
  | { readonly type: 'refused' }
  /** Sequences of the next appends that were not answered yet. */
  | { readonly type: 'taken'; readonly sequences: readonly number[] }
  | { readonly type: 'placed'; readonly subscription: number; readonly sequence: number }
  | Batch;

/** What follows in a topic. */
export interface Batch {
  readonly type: 'batch';
  readonly subscription: number;
  readonly steps: readonly (MessageStep | LossStep)[];
  /** Payloads of its messages, one after the other. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Whether there was no more. */
  readonly isLive: boolean;
}

export type MessageStep = readonly [
  sequence: number,
  length: number,
  origin: string,
  id: string | undefined,
];

/** Messages may be missing up to this place. */
export type LossStep = readonly [sequence: number, reason: GapReason];

/** Joins payloads in memory of their own, which can be transferred.
 * @param length  of all together */
export function joinBytes(
  payloads: readonly Uint8Array[],
  length: number,
): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const payload of payloads) {
    bytes.set(payload, at);
    at += payload.length;
  }
  return bytes;
}
