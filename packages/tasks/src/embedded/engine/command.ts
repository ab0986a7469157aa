// What a command is: the one way in which the state of a store changes, and the unit of its log.
// Invariant: a command is a function of the state, its arguments and `now`; nothing else: no clock, no randomness, no waiting.
// So the log holds commands, and running them again gives the same state, thrown errors included. Locks, waiting workers and
// readers of events live outside: commands tell them through the store, which in a replay has nobody to tell.
import type { LockOwner } from './job.ts';
import type { QueueState } from './queue.ts';
import type { StoreState } from './store-state.ts';

/** JSON, which is what a log can hold. `undefined` stands for an argument left out. */
export type Json =
  string | number | boolean | null | undefined | readonly Json[] | { readonly [key: string]: Json };

/** Where a command runs. */
export interface CommandContext {
  readonly store: StoreState;
  readonly queue: QueueState;
  /** Epoch ms: the time of the call, also in a replay. */
  readonly now: number;
  /** The backend that asked, which owns the locks it takes; undefined in a replay. */
  readonly owner: LockOwner | undefined;
  /** Set to false by a direct command that did nothing: it then needs no record. True at the start. */
  changed: boolean;
}

/** When a caller hears of it.
 * `durable`: logged first, run when the log has it for certain, then answered: what adds, removes or promises something.
 * `direct`: run and answered at once, logged behind: what workers do. Lost, the job runs again. */
export type Acknowledgement = 'durable' | 'direct';

/** @template A  arguments after the context, all JSON */
export interface Command<A extends readonly Json[] = readonly Json[], R = unknown> {
  readonly acknowledgement: Acknowledgement;
  run(context: CommandContext, ...args: A): R;
}
