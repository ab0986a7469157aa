// How commands get to a store: the memory journal runs them at once; the durable one writes them down too.
// Invariant: commands of a store run one after the other, in the order in which their journal will replay them.
import { runCommand } from './run-command.ts';
import type { Command, Json } from './command.ts';
import type { LockOwner } from './job.ts';
import type { StoreState } from './store-state.ts';

/** The commands by the name that their records have. */
export type Commands = Readonly<Record<string, Command<never, unknown>>>;

/** By which a queue is found. */
export interface QueueName {
  readonly name: string;
  readonly prefix: string;
}

/** `full`: the disk has no room, nothing new is taken, reads work. `failed`: a flush failed, which is final. */
export type JournalState = 'open' | 'full' | 'failed' | 'closed';

export interface JournalStats {
  readonly mode: 'memory' | 'durable';
  readonly durability: 'memory' | 'every-write' | 'interval' | 'none';
  readonly state: JournalState;
  readonly logBytes: number;
  /** Of the last flushes, ms; 0 in memory mode. */
  readonly flushP99Ms: number;
  readonly [more: string]: unknown;
}

export interface Journal {
  /** What the commands work on. Another object after each open(). */
  readonly store: StoreState;
  readonly state: JournalState;
  /** Runs a command with the present time. A direct one is run and answered at once; a durable one, in a durable journal, once
   * the log has it. What the command throws is thrown, or rejected with. */
  run(name: string, queue: QueueName, args: readonly Json[], owner?: LockOwner): unknown;
  open(): Promise<void>;
  close(): Promise<void>;
  stats(): JournalStats;
  /** Calls back when `state` becomes another. */
  onState?(listener: (state: JournalState, error: Error | undefined) => void): void;
}

/** Nothing is written: the store is as long as the process.
 * `close` keeps it, so that the last backend may close and another open. */
export function memoryJournal(store: StoreState, commands: Commands): Journal {
  let state: JournalState = 'open';
  return {
    store,
    get state() {
      return state;
    },
    run(name, queue, args, owner) {
      return runCommand(commands, store, name, queue, args, Date.now(), owner);
    },
    open() {
      state = 'open';
      return Promise.resolve();
    },
    close() {
      state = 'closed';
      return Promise.resolve();
    },
    stats: () => ({ mode: 'memory', durability: 'memory', state, logBytes: 0, flushP99Ms: 0 }),
  };
}
