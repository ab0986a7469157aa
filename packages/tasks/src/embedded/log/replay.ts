// Runs a log again: each command where it stands, prepared ones at the commit that covers them.
// A command means for ever what it means when it is first released: one that has to do something else gets another name, and the old
// one stays for old logs.
// Invariant: after all records, and finish(), the store is what it was when the last of them was written; what a command threw
// then it throws now, and that is no news. Reading files and judging damage is left to read-log.ts.
import { commandOf, runCommand } from '../engine/run-command.ts';
import { decodeCommand } from './command-record.ts';
import { RECORD } from './record.ts';
import type { Commands } from '../engine/journal.ts';
import type { StoreState } from '../engine/store-state.ts';
import type { LogRecord } from './record.ts';

/** A command that waits for its commit. */
export interface Pending {
  readonly sequence: number;
  readonly body: string;
}

export class Replay {
  readonly #store: StoreState;
  readonly #commands: Commands;
  #pending: Pending[];
  #count = 0;
  #isClosed = false;

  /** @param pending  what a snapshot had, prepared and without a commit */
  constructor(store: StoreState, commands: Commands, pending: readonly Pending[] = []) {
    this.#store = store;
    this.#commands = commands;
    this.#pending = [...pending];
  }

  /** Commands run so far. */
  get count(): number {
    return this.#count;
  }

  /** Whether the last record says that the log was closed in order. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Prepared, and not run yet. */
  get pending(): readonly Pending[] {
    return this.#pending;
  }

  /** Takes the next record of a log.
   * @throws Error when the record is none that this version can read */
  take(record: Pick<LogRecord, 'type' | 'sequence' | 'body'>): void {
    this.#isClosed = false;
    switch (record.type) {
      case RECORD.direct:
        this.#run(record.body, undefined);
        return;
      case RECORD.prepare:
        this.#pending.push({ sequence: record.sequence, body: record.body });
        return;
      case RECORD.commit: {
        const [upTo, , now] = JSON.parse(record.body) as [number, number, number];
        this.#commit(upTo, now);
        return;
      }
      case RECORD.closed:
        this.#isClosed = true;
        return;
      case RECORD.opened:
        return;
      default:
        throw new Error(`a record of type ${String(record.type)} does not belong in a log`);
    }
  }

  /** Runs what was prepared and has no commit: it may have been acknowledged.
   * @param now  epoch ms at which it runs: the caller writes the commit that says so
   * @returns the number of the last one, undefined when there was none */
  finish(now: number): number | undefined {
    const last = this.#pending.at(-1)?.sequence;
    if (last !== undefined) this.#commit(last, now);
    return last;
  }

  #commit(upTo: number, now: number): void {
    let done = 0;
    for (const { sequence, body } of this.#pending) {
      if (sequence > upTo) break;
      this.#run(body, now);
      done++;
    }
    if (done === this.#pending.length) this.#pending = [];
    else this.#pending.splice(0, done);
  }

  #run(body: string, at: number | undefined): void {
    const { name, queue, now, args } = decodeCommand(body);
    // Before the run, whose errors say nothing: one that this version does not know does.
    commandOf(this.#commands, name);
    this.#count++;
    try {
      runCommand(this.#commands, this.#store, name, queue, args, at ?? now, undefined);
    } catch {
      // Its caller was told at the time.
    }
  }
}
