// What BullMQ's contract only reads, and what changes no state that a log would hold: renewals of locks, and events.
// Each member hands over to the read of its name. See embedded-backend.ts for what changes something.
import { rateLimitTtl } from '../commands/_fetch-next.ts';
import { holderOf } from '../commands/_deduplicate.ts';
import { isMaxed } from '../commands/_intake.ts';
import { toJobJson } from '../engine/job-json.ts';
import { getClientList } from '../reads/get-client-list.ts';
import { getCounts } from '../reads/get-counts.ts';
import { getCountsByName } from '../reads/get-counts-by-name.ts';
import { getCountsPerPriority } from '../reads/get-counts-per-priority.ts';
import { getDependencies } from '../reads/get-dependencies.ts';
import { getDependencyCounts } from '../reads/get-dependency-counts.ts';
import { getIgnoredChildrenFailures } from '../reads/get-ignored-children-failures.ts';
import { getJobLogs } from '../reads/get-job-logs.ts';
import { getJobScheduler } from '../reads/get-job-scheduler.ts';
import { getJobSchedulerData } from '../reads/get-job-scheduler-data.ts';
import { getJobSchedulersCount } from '../reads/get-job-schedulers-count.ts';
import { getJobSchedulersRange } from '../reads/get-job-schedulers-range.ts';
import { getMetrics } from '../reads/get-metrics.ts';
import { getProcessedChildrenValues } from '../reads/get-processed-children-values.ts';
import { getRanges } from '../reads/get-ranges.ts';
import { getState } from '../reads/get-state.ts';
import { isFinished } from '../reads/is-finished.ts';
import { isJobInState } from '../reads/is-job-in-state.ts';
import { isJobScheduler } from '../reads/is-job-scheduler.ts';
import { paginate } from '../reads/paginate.ts';
import { readEvents } from '../reads/read-events.ts';
import { textOf } from './arguments.ts';
import { Connection } from './connection.ts';
import type {
  DependenciesOpts,
  IQueueBackend,
  JobJson,
  JobState,
  JobType,
  StreamReadRaw,
} from 'bullmq';
import type { NameCounts } from '../reads/get-counts-by-name.ts';

export class ReadingBackend extends Connection {
  /** Locks never expire here: it succeeds while the token is the right one.
   * @returns 1, or 0 when it is not */
  extendLock(jobId: string, token: string, _duration: number): Promise<number> {
    return this.read((queue) => (queue.jobs.get(jobId)?.lock?.token === token ? 1 : 0));
  }

  extendLocks(jobIds: string[], tokens: string[], _duration: number): Promise<string[]> {
    return this.read(({ jobs }) =>
      jobIds.filter((id, at) => jobs.get(id)?.lock?.token !== tokens[at]),
    );
  }

  getQueueMetaField(field: string): Promise<string | null> {
    return this.read(({ meta }) => meta.get(field) ?? null);
  }

  getQueueMetaFields(fields: string[]): Promise<(string | null)[]> {
    return this.read(({ meta }) => fields.map((field) => meta.get(field) ?? null));
  }

  getQueueMeta(): Promise<Record<string, string>> {
    return this.read(({ meta }) => Object.fromEntries(meta));
  }

  hasQueueMetaField(field: string): Promise<boolean> {
    return this.read(({ meta }) => meta.has(field));
  }

  getJobScheduler(id: string): Promise<[unknown, string | null]> {
    return this.read((queue) => getJobScheduler(queue, id));
  }

  isJobScheduler(id: string): Promise<boolean> {
    return this.read((queue) => isJobScheduler(queue, id));
  }

  getJobSchedulerData(key: string): Promise<Record<string, string>> {
    return this.read((queue) => getJobSchedulerData(queue, key));
  }

  getJobSchedulersRange(start: number, end: number, asc: boolean): Promise<string[]> {
    return this.read((queue) => getJobSchedulersRange(queue, start, end, asc));
  }

  getJobSchedulersCount(): Promise<number> {
    return this.read(getJobSchedulersCount);
  }

  getState(jobId: string): Promise<JobState | 'unknown'> {
    return this.read((queue) => getState(queue, jobId));
  }

