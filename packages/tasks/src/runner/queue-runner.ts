// The jobs of one queue: one worker of BullMQ, and the attempts that it runs.
// Invariant: a job has at most one attempt here at a time, and its job stays active (with its lock renewed) as long as its handler
// works, abandoned or not. What an error means is verdict.ts's to say, how many run at once slots.ts's, what is told attempt-events.ts's.
import type { Job, Queue } from 'bullmq';
import type { QueuePlan } from '../define/registry.ts';
import type { StoredData, StoredSchedule } from '../define/stored.ts';
import type { AnyTask } from '../define/types.ts';
import { errors } from '../errors.ts';
import { AttemptEvents } from './attempt-events.ts';
import { Attempt } from './attempt.ts';
import type { AttemptOwner } from './attempt.ts';
import type { MakeWorker, TaskWorker } from './bullmq-worker.ts';
import { DeadlineClock } from './deadline-clock.ts';
import { detachChildren } from './detach-children.ts';
import { EarlyCancels } from './early-cancels.ts';
import { writeDeadLetter } from './dead-letters.ts';
import { AttemptFailure } from './failure.ts';
import { keepOf } from './keep.ts';
import type { TaskKeep } from './keep.ts';
import { gateOf } from './schedule-gate.ts';
import { Slots } from './slots.ts';
import { ThreadPool } from './threads/thread-pool.ts';
import type { RunnerOptions, RunnerQueueStats } from './types.ts';
import { backoffOf, verdictOf } from './verdict.ts';
import type { Verdict } from './verdict.ts';
import { within } from './within.ts';
import { work } from './work.ts';
import type { WorkSource } from './work.ts';
import { workerOptions } from './worker-options.ts';

/** Stacks that are kept of one job. */
const STACKS = 10;
/** ms until a job is asked for again that this process still runs, after its lock was lost. */
const STILL_RUNNING = 1_000;

// On the job itself, for BullMQ's events say no more of an attempt, and a WeakMap would be asked for each job.
const ATTEMPT: unique symbol = Symbol('catzilla.tasks.attempt');
type TaskJob = Job & { [ATTEMPT]?: Attempt };

export class QueueRunner implements AttemptOwner {
  readonly plan: QueuePlan;
  readonly #options: RunnerOptions;
  readonly #tasks: ReadonlyMap<string, AnyTask>;
  readonly #keep: ReadonlyMap<string, TaskKeep>;
  readonly #pools = new Map<AnyTask, ThreadPool>();
  readonly #attempts = new Map<string, Attempt>();
  readonly #earlyCancels = new EarlyCancels();
  readonly #clock = new DeadlineClock(() => this.#attempts.values());
  readonly #worker: TaskWorker;
  readonly #slots: Slots;
  readonly #tell: AttemptEvents;
  readonly #work: (attempt: Attempt) => Promise<unknown>;
  readonly #startedAt = Date.now();
  #isClosing = false;
  #deadLettersLost = 0;
  #broken: unknown;
  #onIdle: (() => void)[] = [];
  #closed: Promise<unknown> | undefined;

