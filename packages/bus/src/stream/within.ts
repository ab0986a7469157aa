// A time limit for what a server may never answer.

/** Told from every other error by `instanceof`. */
export class LateError extends Error {}

/** Rejects with LateError unless the promise settles within `limit` ms; a late rejection is handled.
 * @param told  the limit that the message names */
export function within<T>(promise: Promise<T>, limit: number, told: number = limit): Promise<T> {
  return new Promise((resolve, reject) => {
    const late = (): void => reject(new LateError(`no answer within ${told} ms`));
    // When this process was busy, timers run before the answers that have come meanwhile are read: those count.
    const timer = setTimeout(() => setImmediate(late), limit);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
