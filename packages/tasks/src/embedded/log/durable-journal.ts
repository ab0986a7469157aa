// The journal that writes commands down: a write-ahead log with group commit.
// A durable command is written as a `prepare` record; when its batch is safe at the level asked for, what the batch prepared runs, in
// order, is answered, and a `commit` record goes into the next batch. A direct command runs at once, its record follows.
// Invariant: the order of records is the order of effects: a commit is put in line before what it covers runs, in one turn.
// While one batch is written, the next gathers; one batch at a time is on its way. Which bytes and files: log-writer.ts.
// Without room (`full`) the commands that wait are refused and never ran; records of what did run stay in line, and go first.
// A failed flush is final (`failed`): the store answers reads, and nothing is taken any more. Flushes overlap with writes: what
// was on its way as one failed is refused, too, though its own flush may have come to a good end.
import { errors } from '../../errors.ts';
import { commandOf, makeContext, runCommand } from '../engine/run-command.ts';
import { encodeCommand } from './command-record.ts';
import { Compaction } from './compaction.ts';
import { Line, Outgoing } from './line.ts';
import { NoRoom } from './log-writer.ts';
import { openLog } from './open-log.ts';
import { Probe } from './probe.ts';
import { RECORD } from './record.ts';
import { storageFailed, storageFull } from './storage-errors.ts';
import type { Json } from '../engine/command.ts';
import type { LockOwner } from '../engine/job.ts';
import type {
  Commands,
  Journal,
  JournalState,
  JournalStats,
  QueueName,
} from '../engine/journal.ts';
import type { StoreState } from '../engine/store-state.ts';
import type { LogFiles } from './files.ts';
import type { OpenLog } from './open-log.ts';
import type { DiskOptions } from './options.ts';

/** What a durable journal is made of. */
export interface DurableParts {
  readonly commands: Commands;
  /** See StoreState.wake; called only while the journal is open. */
  readonly wake: StoreState['wake'];
  readonly files: LogFiles;
  /** Begin another segment beyond this many bytes. */
  readonly segmentBytes: number;
  /** Compact a log that is larger than this, and than twice what is in the store. */
  readonly compactBytes: number;
}

/** Mode `none` leaves flushing to the system, but not for longer than its own default, ms. */
const NONE_FLUSH = 30_000;

/** Commands that end an attempt, which `awaitCompletion` waits for. */
const ENDINGS = new Set(['moveToCompleted', 'moveToFailed', 'moveToDelayed', 'retryJob']);

