// What goes on by itself beside a remote tier: telling it what it could not be told while it was away, and following its
// clock. Both by timers that keep no process alive.
import { FAILED } from '../faults/guard.ts';
import { encodeTombstone } from '../envelope/encode.ts';
import type { Core } from './core.ts';

const RECOVER_EVERY = 250;
const SYNC_EVERY = 30_000;
const FIRST_SYNC = 1000;

/** Tells the remote tier again, as soon as it takes writes.
 * @returns a function that ends it */
export function startRecovering(core: Core): () => void {
  const timer = setInterval(() => void recover(core), RECOVER_EVERY).unref();
  return () => clearInterval(timer);
}

/** Tells the remote tier what it missed: epochs, then removals, never values. Never rejects. */
export async function recover(core: Core): Promise<void> {
  const { remote, events } = core;
  if (remote === undefined || remote.recovery.size === 0 || !remote.guard.canWrite) return;
  const { store, guard } = remote;
  const { tombstoneTtl } = core.settings;
  const life = Math.max(core.longestLife, 86_400_000);
  const repeated = await remote.recovery.replay({
    async raise(names, kind, stamp) {
      return (await guard.write(() => store.raiseEpochs(names, kind, stamp, life))) !== FAILED;
    },
    // By guarded fills: what others have stored since stays.
    async remove(ns, keys, created) {
      const bytes = encodeTombstone(created, core.clock.now() + tombstoneTtl);
      const outcomes = await Promise.all(
        keys.map((key) =>
          guard.write(() => store.fill(ns, { key, bytes, ttl: tombstoneTtl }, { created })),
        ),
      );
      return !outcomes.includes(FAILED);
    },
  });
  if (repeated > 0 && events.has('recover')) events.emit('recover', { repeated });
}

/** Follows the clock of the remote tier, soon and then every 30 s.
 * @returns a function that ends it */
export function startClockSync(core: Core): () => void {
  const sync = (): void => void syncClock(core);
  const first = setTimeout(sync, FIRST_SYNC).unref();
  const timer = setInterval(sync, SYNC_EVERY).unref();
  sync();
  return () => {
    clearTimeout(first);
    clearInterval(timer);
  };
}

async function syncClock(core: Core): Promise<void> {
  const { remote, clock } = core;
  if (remote === undefined || remote.store.state !== 'ready') return;
  const began = clock.mono();
  const serverNow = await remote.guard.read(() => remote.store.time());
  if (serverNow === FAILED) return;
  const half = (clock.mono() - began) / 2;
  clock.correct(serverNow + half, clock.now());
}
