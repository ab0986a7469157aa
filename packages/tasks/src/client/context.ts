// What the functions of the client share: made once by client.ts.
import type { TaskRegistry } from '../define/registry.ts';
import type { Validate } from '../define/validate.ts';
import type { Logger } from '../define/context.ts';
import { errors } from '../errors.ts';
import type { TaskEvents } from '../monitor/events.ts';
import type { Links } from './links.ts';
import type { Results } from './results.ts';

export interface ClientContext {
  readonly registry: TaskRegistry;
  readonly links: Links;
  readonly results: Results;
  readonly validate: Validate | undefined;
  readonly events: TaskEvents;
  readonly logger: Logger;
  /** ms. */
  readonly enqueueTimeout: number;
  /** Asks a job that runs in this process to stop; false: it does not run here. */
  cancelHere(queue: string, id: string, reason: string): boolean;
  /** A job id that no other process gives out. */
  nextId(): string;
}

/** Codes of Node and names of ioredis that mean: no answer, for the connection is not there. */
const GONE: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'MaxRetriesPerRequestError',
  'AbortError',
  'ConnectionClosedError',
]);
const GONE_TEXTS = ['Connection is closed', "Stream isn't writeable", 'Connection terminated'];

/** Asks the backend of a queue. One over the network gets `enqueueTimeout` for its answer; the embedded one always answers.
 * @throws CATZ_TASKS_BACKEND_UNAVAILABLE when it does not answer, or is away; CATZ_TASKS_QUEUE_FULL when Redis has no memory left;
 *   else what the backend throws */
export async function ask<T>(
  { links, enqueueTimeout }: Pick<ClientContext, 'links' | 'enqueueTimeout'>,
  queue: string,
  work: () => Promise<T>,
): Promise<T> {
  if ((await links.load()).kind === 'embedded') return work();
  const unavailable = (cause?: unknown): Error =>
    new errors.BACKEND_UNAVAILABLE(
      queue,
      enqueueTimeout,
      ...(cause === undefined ? [] : [{ cause }]),
    );
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      links.noteAnswer(queue, false);
      reject(unavailable());
    }, enqueueTimeout);
  });
  try {
    const answer = await Promise.race([work(), late]);
    links.noteAnswer(queue, true);
    return answer;
  } catch (error) {
    if (isGone(error)) throw unavailable(error);
    if (!isOutOfMemory(error)) throw error;
    throw new errors.QUEUE_FULL('what its memory takes', 'maxmemory of Redis', { cause: error });
  } finally {
    clearTimeout(timer);
  }
}

// Redis refuses what would need memory, and changes nothing.
function isOutOfMemory(error: unknown): boolean {
  return error instanceof Error && error.message.includes('OOM command not allowed');
}

function isGone(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code } = error as { readonly code?: unknown };
  return (
    (typeof code === 'string' && GONE.has(code)) ||
    GONE.has(error.name) ||
    GONE_TEXTS.some((text) => error.message.includes(text))
  );
}
