// Waits for what other threads and processes will bring about, without saying how long that takes.
import { setTimeout } from 'node:timers/promises';

const LONGEST = 30_000;

/** Waits until a condition holds.
 * @throws when it does not within 30 s; the message shows what `show` gives then */
export async function until(
  condition: () => boolean,
  show: () => unknown = () => condition.toString(),
): Promise<void> {
  const latest = performance.now() + LONGEST;
  while (!condition()) {
    if (performance.now() > latest) throw new Error(`waited in vain: ${JSON.stringify(show())}`);
    await setTimeout(5);
  }
}
