// The end of a tiered cache. Loads and queues get `closeTimeout` to end, then loads are aborted and everything that was
// opened here is closed, in the order in which data flows. Nothing rejects; calling it again waits for the same end.
import { errors } from '../errors.ts';
import type { Core } from './core.ts';

const ends = new WeakMap<Core, Promise<void>>();

/** Closes a cache. */
export function closeCore(core: Core): Promise<void> {
  let end = ends.get(core);
  if (end === undefined) {
    end = close(core);
    ends.set(core, end);
  }
  return end;
}

async function close(core: Core): Promise<void> {
  const { closeTimeout } = core.settings;
  const until = core.clock.mono() + closeTimeout;
  const left = (): number => Math.max(0, until - core.clock.mono());
  core.isClosed = true;
  await within(Promise.all(core.pending), left());
  core.closing.abort(new errors.CLOSED(core.name));
  await Promise.all([...core.views.values()].map((view) => view.loader.close()));
  await Promise.all([core.remote?.queue.drain(left()), core.disk?.queue.drain(left())]);
  for (const stop of core.stops) stop();
  await within(core.announcer?.close(), left());
  core.remote?.queue.close();
  core.disk?.queue.close();
  core.remote?.guard.close();
  core.disk?.guard.close();
  const closings: Promise<void>[] = [];
  for (const part of [core.disk?.store, core.remote?.store, core.ownBus]) {
    if (part !== undefined) closings.push(part.close());
  }
  await within(Promise.allSettled(closings), Math.max(left(), 1000));
  core.memory.close();
}

async function within(work: Promise<unknown> | undefined, timeout: number): Promise<void> {
  if (work === undefined) return;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, timeout);
  });
  await Promise.race([work.catch(() => undefined), late]);
  clearTimeout(timer);
}
