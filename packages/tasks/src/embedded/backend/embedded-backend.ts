// BullMQ's contract over a store of this process: each member hands over to the command of its name, which changes the state; what only
// reads is reading-backend.ts. What a member means is said there; this file says how the arguments of BullMQ's classes become theirs.
// Invariant: no member does anything between its command and its answer, so that commands are all that a log needs.
import {
  attemptFieldsOf,
  finishOf,
  jsonOf,
  newJobOf,
  roughSize,
  textOf,
  workerOf,
} from './arguments.ts';
import type {
  FinishedStatus,
  IQueueBackend,
  JobJson,
  JobProgress,
  JobsOptions,
  KeepJobs,
  MinimalJob,
  MoveToDelayedOpts,
  MoveToWaitingChildrenOpts,
  ParentKeyOpts,
  RepeatableOptions,
  RetryJobOpts,
  RetryOptions,
} from 'bullmq';
import type { NextJob } from '../commands/_fetch-next.ts';
import type { JobOptionsJson, ScheduleOptions } from '../commands/_schedule-options.ts';
import type { NewJob } from '../engine/job.ts';
import type { Marker } from './waiters.ts';
import { never } from './waiters.ts';
import { ReadingBackend } from './reading-backend.ts';

interface Entry {
  job: JobJson;
  jobId: string;
  parentKeyOpts?: ParentKeyOpts;
}

interface FlowEntry {
  jobData: JobJson;
  jobId: string;
  parentKeyOpts: ParentKeyOpts;
  prefix: string;
  queueName: string;
}

/** What the command that ends a job answers. */
interface Ended {
  readonly next: NextJob | undefined;
  readonly finishedOn: number;
}

type Sized = Pick<NewJob, 'data'>;

type Finished = Promise<{ result: void | unknown[]; finishedOn: number }>;

export class EmbeddedBackend extends ReadingBackend implements IQueueBackend {
  readonly minimumBlockTimeout = 0.001;
  /** A wait costs nothing and misses nothing: it may last as long as a timer can. */
  readonly maximumBlockTimeout = 2_147_483;

  forQueue(queueName: string, prefix: string = this.prefix): EmbeddedBackend {
    return new EmbeddedBackend(this.shared, queueName, { ...this.options, prefix }, this.owner);
  }

  // Adding

  async addJob(job: JobJson, jobId: string, parentKeyOpts?: ParentKeyOpts): Promise<string> {
    const made = newJobOf(job, jobId, parentKeyOpts);
    return this.#add([made], () => this.change('addJob', made));
  }

  async addJobs(entries: Entry[]): Promise<string[]> {
    const jobs = entries.map(({ job, jobId, parentKeyOpts }) =>
      newJobOf(job, jobId, parentKeyOpts),
    );
    return this.#add(jobs, () => this.change('addJobs', jobs));
  }

  async addFlow(entries: FlowEntry[]): Promise<[Error | null, string | number][]> {
    const made = entries.map(({ jobData, jobId, parentKeyOpts, prefix, queueName }) => ({
      name: queueName,
      prefix,
      job: newJobOf(jobData, jobId, parentKeyOpts),
    }));
    const jobs = made.map(({ job }) => job);
    return this.#add(jobs, () => this.change('addFlow', made));
  }

  // Running

  async moveToActive(token: string, name?: string): Promise<NextJob> {
    if (!this.hasJoined) {
      await this.openForWork();
      if (!this.hasJoined) return [null, 0, 0, 0];
    }
    if (!this.#gives) return [null, 0, 0, 0];
    // HOT: benchmarks/tasks. A store in memory answers at once: to wait for that would cost each job a turn of the promise queue.
    const asked = this.change('moveToActive', token, workerOf(this.options, name));
    const next = asked instanceof Promise ? await asked : asked;
    const turn = this.#turn(next);
    if (turn !== undefined) await turn;
    return next;
  }

  async moveToCompleted<T, R, N extends string>(
    job: MinimalJob<T, R, N>,
    returnValue: R,
    removeOnComplete: boolean | number | KeepJobs,
    token: string,
    fetchNext: boolean,
  ): Finished {
    const { removeOnComplete: workerKeep } = this.options;
    const how = finishOf(
      this.options,
      job,
      removeOnComplete,
      workerKeep,
      token,
      fetchNext && this.#gives,
    );
    const value = JSON.stringify(returnValue) as string | undefined;
    return this.#answer(this.change('moveToCompleted', idOf(job), value ?? 'null', how));
  }

  async moveToFailed<T, R, N extends string>(
    job: MinimalJob<T, R, N>,
    failedReason: string | undefined,
    removeOnFail: boolean | number | KeepJobs,
    token: string,
    fetchNext: boolean,
    fieldsToUpdate?: Record<string, unknown>,
  ): Finished {
    const { removeOnFail: workerKeep } = this.options;
    const how = finishOf(
      this.options,
      job,
      removeOnFail,
      workerKeep,
      token,
      fetchNext && this.#gives,
    );
    const fields = attemptFieldsOf(fieldsToUpdate);
    return this.#answer(
      this.change('moveToFailed', idOf(job), textOf(failedReason ?? 'null'), how, fields),
    );
  }