  constructor(plan: QueuePlan, options: RunnerOptions, makeWorker: MakeWorker) {
    this.plan = plan;
    this.#options = options;
    this.#tasks = new Map(plan.tasks.map((task) => [task.name, task]));
    this.#keep = new Map(plan.tasks.map((task) => [task.name, keepOf(task)]));
    this.#tell = new AttemptEvents(options.events, plan.name);
    this.#worker = makeWorker(
      plan.name,
      // Two parameters: for a third one BullMQ would make an AbortController for each job, and an attempt has its own.
      (job, token) => this.#process(job, token!),
      workerOptions(plan, options),
      options.backend,
    );
    this.#slots = new Slots(this.#worker, plan.concurrency, this.#warn);
    const { events, logger, enqueue, validate, runInScope } = options;
    const source: WorkSource = {
      queue: plan.name,
      worker: this.#worker,
      events,
      logger,
      enqueue,
      validate,
      runInScope,
      poolOf: (task) => this.#poolOf(task),
    };
    this.#work = (attempt) => work(attempt, source);
    this.#listen();
  }

  /** Begins to take jobs. */
  async start(): Promise<void> {
    await this.#worker.waitUntilReady();
    if (this.#isClosing) return;
    this.#worker.run().catch((error: unknown) => {
      this.#broken = error;
      this.#options.logger.error({ err: error, queue: this.plan.name }, 'the worker has stopped');
    });
  }

  /** Attempts that run, without the abandoned. */
  get running(): number {
    return this.#attempts.size - this.#slots.abandoned;
  }

  /** Aborts the attempt of a job; where none can be aborted, the next one here is.
   * @returns whether it runs here */
  cancel(id: string, reason: string): boolean {
    const attempt = this.#attempts.get(id);
    if (attempt === undefined || attempt.verdict !== undefined) {
      this.#earlyCancels.note(id, reason);
      return false;
    }
    attempt.abort('cancelled', new errors.CANCELLED(id, reason));
    return true;
  }

  /** A job has ended, here or elsewhere. */
  ended(id: string): void {
    this.#earlyCancels.forget(id);
  }

  stats(): RunnerQueueStats {
    let threads = 0;
    for (const pool of this.#pools.values()) threads += pool.threads;
    const { now, abandoned, isPaused } = this.#slots;
    const { min, max } = this.plan.concurrency;
    return {
      queue: this.plan.name,
      running: this.running,
      concurrency: { now, min, max },
      abandoned,
      paused: isPaused || this.#isClosing,
      threads,
    };
  }

  /** What is wrong, in sentences. */
  troubles(): { readonly degraded: readonly string[]; readonly failed: readonly string[] } {
    const { name, concurrency } = this.plan;
    const degraded: string[] = [];
    if (this.#slots.isPaused) {
      const { abandoned } = this.#slots;
      degraded.push(
        `queue ${name} is paused: ${abandoned} handlers ignore their abort, at most ${concurrency.max} may`,
      );
    }
    if (this.#deadLettersLost > 0) {
      degraded.push(
        `dead letters of queue ${name} that were not written: ${this.#deadLettersLost}`,
      );
    }
    const failed = this.#broken === undefined ? [] : [`the worker of queue ${name} has stopped`];
    return { degraded, failed };
  }

  /** Looks at the concurrency; once a second. */
  async scale(loopDelay: number, isUnderPressure: boolean): Promise<void> {
    const hasBacklog = async (): Promise<boolean> =>
      (await (await this.#queue()).getJobCountByTypes('wait', 'prioritized')) > 0;
    const around = { loopDelay, isUnderPressure, hasBacklog };
    const isSaturated = await this.#slots.look(this.running, around);
    if (isSaturated) this.#options.events.emit('saturated', { queue: this.plan.name });
  }

  /** Takes no more jobs. */
  stop(): void {
    this.#isClosing = true;
    this.#slots.close();
    this.#closed ??= this.#worker.close().catch(this.#warn);
  }

  /** Settles when nothing runs but abandoned handlers. */
  whenIdle(): Promise<void> {
    if (this.running === 0) return Promise.resolve();
    return new Promise((resolve) => this.#onIdle.push(resolve));
  }

  /** Aborts the signals of all that runs. */
  abort(): void {
    const error = new errors.CLOSING();
    for (const attempt of this.#attempts.values()) attempt.abort('closing', error);
  }

  /** Waits for no handler any more, and closes.
   * @param patience  ms that the worker has for it, before its connection is cut
   * @returns abandoned handlers whose jobs are dead letters now */
  async close(patience: number): Promise<number> {
    const { abandoned } = this.#slots;
    const unsettled = this.#options.backendKind === 'embedded' ? 'returned' : 'left';
    for (const attempt of this.#attempts.values()) {
      attempt.end(attempt.isAbandoned ? 'dead' : unsettled);
    }
    // A server that is gone would keep the worker waiting for ever.
    if (!(await within(patience, this.#closed))) this.#worker.cutOff();
    this.#clock.close();
    await Promise.all(Array.from(this.#pools.values(), (pool) => pool.close()));
    return abandoned;
  }

  expect(due: number): void {
    this.#clock.expect(due);
  }

  timedOut(attempt: Attempt): void {
    this.#tell.timeout(attempt);
  }

  abandoned(attempt: Attempt): void {
    this.#slots.abandon();
    this.#tell.abandoned(attempt);
    this.#options.logger.warn(
      { task: attempt.job.name, job: attempt.id, queue: this.plan.name },
      'a handler ignores its abort: its slot is given to others',
    );
    this.#tellIdle();
  }

  // What BullMQ calls for each job. HOT: benchmarks/tasks
  async #process(job: Job, token: string): Promise<unknown> {
    if (this.#isClosing) throw await giveBack(job, token);
    if (this.#attempts.has(job.id!)) {
      // Its lock ran out, and whoever noticed gave the job back.
      this.#lose(job.id!);
      throw await postpone(job, token, Date.now() + STILL_RUNNING);
    }
    const schedule = (job.data as Partial<StoredData> | undefined)?.schedule;
    if (schedule !== undefined && job.repeatJobKey !== undefined) {
      if (!(await this.#admit(job, token, schedule))) return null;
    }
    const attempt = new Attempt(job, this.#tasks.get(job.name), token, this);
    this.#attempts.set(attempt.id, attempt);
    this.#slots.took(this.running);
    (job as TaskJob)[ATTEMPT] = attempt;
    try {
      const early = this.#earlyCancels.take(attempt.id);
      if (early !== undefined && this.cancel(attempt.id, early)) throw attempt.abortError!;
      const refusal = this.#worker.refusalOf(job);
      if (refusal !== undefined) throw unrecoverable(refusal);
      if (attempt.task === undefined) throw new errors.UNKNOWN_TASK(job.name);
      this.#tell.started(attempt);
      const result = await attempt.run(this.#work);
      attempt.settle();
      const { abortKind } = attempt;
      // A result that came after the time was over is not taken: whoever waits was told so.
      if (abortKind === 'timeout' || abortKind === 'lost') throw undefined;
      if ((job.data as StoredData).continues === true) {
        await detachChildren(job, { queueOf: this.#options.queueOf, onError: this.#warn });
      }
      const { completed, failed } = this.#keep.get(job.name)!;
      job.opts.removeOnComplete = completed;
      // In case the store refuses the result, and BullMQ fails the attempt: its other way is to repeat it at once.
      job.opts.removeOnFail = failed;
      job.opts.backoff ??= backoffOf(attempt);
      return result;
    } catch (error) {
      attempt.settle();
      attempt.verdict = verdictOf(attempt, error, Math.random());
      throw await this.#conclude(attempt, attempt.verdict);
    } finally {
      this.#attempts.delete(attempt.id);
      this.#slots.freed(attempt.isAbandoned);
      if (this.#onIdle.length > 0) this.#tellIdle();
    }
  }

  // Whether a run of a schedule may begin; when it is left out, nothing of it is kept.
  async #admit(job: Job, token: string, schedule: StoredSchedule): Promise<boolean> {
    const gate = await gateOf(job, schedule, this.#startedAt, () => this.#queue());
    if ('at' in gate) throw await postpone(job, token, gate.at);
    if ('skip' in gate) {
      this.#tell.skipped(job, schedule.key, gate.skip);
      job.opts.removeOnComplete = true;
      return false;
    }
    if (this.#isClosing) throw await giveBack(job, token);
    return true;
  }

  // What BullMQ is to be told of an attempt that failed.
  async #conclude(attempt: Attempt, verdict: Verdict): Promise<Error> {
    const { job, token, task, times } = attempt;
    const { kind, error } = verdict;
    if (kind === 'return' || kind === 'lost') {
      const moved = kind === 'return' ? await giveBack(job, token) : movedAs('WaitingError');
      this.#tell.retrying(attempt, error, 0);
      return moved;
    }
    job.opts.stackTraceLimit ??= STACKS;
    job.opts.removeOnFail = this.#keep.get(job.name)?.failed ?? false;
    if (kind === 'retry') {
      job.opts.backoff = backoffOf(attempt);
      return new AttemptFailure(error, attempt.number, times, verdict.delay);
    }
    if (kind === 'failed' && (task?.deadLetter ?? true)) await this.#bury(attempt, error);
    return new AttemptFailure(error, attempt.number, times, undefined);
  }

  // A letter that cannot be written must not lose the payload: then the job itself is kept.
  async #bury(attempt: Attempt, error: unknown): Promise<void> {
    const { job } = attempt;
    const { queueOf, logger } = this.#options;
    const times = attempt.isStarted ? attempt.times : undefined;
    try {
      await writeDeadLetter(queueOf, this.plan.name, job, error, times);
      this.#tell.dead(attempt, error);
    } catch (failure) {
      this.#deadLettersLost += 1;
      job.opts.removeOnFail = false;
      logger.error(
        { err: failure, task: job.name, job: job.id, queue: this.plan.name },
        'a dead letter was not written: the job stays among the failed',
      );
    }
  }

  #lose(id: string): void {
    this.#attempts.get(id)?.abort('lost', new Error(`the lock of job ${id} was lost`));
  }

  #tellIdle(): void {
    if (this.running > 0) return;
    const told = this.#onIdle;
    this.#onIdle = [];
    for (const resolve of told) resolve();
  }

  #queue(): Queue | Promise<Queue> {
    return this.#options.queueOf(this.plan.name);
  }

  #poolOf(task: AnyTask): ThreadPool {
    let pool = this.#pools.get(task);
    if (pool === undefined) {
      const { threads = {} } = this.#options;
      pool = new ThreadPool(task.file!, this.plan.concurrency.max, threads, this.#warn);
      this.#pools.set(task, pool);
    }
    return pool;
  }

  #listen(): void {
    const { events } = this.#options;
    const queue = this.plan.name;
    const worker = this.#worker;
    worker.on('completed', (job: TaskJob) => {
      this.ended(job.id!);
      const attempt = job[ATTEMPT];
      if (attempt !== undefined) this.#tell.completed(attempt);
    });
    worker.on('failed', (job: TaskJob | undefined, error) => {
      const attempt = job?.[ATTEMPT];
      if (attempt !== undefined) this.#onFailed(attempt, error);
    });
    worker.on('stalled', (id) => events.emit('stalled', { task: '', queue, id }));
    worker.on('drained', () => events.emit('drained', { queue }));
    worker.on('lockRenewalFailed', (ids) => {
      for (const id of ids) this.#lose(id);
    });
    worker.on('error', this.#warn);
  }

  #onFailed(attempt: Attempt, error: Error): void {
    const { job, verdict, task } = attempt;
    const cause = verdict === undefined ? error : verdict.error;
    if (!job.finishedOn) {
      this.#tell.retrying(attempt, cause, job.delay);
      return;
    }
    this.ended(attempt.id);
    this.#tell.failed(attempt, cause);
    if (verdict === undefined && task!.deadLetter) void this.#bury(attempt, error);
  }

  readonly #warn = (error: unknown): void => {
    const { logger } = this.#options;
    logger.warn({ err: error, queue: this.plan.name }, 'a worker of tasks had an error');
  };
}

async function giveBack(job: Job, token: string): Promise<Error> {
  await job.moveToWait(token);
  return movedAs('WaitingError');
}

async function postpone(job: Job, token: string, at: number): Promise<Error> {
  await job.moveToDelayed(at, token);
  return movedAs('DelayedError');
}

// BullMQ goes by names: of these it does nothing more to the job.
function movedAs(name: 'WaitingError' | 'DelayedError'): Error {
  return Object.assign(new Error('the job was moved'), { name });
}

function unrecoverable(message: string): Error {
  return Object.assign(new Error(message), { name: 'UnrecoverableError' });
}
