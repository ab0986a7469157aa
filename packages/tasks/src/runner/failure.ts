// A failed attempt as BullMQ is told of it: what it stores as the reason, whether another attempt follows, and when.
// Invariant: `name` and `delay` decide alone, never the message, which is anybody's. BullMQ takes no error named UnrecoverableError
// for one that is worth a retry.
// The times of attempts travel in the stack, a line each: BullMQ keeps stacks with the job, so that a dead letter can tell them
// after a restart, and on another machine.
import { codeOf, messageOf } from './error-texts.ts';

/** When an attempt ran, in epoch ms. */
export interface AttemptTimes {
  readonly startedAt: number;
  readonly endedAt: number;
}

/** Times with what came after. */
interface NotedTimes extends AttemptTimes {
  /** ms until the next attempt; undefined after the last. */
  readonly delay: number | undefined;
}

const LINE =
  /\n {4}at attempt (?<number>\d+) \((?<startedAt>\d+) to (?<endedAt>\d+)(?:, next after (?<delay>\d+) ms)?\)$/;

/** What is thrown to BullMQ. */
export class AttemptFailure extends Error {
  /** ms until the next attempt; undefined when none follows. */
  readonly delay: number | undefined;

  constructor(error: unknown, attempt: number, times: AttemptTimes, delay: number | undefined) {
    super(messageFor(error), { cause: error });
    this.name = delay === undefined ? 'UnrecoverableError' : 'AttemptFailure';
    this.delay = delay;
    this.stack = `${stackOf(error, this.message)}${lineOf(attempt, times, delay)}`;
  }
}

/** The text that is stored as failedReason. Of our own errors it begins with their code in brackets. */
export function reasonOf(error: unknown): string {
  const code = codeOf(error);
  const message = messageOf(error);
  return code?.startsWith('CATZ_') ? `[${code}] ${message}` : message;
}

/** Reads times from what BullMQ kept of a job; attempts whose stacks are gone are left out. */
export function timesIn(stacktrace: readonly string[] | null | undefined): readonly NotedTimes[] {
  const noted: NotedTimes[] = [];
  for (const stack of stacktrace ?? []) {
    const groups = typeof stack === 'string' ? LINE.exec(stack)?.groups : undefined;
    if (groups === undefined) continue;
    noted.push({
      startedAt: Number(groups['startedAt']),
      endedAt: Number(groups['endedAt']),
      delay: groups['delay'] === undefined ? undefined : Number(groups['delay']),
    });
  }
  return noted;
}

function lineOf(attempt: number, times: AttemptTimes, delay: number | undefined): string {
  const next = delay === undefined ? '' : `, next after ${delay} ms`;
  return `\n    at attempt ${attempt} (${times.startedAt} to ${times.endedAt}${next})`;
}

/** What BullMQ's worker knows its RateLimitError by: of an error with this message it repeats the job at once, and counts nothing. */
const RATE_LIMIT_MESSAGE = 'bullmq:rateLimitExceeded';

function messageFor(error: unknown): string {
  const reason = reasonOf(error);
  return reason === RATE_LIMIT_MESSAGE ? `Error: ${reason}` : reason;
}

const LONGEST_STACK = 4_000;

function stackOf(error: unknown, reason: string): string {
  const stack = error instanceof Error ? error.stack : undefined;
  return typeof stack === 'string' && stack !== '' ? stack.slice(0, LONGEST_STACK) : reason;
}