export class DurableJournal implements Journal {
  readonly #options: DiskOptions;
  readonly #parts: DurableParts;
  readonly #listeners: ((state: JournalState, error: Error | undefined) => void)[] = [];
  #log: OpenLog | undefined;
  #compaction: Compaction | undefined;
  #state: JournalState = 'closed';
  #error: Error | undefined;
  /** What was final, as the log is open or closes. */
  #broken: Error | undefined;
  #line = new Line();
  #pump: Promise<void> | undefined;
  #flushTimer: NodeJS.Timeout | undefined;
  /** The flushes of the timer, one after the other. */
  #timedFlush: Promise<void> = Promise.resolve();
  readonly #probe = new Probe(() => {
    this.#writeSomething();
  });
  /** Number of the last record whose loss would break a promise, and up to which a commit says that it was flushed. */
  #promised = 0;
  #told = 0;

  constructor(options: DiskOptions, parts: DurableParts) {
    this.#options = options;
    this.#parts = parts;
  }

  get store(): StoreState {
    return this.#opened().store;
  }

  get state(): JournalState {
    return this.#state;
  }

  run(name: string, queue: QueueName, args: readonly Json[], owner?: LockOwner): unknown {
    if (this.#state === 'closed') throw new errors.CLOSING();
    const isDurable = commandOf(this.#parts.commands, name).acknowledgement === 'durable';
    if (!isDurable) return this.#runNow(name, queue, args, owner);
    const refusal = this.#refusal();
    if (this.#options.durability !== 'none') {
      if (refusal !== undefined) return Promise.reject(refusal);
      return this.#prepare(name, queue, args, owner);
    }
    if (refusal !== undefined) throw refusal;
    return this.#runNow(name, queue, args, owner);
  }

  async open(): Promise<void> {
    const { commands, wake, files } = this.#parts;
    const log = await openLog(this.#options, { commands, files }, (queue, dueAt) => {
      if (this.#state === 'open') wake(queue, dueAt);
    });
    this.#log = log;
    this.#compaction = new Compaction(log.folder, files, log.sealedBytes);
    this.#line = new Line();
    this.#error = this.#broken = undefined;
    this.#promised = this.#told = 0;
    this.#become('open', undefined);
    if (log.unfinished !== undefined) {
      // The replay ran them at this time; the next one has to do it at the same place.
      const { upTo, now } = log.unfinished;
      this.#append(new Outgoing(RECORD.commit, JSON.stringify([upTo, upTo, now])));
    }
    for (const { name, prefix, active } of log.store.queues.values()) {
      if (active.size === 0) continue;
      this.#runNow('recover', { name, prefix }, [this.#options.maxStalled], undefined);
    }
    this.#wakeAll();
  }

  async close(): Promise<void> {
    const log = this.#log;
    if (log === undefined || this.#state === 'closed') return;
    const isUsable = this.#broken === undefined;
    this.#state = 'closed';
    this.#probe.stop();
    clearTimeout(this.#flushTimer);
    try {
      while (this.#pump !== undefined) await this.#pump;
      await this.#timedFlush;
      await this.#compaction?.stop();
      if (isUsable) await this.#finish(log);
    } finally {
      this.#log = this.#compaction = undefined;
      await log.writer.close().finally(() => log.release());
      this.#become('closed', undefined);
    }
  }

  stats(): JournalStats {
    const { durability } = this.#options;
    const log = this.#log;
    return {
      mode: 'durable',
      durability,
      state: this.#state,
      logBytes: (log?.writer.end ?? 0) + (this.#compaction?.sealedBytes ?? 0),
      flushP99Ms: log?.writer.flushP99() ?? 0,
      error: this.#error?.message,
      recovered: log?.recovery,
    };
  }

  onState(listener: (state: JournalState, error: Error | undefined) => void): void {
    this.#listeners.push(listener);
  }

  /** Writes what is in line, and that nothing comes behind it; refuses what cannot be written. */
  async #finish(log: OpenLog): Promise<void> {
    if (this.#broken === undefined) {
      this.#line.push(new Outgoing(RECORD.closed, '{}'));
      this.#pump = this.#deliverAll();
      await this.#pump;
    }
    if (this.#broken === undefined) await this.#flush([]);
    let why = this.#broken?.message;
    if (this.#line.length > 0) {
      why = 'there is no room';
      this.#line.refuseAll([], storageFull(this.#options.dir, this.#error));
    }
    if (why === undefined) return;
    process.emitWarning(
      `the log of ${log.folder} could not be closed in order: ${why}; jobs that ended last may run again`,
      { code: 'CATZ_WARN_TASKS_LOG_CLOSE' },
    );
  }

  #opened(): OpenLog {
    if (this.#log === undefined) throw new errors.CLOSING();
    return this.#log;
  }

  /** HOT: benchmarks/tasks */
  #runNow(
    name: string,
    queue: QueueName,
    args: readonly Json[],
    owner: LockOwner | undefined,
  ): unknown {
    const now = Date.now();
    const context = makeContext(this.#opened().store, queue, now, owner);
    let value: unknown;
    try {
      value = commandOf(this.#parts.commands, name).run(context, ...args);
    } catch (error) {
      // What it did before it threw belongs to the state, and to the log.
      this.#record(name, queue, now, args);
      throw error;
    }
    if (!context.changed) return value;
    const record = this.#record(name, queue, now, args);
    if (record === undefined || !this.#options.awaitCompletion || !ENDINGS.has(name)) return value;
    record.value = value;
    return record.answered();
  }

  #record(
    name: string,
    queue: QueueName,
    now: number,
    args: readonly Json[],
  ): Outgoing | undefined {
    // There is nothing to write to; what runs lives until the process ends.
    if (this.#state === 'failed') return undefined;
    const record = new Outgoing(RECORD.direct, encodeCommand(name, queue, now, args));
    this.#append(record);
    return record;
  }

  #prepare(
    name: string,
    queue: QueueName,
    args: readonly Json[],
    owner: LockOwner | undefined,
  ): Promise<unknown> {
    const body = encodeCommand(name, queue, Date.now(), args);
    const record = new Outgoing(RECORD.prepare, body);
    const { store } = this.#opened();
    const { commands } = this.#parts;
    record.run = (now) => runCommand(commands, store, name, queue, args, now, owner);
    const answer = record.answered();
    this.#line.push(record);
    // On a full disk this one is the attempt.
    this.#start();
    return answer;
  }

  #append(record: Outgoing): void {
    this.#line.push(record);
    if (this.#state === 'open') this.#start();
  }

  #start(): void {
    // Not at once: whatever this turn of the event loop brings goes into the same batch.
    this.#pump ??= new Promise<void>((resolve) => setImmediate(resolve)).then(() =>
      this.#deliverAll(),
    );
  }

  async #deliverAll(): Promise<void> {
    try {
      while (this.#line.length > 0 && this.#broken === undefined) {
        const batch = this.#line.take();
        if (!(await this.#deliver(batch))) return;
        await this.#rotateIfDue();
      }
    } finally {
      this.#pump = undefined;
    }
  }

  /** @returns false when it is not there */
  async #deliver(batch: Outgoing[]): Promise<boolean> {
    const { writer } = this.#opened();
    this.#probe.began();
    try {
      await writer.write(batch);
    } catch (error) {
      this.#fail(error, batch);
      return false;
    }
    const first = writer.sequence - batch.length + 1;
    const waits = batch.some(({ resolve }) => resolve !== undefined);
    if (waits && this.#options.durability === 'every-write') {
      if (!(await this.#flush(batch))) return false;
    }
    if (this.#broken !== undefined) {
      this.#line.refuseAll(batch, this.#broken);
      return false;
    }
    if (this.#state === 'full') this.#goOn();
    this.#settle(batch, first);
    return true;
  }

  /** Runs what the batch prepared, and answers those that wait. */
  #settle(batch: readonly Outgoing[], first: number): void {
    const { writer } = this.#opened();
    const promisesAll = this.#options.durability === 'none';
    let prepared = 0;
    let isNews = false;
    for (let at = 0; at < batch.length; at++) {
      const { type } = batch[at] as Outgoing;
      if (type === RECORD.prepare) prepared = first + at;
      if (type === RECORD.prepare || (promisesAll && type === RECORD.direct)) {
        this.#promised = first + at;
      }
      if (type !== RECORD.commit) isNews = true;
    }
    const now = Date.now();
    if (prepared > 0) this.#line.push(this.#commit(prepared, now));
    for (const record of batch) record.settle(now);
    // Commits need no flush of their own: without one, what it covers runs at the end of the log.
    if (isNews && writer.flushed < writer.sequence) this.#flushSoon();
  }

  #commit(upTo: number, now: number): Outgoing {
    const { flushed } = this.#opened().writer;
    this.#told = flushed;
    return new Outgoing(RECORD.commit, JSON.stringify([upTo, flushed, now]));
  }

  #flushSoon(): void {
    if (this.#flushTimer !== undefined || this.#state === 'closed') return;
    const { durability, flushInterval } = this.#options;
    const pause = durability === 'none' ? NONE_FLUSH : flushInterval;
    this.#flushTimer = setTimeout(() => {
      this.#flushTimer = undefined;
      this.#timedFlush = this.#timedFlush.then(() => this.#flushNow());
    }, pause).unref();
  }

  async #flushNow(): Promise<void> {
    const writer = this.#log?.writer;
    if (writer === undefined || this.#broken !== undefined) return;
    if (writer.flushed < writer.sequence && !(await this.#flush([]))) return;
    // So that damage to what was promised can be told from a torn tail.
    if (
      this.#told < this.#promised &&
      writer.flushed >= this.#promised &&
      this.#log !== undefined
    ) {
      this.#append(this.#commit(0, Date.now()));
    }
  }

  async #flush(batch: Outgoing[]): Promise<boolean> {
    try {
      await this.#opened().writer.flush();
      return true;
    } catch (error) {
      this.#fail(error, batch);
      return false;
    }
  }

  async #rotateIfDue(): Promise<void> {
    const log = this.#opened();
    const compaction = this.#compaction as Compaction;
    const { segmentBytes, compactBytes } = this.#parts;
    const bound = Math.max(compactBytes, 2 * log.store.bytes);
    const isLarge = compaction.isDue(log.writer.end, bound);
    if (log.writer.end < segmentBytes && !isLarge) return;
    const sealed = log.writer.end;
    try {
      await log.writer.rotate();
    } catch (error) {
      // Without room for another segment, this one goes on; the next batch finds out whether there is room for that.
      if (!(error instanceof NoRoom)) this.#fail(error, []);
      return;
    }
    compaction.sealed(sealed);
    if (isLarge || compaction.isDue(0, bound)) compaction.start(log.writer.segment);
  }

  /** What a durable command is refused with, if it is. */
  #refusal(): Error | undefined {
    if (this.#state === 'open') return undefined;
    if (this.#state === 'full') {
      const isAttempt = this.#pump === undefined && this.#probe.isDue;
      return isAttempt ? undefined : storageFull(this.#options.dir, this.#error);
    }
    return storageFailed(this.#options.dir, this.#error);
  }

  #fail(error: unknown, batch: Outgoing[]): void {
    if (this.#broken !== undefined) {
      this.#line.refuseAll(batch, this.#broken);
      return;
    }
    const cause = error instanceof Error ? error : new Error(String(error));
    const isFull = error instanceof NoRoom;
    const told = isFull
      ? storageFull(this.#options.dir, cause)
      : storageFailed(this.#options.dir, cause);
    if (isFull) this.#line.refusePrepared(batch, told);
    else {
      this.#broken = told;
      this.#line.refuseAll(batch, told);
    }
    if (this.#state === 'closed') {
      this.#error = told;
      return;
    }
    if (isFull) this.#probe.failed();
    this.#become(isFull ? 'full' : 'failed', told);
  }

  #writeSomething(): void {
    if (this.#state !== 'full' || this.#pump !== undefined) return;
    if (this.#line.length === 0) this.#line.push(this.#commit(0, Date.now()));
    this.#start();
  }

  #goOn(): void {
    this.#probe.stop();
    this.#become('open', undefined);
    this.#wakeAll();
  }

  #wakeAll(): void {
    const { store } = this.#opened();
    for (const queue of store.queues.values()) {
      if (queue.wait.size > 0 || queue.prioritized.size > 0) store.wake(queue, 0);
      if (queue.delayed.size > 0) store.wake(queue, queue.delayed.nextDueAt);
    }
  }

  #become(state: JournalState, error: Error | undefined): void {
    const isNews = this.#state !== state;
    this.#state = state;
    this.#error = error;
    if (isNews) for (const listener of this.#listeners) listener(state, error);
  }
}