  isFinished(jobId: string, returnValue = false): Promise<number | [number, string]> {
    return this.read((queue) => isFinished(queue, jobId, returnValue));
  }

  isMaxed(): Promise<boolean> {
    return this.read(isMaxed);
  }

  isJobInState(state: string, jobId: string): Promise<boolean> {
    return this.read((queue) => isJobInState(queue, state, jobId));
  }

  getJobData(jobId: string): Promise<JobJson | undefined> {
    return this.read(({ jobs }) => {
      const job = jobs.get(jobId);
      return job === undefined ? undefined : toJobJson(job);
    });
  }

  getDeduplicationJobId(deduplicationId: string): Promise<string | null> {
    return this.read((queue) => holderOf(queue, textOf(deduplicationId), Date.now()) ?? null);
  }

  getJobLogs(
    jobId: string,
    start: number,
    end: number,
    asc: boolean,
  ): Promise<{ logs: string[]; count: number }> {
    return this.read((queue) => getJobLogs(queue, jobId, start, end, asc));
  }

  /** As PTTL answers: -2 when no window is open. */
  getRateLimitTtl(maxJobs?: number): Promise<number> {
    return this.read((queue) => {
      const now = Date.now();
      const max = maxJobs ?? queue.meta.get('max');
      if (max !== undefined) return rateLimitTtl(queue, Number(max), now);
      const { endsAt } = queue.rateWindow ?? { endsAt: 0 };
      return endsAt > now ? endsAt - now : -2;
    });
  }

  getCounts(types: JobType[], delayedTimestamp?: number): Promise<number[]> {
    return this.read((queue) => getCounts(queue, types, delayedTimestamp));
  }

  getCountsPerPriority(priorities: number[]): Promise<number[]> {
    return this.read((queue) => getCountsPerPriority(queue, priorities));
  }

  /** Not of the contract: for statistics by task. */
  getCountsByName(): Promise<Map<string, NameCounts>> {
    return this.read((queue) => getCountsByName(queue));
  }

  getRanges(types: JobType[], start?: number, end?: number, asc?: boolean): Promise<[string][]> {
    return this.read((queue) => getRanges(queue, types, start, end, asc));
  }

  getDependencyCounts(jobId: string, types: string[]): Promise<number[]> {
    return this.read((queue) => getDependencyCounts(queue, jobId, types));
  }

  getDependencies(
    jobId: string,
    opts: DependenciesOpts,
  ): ReturnType<IQueueBackend['getDependencies']> {
    return this.read((queue) => getDependencies(queue, jobId, opts));
  }

  getProcessedChildrenValues(jobId: string): Promise<Record<string, string>> {
    return this.read((queue) => getProcessedChildrenValues(queue, jobId));
  }

  getIgnoredChildrenFailures(jobId: string): Promise<Record<string, string>> {
    return this.read((queue) => getIgnoredChildrenFailures(queue, jobId));
  }

  getMetrics(
    type: 'completed' | 'failed',
    start = 0,
    end = -1,
  ): Promise<[string[], string[], number]> {
    return this.read((queue) => getMetrics(queue, type, start, end));
  }

  getClientList(): Promise<string[]> {
    return this.read(() => getClientList(this.shared.users, Date.now()));
  }

  paginate(
    key: string,
    opts: { start: number; end: number; fetchJobs?: boolean },
  ): ReturnType<IQueueBackend['paginate']> {
    return this.read((queue) => paginate(this.shared.journal.store, queue, key, opts));
  }

  trimEvents(maxLength: number): Promise<number> {
    return this.read(({ events }) => events.trim(maxLength));
  }

  publishEvent(fields: Record<string, string | number>, maxEvents: number): Promise<string> {
    return this.read(({ events }) => {
      const { event = '', ...others } = fields;
      events.append({ event: String(event), ...others }, Date.now());
      events.trim(maxEvents);
      return events.lastId;
    });
  }

  readEvents(id: string, blockTimeout: number): Promise<StreamReadRaw> {
    return this.read((queue) => readEvents(queue, id, blockTimeout, this.readSignal));
  }
}
