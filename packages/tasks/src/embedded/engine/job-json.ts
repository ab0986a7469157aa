// A job as BullMQ's classes take it.
import type { JobJson } from 'bullmq';
import type { Job } from './job.ts';

/** HOT: benchmarks/tasks */
export function toJobJson(job: Job): JobJson {
  const { rare } = job;
  const json = {
    id: job.id,
    name: job.name,
    data: job.data,
    // The options are shared: BullMQ copies their first level, which is a copy only when there is no other.
    opts: job.options.isFlat ? job.options.value : JSON.parse(job.options.json),
    progress: job.progress === undefined ? 0 : JSON.parse(job.progress),
    delay: job.delay,
    priority: job.priority,
    timestamp: job.timestamp,
    attemptsStarted: job.attemptsStarted,
    attemptsMade: job.attemptsMade,
    stalledCounter: job.stalledCounter,
    finishedOn: job.finishedOn === 0 ? undefined : job.finishedOn,
    processedOn: job.processedOn === 0 ? undefined : job.processedOn,
    repeatJobKey: rare?.repeatJobKey,
    debounceId: rare?.deduplicationId,
    deduplicationId: rare?.deduplicationId,
    failedReason: job.failedReason,
    deferredFailure: rare?.deferredFailure,
    stacktrace: job.stacktrace,
    returnvalue: job.returnValue,
    parentKey: rare?.parentKey,
    parent: rare?.parent === undefined ? undefined : JSON.parse(rare.parent),
    processedBy: rare?.processedBy,
  };
  return json as unknown as JobJson;
}
