// What goes on by itself beside a remote tier: telling it what it could not be told while it was away, and following its
// clock. Both by timers that keep no process alive.
import { FAILED } from '../faults/guard.ts';
import { encodeTombstone } from '../envelope/encode.ts';
import type { Core } from './core.ts';
import { EPOCH_LIFE } from './remote-life.ts';

const RECOVER_EVERY = 250;
const SYNC_EVERY = 30_000;
/** ms until the second time; doubled as long as answers come too slowly to know the time well. */
const SYNC_SOON = 1000;
/** Times to ask at most, and ms in which to: the first calls wait for it. */
const SAMPLES = 8;
const TIME = 100;
/** ms where our clock is wrong: until it is right, stamps order nothing. */
const TIME_IF_WRONG = 1000;
/** How exact an answer needs no better, and how exact one will do, ms: less than half of what stamps allow for. */
const EXACT = 0.5;
const GOOD = 2;
/** Wall clocks go by whole ms. */
const WALL_STEP = 1;

/** Tells the remote tier again, as soon as it takes writes.
 * @returns a function that ends it */
export function startRecovering(core: Core): () => void {
  const timer = setInterval(() => void recover(core), RECOVER_EVERY).unref();
  return () => clearInterval(timer);
}

/** Tells the remote tier what it missed: epochs, then removals, never values. Never rejects. */
async function recover(core: Core): Promise<void> {
  const { remote, events } = core;
  if (remote === undefined || remote.recovery.size === 0 || !remote.guard.canWrite) return;
  const { store, guard } = remote;
  const { tombstoneTtl } = core.settings;
  const repeated = await remote.recovery.replay({
    async raise(names, kind, stamp) {
      return (
        (await guard.write(() => store.raiseEpochs(names, kind, stamp, EPOCH_LIFE))) !== FAILED
      );
    },
    // By guarded fills: what others have stored since stays.
    async remove(ns, keys, created) {
      const bytes = encodeTombstone(created, core.clock.now() + tombstoneTtl);
      const outcomes = await Promise.all(
        keys.map((key) =>
          guard.write(() => store.fill(ns, { key, bytes, ttl: tombstoneTtl }, { created })),
        ),
      );
      if (outcomes.includes(FAILED)) return false;
      // Who heard of it before it was done has read back what was there, of this very stamp at the latest.
      await core.announcer?.keys(ns, keys, created + 1);
      return true;
    },
  });
  if (repeated > 0 && events.has('recover')) events.emit('recover', { repeated });
}

/** Follows the clock of the remote tier, every 30 s.
 * @returns a function that ends it */
export function startClockSync(core: Core): () => void {
  let isOver = false;
  let wait = SYNC_SOON;
  let timer = setTimeout(again, wait).unref();
  async function again(): Promise<void> {
    const error = await syncClock(core);
    wait = error > GOOD ? Math.min(2 * wait, SYNC_EVERY) : SYNC_EVERY;
    if (!isOver) timer = setTimeout(again, wait).unref();
  }
  return () => {
    isOver = true;
    clearTimeout(timer);
  };
}

/** Corrects our clock by that of the remote tier, if it is there. Of a few answers the quickest counts, for it tells most
 * exactly; and what it leaves open is left as it is, so that the jitter of a busy machine does not part clocks that agree.
 * Source: the clock filter of NTP, RFC 5905 section 10. Never rejects.
 * @returns how far our clock may be wrong now, ms; Infinity: nobody knows */
export async function syncClock(core: Core): Promise<number> {
  const { remote, clock } = core;
  if (remote === undefined || remote.store.state !== 'ready') return Infinity;
  const start = clock.mono();
  let offset = 0;
  let error = Infinity;
  const isWrong = (): boolean => Math.abs(offset) > error + WALL_STEP;
  const isEnough = (asked: number): boolean => {
    const time = error > GOOD && isWrong() ? TIME_IF_WRONG : TIME;
    return error <= EXACT || asked >= SAMPLES || clock.mono() - start >= time;
  };
  try {
    for (let asked = 0; !isEnough(asked); asked++) {
      const began = clock.mono();
      // Past the guard, which lets calls wait for this one.
      const serverNow = await remote.store.time();
      // Looked at before the time it took: a pause of this process in between then counts as one of the answer.
      const now = clock.now();
      const took = clock.mono() - began;
      if (took / 2 >= error) continue;
      error = took / 2;
      offset = serverNow + error - now;
    }
  } catch {
    // The next one may do better; whether the tier is there is for its guard to find out.
  }
  // However slow the answer, a clock that is off by more than it leaves open is less so after.
  if (!isWrong()) return error;
  const at = clock.now();
  clock.correct(at + offset, at);
  return error;
}
