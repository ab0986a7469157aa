// What `catzilla dev` and the process of the application tell each other. Plain data, over the channel of fork().
// Order: `start`, then any number of `file`, then `ready` or `failed`; after `ready` any number of `ask`; at the end `stop`.
import type { Failure } from '../threads/protocol.ts';

/** Where and what to serve. */
export interface DevTarget {
  /** Absolute path of the application module. */
  readonly file: string;
  readonly host: string;
  readonly port: number;
}

/** Where it listens. */
export interface Listening {
  readonly address: string;
  readonly port: number;
  /** Path of its dashboard; false: it has none. */
  readonly dashboard: string | false;
}

/** To the application's process. */
export type ToChild =
  | ({ readonly type: 'start' } & DevTarget)
  | { readonly type: 'stop'; readonly reason: string }
  | { readonly type: 'ask'; readonly id: number; readonly name: string; readonly payload: unknown };

/** From the application's process. */
export type FromChild =
  /** Absolute path of a file that it has imported, or tried to. */
  | { readonly type: 'file'; readonly file: string }
  | ({ readonly type: 'ready' } & Listening)
  | { readonly type: 'failed'; readonly failure: Failure }
  | { readonly type: 'answer'; readonly id: number; readonly value: unknown }
  | { readonly type: 'refusal'; readonly id: number; readonly failure: Failure };