  async moveToDelayed(
    jobId: string,
    timestamp: number,
    delay: number,
    token = '0',
    opts: MoveToDelayedOpts = {},
  ): Promise<unknown[]> {
    const how = {
      timestamp,
      delay,
      token,
      skipAttempt: opts.skipAttempt === true,
      fetchNext: opts.fetchNext === true && this.#gives,
      worker: workerOf(this.options, this.options.name),
    };
    const fields = attemptFieldsOf(opts.fieldsToUpdate);
    const next = await this.change('moveToDelayed', jobId, how, fields);
    const turn = this.#turn(next);
    if (turn !== undefined) await turn;
    return next ?? [];
  }

  async moveToWaitingChildren(
    jobId: string,
    token: string,
    opts: MoveToWaitingChildrenOpts = {},
  ): Promise<boolean> {
    const { child } = opts;
    const childKey = child === undefined ? null : `${child.queue}:${child.id}`;
    return this.change('moveToWaitingChildren', jobId, token, childKey);
  }

  async moveJobFromActiveToWait(jobId: string, token = '0'): Promise<number> {
    return this.change('moveJobFromActiveToWait', jobId, token);
  }

  async retryJob(
    jobId: string,
    lifo: boolean,
    token = '0',
    opts: RetryJobOpts = {},
  ): Promise<void> {
    return this.change('retryJob', jobId, lifo, token, attemptFieldsOf(opts.fieldsToUpdate));
  }

  /** Jobs whose worker's backend is closed, and those that nobody locked. */
  async moveStalledJobsToWait(): Promise<string[]> {
    await this.waitUntilReady();
    const stalled: string[] = [];
    for (const { id, lock } of this.queue.active.values()) {
      if (lock?.owner?.isOpen !== true) stalled.push(id);
    }
    if (stalled.length === 0) return stalled;
    return this.change('moveStalledJobsToWait', stalled, this.options.maxStalledCount ?? 1);
  }

