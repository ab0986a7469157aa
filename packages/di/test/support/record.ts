// What happened, in order: factories and disposers that write down their names.
import { setImmediate as turn } from 'node:timers/promises';

export interface Log {
  readonly events: string[];
  /** A factory that notes `+name` and gives an object of that name. */
  made(name: string): () => { name: string };
  /** The same, after a turn of the event loop. */
  madeLater(name: string): () => Promise<{ name: string }>;
  /** A disposer that notes `-name`. */
  gone(name: string): () => void;
  /** The same, and it ends after a turn of the event loop; notes `~name` then. */
  goneLater(name: string): () => Promise<void>;
}

export function record(): Log {
  const events: string[] = [];
  return {
    events,
    made: (name) => () => {
      events.push(`+${name}`);
      return { name };
    },
    madeLater: (name) => async () => {
      events.push(`+${name}`);
      await turn();
      return { name };
    },
    gone: (name) => () => void events.push(`-${name}`),
    goneLater: (name) => async () => {
      events.push(`-${name}`);
      await turn();
      events.push(`~${name}`);
    },
  };
}

/** The error that some work throws or rejects with. */
export async function failureOf(
  work: () => unknown,
): Promise<Error & { code?: string; errors?: Error[] }> {
  try {
    await work();
  } catch (error) {
    return error as Error;
  }
  throw new Error('expected a failure');
}

/** A promise, and how to end it. */
export function deferred<T = void>(): {
  promise: Promise<T>;
  resolve: (value: T) => void;
  reject: (error: unknown) => void;
} {
  let resolve!: (value: T) => void;
  let reject!: (error: unknown) => void;
  const promise = new Promise<T>((yes, no) => ([resolve, reject] = [yes, no]));
  return { promise, resolve, reject };
}
