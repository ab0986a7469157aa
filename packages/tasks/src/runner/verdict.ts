// What a failed attempt means for its job. A function of the error, the abort and the task's settings: no waiting, no store.
// Invariant: what no repetition can mend is not repeated: payloads, cancels, UnrecoverableError, what `retry.when` refuses.
import type { StoredBackoff } from '../define/stored.ts';
import { BACKOFF_TYPE, storedBackoff } from '../define/stored.ts';
import type { AnyTask } from '../define/types.ts';
import { errors } from '../errors.ts';
import type { Attempt } from './attempt.ts';
import { retryDelay } from './retry-delay.ts';

/** `return`: back to the queue, as if it had not been started. `lost`: the job is no longer ours. */
export type Verdict =
  | { readonly kind: 'return' | 'lost'; readonly error: unknown }
  /** `delay` in ms. */
  | { readonly kind: 'retry'; readonly error: unknown; readonly delay: number }
  | { readonly kind: 'cancelled'; readonly error: unknown }
  | { readonly kind: 'failed'; readonly error: unknown };

/** @param thrown  by the handler, or whatever ended it
 * @param random  from 0 to below 1 */
export function verdictOf(attempt: Attempt, thrown: unknown, random: number): Verdict {
  const { abortKind, abortError, ending } = attempt;
  if (ending === 'left' || abortKind === 'lost')
    return { kind: 'lost', error: abortError ?? thrown };
  if (abortKind === 'cancelled') return { kind: 'cancelled', error: abortError };
  if (ending === 'returned' || abortKind === 'closing')
    return { kind: 'return', error: abortError };
  const error = abortKind === 'timeout' ? timeoutOf(attempt, thrown) : thrown;
  const attempts = attempt.job.opts.attempts ?? 1;
  if (ending === 'dead' || attempt.number >= attempts || !isWorthRetry(attempt, error))
    return { kind: 'failed', error };
  return { kind: 'retry', error, delay: retryDelay(backoffOf(attempt), attempt.number, random) };
}

/** How a job waits between its attempts: as it was enqueued, else as its task says. */
export function backoffOf({ job, task }: Attempt): StoredBackoff {
  const stored = job.opts.backoff;
  if (typeof stored === 'object' && stored.type === BACKOFF_TYPE) return stored as StoredBackoff;
  if (task === undefined) return UNKNOWN;
  let own = backoffs.get(task);
  if (own === undefined) {
    own = storedBackoff(task.retry);
    backoffs.set(task, own);
  }
  return own;
}

const backoffs = new WeakMap<AnyTask, StoredBackoff>();

/** Of a task that this code does not know: another process may. */
const UNKNOWN: StoredBackoff = {
  type: BACKOFF_TYPE,
  kind: 'exponential',
  delay: 1_000,
  maxDelay: 300_000,
  jitter: 0.2,
};

function isWorthRetry({ task }: Attempt, error: unknown): boolean {
  if (error instanceof errors.PAYLOAD) return false;
  if ((error as Partial<Error> | null | undefined)?.name === 'UnrecoverableError') return false;
  try {
    return task?.retry.when?.(error) ?? true;
  } catch {
    return false; // A rule that fails says nothing good.
  }
}

// What the handler threw after its abort is the cause, unless it only passed the reason of its signal on.
function timeoutOf(attempt: Attempt, thrown: unknown): Error {
  const { abortError, task } = attempt;
  const cause = thrown === undefined || thrown === abortError ? abortError : thrown;
  if (attempt.isAbandoned) {
    return new errors.ABANDONED(task!.name, String(task!.abandonAfter), { cause });
  }
  if (cause === abortError || isAbortError(cause)) return abortError!;
  return new errors.TIMEOUT(`an attempt of task ${task!.name}`, String(task!.timeout), { cause });
}

function isAbortError(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError';
}
