// Waiting for a condition, as tests do: looked at every few ms, ended by a time limit that says what was awaited.
import { setTimeout as sleep } from 'node:timers/promises';

/** Waits until a condition holds.
 * @param what       what is awaited, for the message
 * @param condition  looked at every 5 ms; a rejection counts as "not yet"
 * @param limit      ms. Default: 20000
 * @throws Error when the limit is over, with the last rejection as cause */
export async function until(
  what: string,
  condition: () => unknown,
  limit: number = 20_000,
): Promise<void> {
  const end = performance.now() + limit;
  let cause: unknown;
  for (;;) {
    try {
      if (await condition()) return;
    } catch (error) {
      cause = error;
    }
    if (performance.now() > end) throw new Error(`waited ${limit} ms for: ${what}`, { cause });
    await sleep(5);
  }
}
