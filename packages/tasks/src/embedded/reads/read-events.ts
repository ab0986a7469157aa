// Following the events of a queue: what came after an id, at once when there is some, else as soon as there is.
// Invariant: a reader that goes on from the last id it got misses nothing that the ring still holds; a waiting one holds one timer,
// which keeps no process alive. Nothing is asked in intervals.
import type { EntryRaw, StreamReadRaw } from 'bullmq';
import type { QueueState } from '../engine/queue.ts';

/** The longest that setTimeout takes. */
const LONGEST = 2_147_483_647;

/** Reads, or waits and reads.
 * @param id  the last one known, or `$` for what comes from now on
 * @param blockTimeout  ms to wait, 0 for no end
 * @param signal  ends the wait with null
 * @returns as XREAD of one stream, null when the time was up */
export async function readEvents(
  queue: QueueState,
  id: string,
  blockTimeout: number,
  signal: AbortSignal,
): Promise<StreamReadRaw> {
  const after = id === '$' ? queue.events.lastId : id;
  const present = queue.events.after(after);
  if (present.length > 0) return streamOf(queue, present);
  if (signal.aborted) return null;
  await appended(queue, blockTimeout, signal);
  // A later tick of the event loop's queue of promises: by then all that the command in between has to tell is there.
  const entries = queue.events.after(after);
  return entries.length > 0 ? streamOf(queue, entries) : null;
}

function streamOf(queue: QueueState, entries: EntryRaw[]): StreamReadRaw {
  return [[`${queue.key}:events`, entries]];
}

function appended(queue: QueueState, blockTimeout: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer =
      blockTimeout > 0 ? setTimeout(end, Math.min(blockTimeout, LONGEST)).unref() : undefined;
    const leave = queue.events.onceAppended(end);
    signal.addEventListener('abort', end, { once: true });
    function end(): void {
      clearTimeout(timer);
      leave();
      signal.removeEventListener('abort', end);
      resolve();
    }
  });
}
