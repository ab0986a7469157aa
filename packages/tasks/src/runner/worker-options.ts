// What BullMQ's worker is told.
import type { WorkerOptions } from 'bullmq';
import type { QueuePlan } from '../define/registry.ts';
import type { StoredBackoff } from '../define/stored.ts';
import { AttemptFailure } from './failure.ts';
import { retryDelay } from './retry-delay.ts';
import type { RunnerOptions } from './types.ts';

/** How often a job may stall, before it is failed. */
const MAX_STALLED = 3;

export function workerOptions(plan: QueuePlan, options: RunnerOptions): WorkerOptions {
  const { connection, prefix, telemetry, lockDuration } = options;
  const { rateLimit, concurrency } = plan;
  return {
    connection: connectionOf(connection),
    autorun: false,
    concurrency: concurrency.min,
    maxStalledCount: MAX_STALLED,
    settings: { backoffStrategy },
    ...(lockDuration !== undefined && { lockDuration, stalledInterval: lockDuration }),
    ...(rateLimit !== undefined && { limiter: { ...rateLimit } }),
    ...(prefix !== undefined && { prefix }),
    ...(telemetry !== undefined && { telemetry }),
  };
}

// Attempts that BullMQ failed by itself wait as their job says.
function backoffStrategy(
  failed: number,
  _type: string | undefined,
  error: Error | undefined,
  job: { readonly opts: { readonly backoff?: unknown } } | undefined,
): number {
  if (error instanceof AttemptFailure) return error.delay ?? -1;
  return retryDelay(job!.opts.backoff as StoredBackoff, failed, Math.random());
}

// A worker waits as long as its server is away. Clients that somebody made are left as they are.
function connectionOf(connection: unknown): WorkerOptions['connection'] {
  const isPlain =
    typeof connection === 'object' &&
    connection !== null &&
    Object.getPrototypeOf(connection) === Object.prototype;
  const given = connection ?? {};
  return (
    isPlain ? { ...given, maxRetriesPerRequest: null } : given
  ) as WorkerOptions['connection'];
}
