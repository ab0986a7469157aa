// Waits for a condition, not for a while.
import { setTimeout } from 'node:timers/promises';

/** Polls until it holds.
 * @throws after 30 s */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + 30_000;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`never: ${holds.toString()}`);
    await setTimeout(5);
  }
}
