// What the main thread and the threads that serve tell each other. Plain data only, for it is cloned.
// Order: `loaded`, then `listen`, then `ready`; `failed` instead of either; then any number of `ask`, and at the end `stop` and
// `stopped`; `tasks` and `bus` at any time. Both sides run the same release, so there is no version.
import type { MessagePort } from 'node:worker_threads';

/** What a thread begins with. */
export interface ThreadData {
  /** Absolute path of the application module. */
  readonly file: string;
  /** 1 and up; a thread that takes over has the number of the one it replaces. */
  readonly thread: number;
  /** Time between readiness going off and the end of listening, ms; undefined: the application's own. */
  readonly shutdownDelay: number | undefined;
  /** The same for all threads of one program, and for no others: their monitors find each other by it. */
  readonly program: string;
}

/** Where a thread listens. */
export type ListenAt =
  /** At a socket of the main thread's, of which it takes a descriptor of its own. */
  | { readonly kind: 'socket'; readonly fd: number; readonly host: string }
  | {
      readonly kind: 'port';
      readonly host: string;
      readonly port: number;
      readonly reusePort: boolean;
    };

/** Why a thread is to end: for good, or since another one has taken its place. */
export type StopKind = 'shutdown' | 'reload';

/** To a thread. */
export type ToThread =
  | { readonly type: 'listen'; readonly at: ListenAt }
  | { readonly type: 'stop'; readonly reason: string; readonly kind: StopKind }
  /** No more waiting: what a second signal says. */
  | { readonly type: 'hurry' }
  | { readonly type: 'ask'; readonly id: number; readonly name: string; readonly payload: unknown };

/** An error that crosses threads. */
export interface Failure {
  readonly message: string;
  readonly code: string | undefined;
  readonly stack: string | undefined;
}

/** A cache that a thread has open. */
export interface OpenedCache {
  readonly name: string;
  /** True when every thread of the process has the same one. */
  readonly isShared: boolean;
}

/** A thread that serves. */
export interface Ready {
  readonly port: number;
  readonly caches: readonly OpenedCache[];
  /** Longest time its stop may take by the application's own word, ms. */
  readonly stopLimit: number;
}

/** From a thread. */
export type FromThread =
  | { readonly type: 'loaded' }
  /** A port, by which the thread uses the stores of background tasks that the main thread has. */
  | { readonly type: 'tasks'; readonly port: MessagePort }
  /** A port, by which the thread uses the log of live channels that the main thread has. */
  | { readonly type: 'bus'; readonly port: MessagePort }
  | ({ readonly type: 'ready' } & Ready)
  | { readonly type: 'failed'; readonly failure: Failure }
  | { readonly type: 'stopped'; readonly failure: Failure | undefined }
  | { readonly type: 'answer'; readonly id: number; readonly value: unknown }
  | { readonly type: 'refusal'; readonly id: number; readonly failure: Failure };

/** Puts what was thrown into words that can be sent. */
export function failureOf(error: unknown): Failure {
  if (!(error instanceof Error)) {
    return { message: 'something that is no error was thrown', code: undefined, stack: undefined };
  }
  const { message, stack } = error;
  const { code } = error as { code?: unknown };
  return { message, stack, code: typeof code === 'string' ? code : undefined };
}

/** The error of the other side, as a cause. */
export function errorOf({ message, code, stack }: Failure): Error {
  const error = new Error(message);
  if (stack !== undefined) error.stack = stack;
  return code === undefined ? error : Object.assign(error, { code });
}