  /** @param blockTimeout  s; a worker's `drainDelay` is no end: BullMQ asks again then because a connection may have died unnoticed */
  async waitForJob(blockTimeout: number): Promise<Marker | null> {
    await this.waitUntilReady();
    if (!this.mayWait) return never();
    const timeout = blockTimeout === this.options.drainDelay ? Infinity : blockTimeout * 1_000;
    return this.shared.waiters.wait(this.queue, this.owner, timeout, !this.#gives);
  }

  // Jobs that wait, or are done

  async promote(jobId: string): Promise<void> {
    return this.change('promote', jobId);
  }

  async promoteJobs(count = 1_000): Promise<number> {
    return this.change('promoteJobs', count);
  }

  async retryFinishedJob<T, R, N extends string>(
    job: MinimalJob<T, R, N>,
    state: 'failed' | 'completed',
    opts: RetryOptions = {},
  ): Promise<void> {
    return this.change('retryFinishedJob', idOf(job), state, {
      lifo: job.opts.lifo === true,
      resetAttemptsMade: opts.resetAttemptsMade === true,
      resetAttemptsStarted: opts.resetAttemptsStarted === true,
    });
  }

  async retryFinishedJobs(
    state: FinishedStatus = 'failed',
    count = 1_000,
    timestamp: number = Date.now(),
  ): Promise<number> {
    return this.change('retryFinishedJobs', state, count, timestamp);
  }

  async changeDelay(jobId: string, delay: number): Promise<void> {
    return this.change('changeDelay', jobId, delay);
  }

  async changePriority(jobId: string, priority = 0, lifo = false): Promise<void> {
    return this.change('changePriority', jobId, priority, lifo);
  }

  async updateData<T, R, N extends string>(job: MinimalJob<T, R, N>, data: T): Promise<void> {
    return this.change('updateData', idOf(job), JSON.stringify(data) as string | undefined);
  }

  async updateProgress(jobId: string, progress: JobProgress): Promise<void> {
    return this.change('updateProgress', jobId, JSON.stringify(progress));
  }

  async addLog(jobId: string, logRow: string, keepLogs?: number): Promise<number> {
    return this.change('addLog', jobId, textOf(logRow), keepLogs);
  }

  async clearLogs(jobId: string, keepLogs?: number): Promise<void> {
    return this.change('clearLogs', jobId, keepLogs);
  }

  async remove(jobId: string, removeChildren: boolean): Promise<number> {
    return this.change('remove', jobId, removeChildren);
  }

  async removeUnprocessedChildren(jobId: string): Promise<void> {
    return this.change('removeUnprocessedChildren', jobId);
  }

  async removeChildDependency(jobId: string, parentKey: string): Promise<boolean> {
    return this.change('removeChildDependency', jobId, parentKey);
  }

  async removeDeduplicationKey(deduplicationId: string, jobId: string): Promise<number> {
    return this.change('removeDeduplicationKey', textOf(deduplicationId), jobId);
  }

  async deleteDeduplicationKey(deduplicationId: string): Promise<number> {
    return this.change('deleteDeduplicationKey', textOf(deduplicationId));
  }

  // The whole queue

  async pause(pause: boolean): Promise<void> {
    return this.change('pause', pause);
  }

  async drain(delayed: boolean): Promise<void> {
    return this.change('drain', delayed);
  }

  async cleanJobsByState(state: string, timestamp: number, limit = 0): Promise<string[]> {
    return this.change('cleanJobsByState', state, timestamp, limit);
  }

  async obliterate({ force, count }: { force: boolean; count: number }): Promise<number> {
    return this.change('obliterate', count, force);
  }

  /** Nothing can be orphaned: a job is in its collection, or it is not there. */
  removeOrphanedJobs(): Promise<number> {
    return Promise.resolve(0);
  }

  removeDeprecatedPriorityKey(): Promise<number> {
    return Promise.resolve(0);
  }

  async setQueueMeta(values: Record<string, string | number>): Promise<number> {
    await this.waitUntilReady();
    const texts = Object.fromEntries(
      Object.entries(values).map(([key, value]) => [key, `${value}`]),
    );
    const { meta } = this.queue;
    // Each Queue says so when it is made: what is known already needs no record.
    if (Object.entries(texts).every(([field, value]) => meta.get(field) === value)) return 0;
    return this.change('setQueueMeta', texts);
  }

  async removeQueueMetaFields(fields: string[]): Promise<number> {
    return this.change('removeQueueMetaFields', fields);
  }

  async setRateLimit(expireTimeMs: number): Promise<void> {
    return this.change('setRateLimit', expireTimeMs);
  }

  async removeRateLimitKey(): Promise<number> {
    return this.change('removeRateLimitKey');
  }

  // Schedules

  async addJobScheduler(
    jobSchedulerId: string,
    nextMillis: number,
    templateData: string,
    templateOpts: JobsOptions,
    opts: RepeatableOptions,
    delayedJobOpts: JobsOptions,
  ): Promise<[string, number]> {
    const template = jsonOf<JobOptionsJson>(templateOpts);
    const schedule = jsonOf<ScheduleOptions>(opts);
    const next = jsonOf<JobOptionsJson>(delayedJobOpts);
    const jobs = [{ data: templateData }];
    return this.#add(jobs, () =>
      this.change(
        'addJobScheduler',
        jobSchedulerId,
        nextMillis,
        templateData,
        template,
        schedule,
        next,
      ),
    );
  }

  async updateJobSchedulerNextMillis(
    jobSchedulerId: string,
    nextMillis: number,
    templateData: string,
    delayedJobOpts: JobsOptions,
    producerId?: string,
  ): Promise<string | null> {
    return this.change(
      'updateJobSchedulerNextMillis',
      jobSchedulerId,
      nextMillis,
      templateData,
      jsonOf(delayedJobOpts),
      producerId,
    );
  }

  async removeJobScheduler(jobSchedulerId: string): Promise<number> {
    return this.change('removeJobScheduler', jobSchedulerId);
  }

  /** Whether jobs are given out: not while it closes, nor while the disk takes no record of it. */
  get #gives(): boolean {
    if (!this.isOpen) return false;
    const { state } = this.shared.journal;
    return state !== 'full' && state !== 'failed';
  }

  async #answer(ended: Ended | Promise<Ended>): Finished {
    const { next, finishedOn } = ended instanceof Promise ? await ended : ended;
    const turn = this.#turn(next);
    if (turn !== undefined) await turn;
    return { result: next ?? [], finishedOn };
  }

  /** What to wait for before a job is given out. */
  #turn(next: NextJob | undefined): Promise<void> | undefined {
    return next === undefined || next[0] === null ? undefined : this.shared.pace.take();
  }

  /** Adds jobs where the store has room for all of them, which it knows once it is open. */
  #add<R>(jobs: readonly Sized[], add: () => R | Promise<R>): R | Promise<R> {
    const { shared } = this;
    const bytes = jobs.reduce((sum, job) => sum + roughSize(job), 0);
    if (shared.journal.state !== 'closed') return shared.admitted(jobs.length, bytes, add);
    return this.waitUntilReady().then(() => shared.admitted(jobs.length, bytes, add));
  }
}

function idOf(job: { id?: string }): string {
  return job.id ?? '';
}
