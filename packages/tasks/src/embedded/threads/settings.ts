// What a backend reads of the options of its queue or worker: plain data, where the options themselves hold functions and clients.
// BullMQ's users change some while a worker runs; the owner is then told.
import type { KeepJobs } from 'bullmq';
import type { BackendOptions } from '../backend/arguments.ts';

/** That part. */
export interface Settings {
  readonly prefix: string | undefined;
  readonly name: string | undefined;
  readonly limiter: { readonly max: number; readonly duration: number } | undefined;
  readonly metrics: { readonly maxDataPoints: number | undefined } | undefined;
  readonly removeOnComplete: KeepJobs | undefined;
  readonly removeOnFail: KeepJobs | undefined;
  readonly maxStalledCount: number | undefined;
  readonly drainDelay: number | undefined;
}

/** A copy of what it is now. */
export function settingsOf(options: BackendOptions): Settings {
  const { prefix, name, limiter, metrics, maxStalledCount, drainDelay } = options;
  return {
    prefix,
    name,
    limiter: limiter && { max: limiter.max, duration: limiter.duration },
    metrics: metrics && { maxDataPoints: metrics.maxDataPoints },
    removeOnComplete: keepOf(options.removeOnComplete),
    removeOnFail: keepOf(options.removeOnFail),
    maxStalledCount,
    drainDelay,
  };
}

/** Whether options are as they were. HOT: asked before each job */
export function isAsBefore(before: Settings, now: BackendOptions): boolean {
  return (
    before.name === now.name &&
    before.limiter?.max === now.limiter?.max &&
    before.limiter?.duration === now.limiter?.duration &&
    before.metrics?.maxDataPoints === now.metrics?.maxDataPoints &&
    before.maxStalledCount === now.maxStalledCount &&
    before.drainDelay === now.drainDelay &&
    isSameKeep(before.removeOnComplete, now.removeOnComplete) &&
    isSameKeep(before.removeOnFail, now.removeOnFail)
  );
}

function isSameKeep(one: Keep | undefined, other: Keep | undefined): boolean {
  return one?.age === other?.age && one?.count === other?.count && one?.limit === other?.limit;
}

type Keep = { readonly age?: number; readonly count?: number; readonly limit?: number };

function keepOf(keep: Keep | undefined): KeepJobs | undefined {
  return keep && ({ age: keep.age, count: keep.count, limit: keep.limit } as KeepJobs);
}
