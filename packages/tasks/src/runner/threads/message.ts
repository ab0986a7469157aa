// What goes between a pool and its threads. Errors are written down: the structured clone of one loses its code and its name.
// Invariant: what fromWire() makes tells by name, code, message and causes what the thread threw.
import type { MessagePort } from 'node:worker_threads';
import type { TaskMeta } from '../../define/context.ts';
import { codeOf, messageOf } from '../error-texts.ts';

/** One call. */
export interface ThreadCall {
  /** URL of the module. */
  readonly file: string;
  readonly input: unknown;
  readonly meta: TaskMeta;
  /** Takes what the thread says of its progress. */
  readonly port: MessagePort;
}

/** How a call ended. The result is JSON, as which it is stored: what JSON cannot hold fails the attempt, not the thread. */
export type ThreadAnswer = { readonly json: string | undefined } | { readonly error: WireError };

/** An error, in plain data. */
export interface WireError {
  readonly name: string;
  readonly message: string;
  readonly code: string | undefined;
  readonly stack: string | undefined;
  readonly cause: WireError | undefined;
}

const DEEPEST = 5;

export function toWire(error: unknown, depth = 0): WireError {
  const isError = error instanceof Error;
  return {
    name: isError ? String(error.name) : 'Error',
    message: messageOf(error),
    code: codeOf(error),
    stack: isError && typeof error.stack === 'string' ? error.stack : undefined,
    cause:
      isError && error.cause !== undefined && depth < DEEPEST
        ? toWire(error.cause, depth + 1)
        : undefined,
  };
}

export function fromWire({ name, message, code, stack, cause }: WireError): Error {
  const error = new Error(message, cause === undefined ? undefined : { cause: fromWire(cause) });
  error.name = name;
  if (stack !== undefined) error.stack = stack;
  return code === undefined ? error : Object.assign(error, { code });
}
