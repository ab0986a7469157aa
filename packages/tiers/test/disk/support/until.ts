// Waits for a condition, not for a while.
import { setTimeout } from 'node:timers/promises';

/** Polls until it holds.
 * @throws after ten seconds */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  const end = Date.now() + 10_000;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`never: ${holds.toString()}`);
    await setTimeout(5);
  }
}
