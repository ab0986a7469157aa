// Collapsing across instances: the fill that leads in its process takes a lock at the remote tier; who does not get it waits
// for what the holder stores. Invariant: nobody waits longer than `wait`, and where the lock cannot be had for want of a
// remote tier, nobody waits at all. A lock is let go exactly once: when the remote tier has what was stored, so that the
// next to hold it finds it there; at once when nothing was; and at `timeout` whatever the handler does.
import type { CacheLock, TieredCache } from '@catzilla/tiers';
import type { Entry } from '../entry/entry.ts';
import { engineKey } from '../key/primary-key.ts';
import type { LockSettings } from '../options/specs.ts';

/** Pauses between two looks, ms, doubling, each cut at random. */
const FIRST_PAUSE = 10;
const LAST_PAUSE = 100;
/** How long a stored answer may take to be at the remote tier before the lock goes all the same, ms. */
const WRITE_PATIENCE = 500;

/** What asking for the lock came to: an answer of the holder's, a lock of our own, or neither. */
export interface Turn {
  readonly entry: Entry | undefined;
  readonly lock: FillLock | undefined;
}

const NEITHER: Turn = Object.freeze({ entry: undefined, lock: undefined });

/** A lock that is held while a handler runs. */
export class FillLock {
  readonly #tiered: TieredCache;
  readonly #lock: CacheLock;
  readonly #timer: NodeJS.Timeout;
  #isLetGo = false;

  /** @param timeout  ms after which nobody should go on waiting for this fill */
  constructor(tiered: TieredCache, lock: CacheLock, timeout: number) {
    this.#tiered = tiered;
    this.#lock = lock;
    this.#timer = setTimeout(() => this.letGo([]), timeout).unref();
  }

  /** Lets it go. Never throws.
   * @param stored  keys that the remote tier is about to have */
  letGo(stored: readonly string[]): void {
    if (this.#isLetGo) return;
    this.#isLetGo = true;
    clearTimeout(this.#timer);
    void this.#release(stored).catch(() => undefined); // a closed cache: the lock falls by itself
  }

  async #release(stored: readonly string[]): Promise<void> {
    try {
      const until = Date.now() + WRITE_PATIENCE;
      for (let pause = 5; stored.length > 0 && Date.now() < until; pause *= 2) {
        const seen = await Promise.all(stored.map((key) => this.#tiered.inspect(key)));
        if (seen.every(({ remote }) => remote !== undefined)) break;
        await sleep(pause);
      }
    } finally {
      await this.#lock.release();
    }
  }
}

/** Takes the lock of a queue, or waits for its holder's answer. Never rejects.
 * @param find     looks for an answer, in memory and below
 * @param isGone   whether the client has gone
 * @param timeout  ms a lock is held at most */
export async function takeTurn(
  tiered: TieredCache,
  queue: string,
  { ttl, wait }: LockSettings,
  find: () => Promise<Entry | undefined>,
  isGone: () => boolean,
  timeout: number,
): Promise<Turn> {
  const key = engineKey(queue);
  const until = Date.now() + wait;
  for (let pause = FIRST_PAUSE; ; pause = Math.min(2 * pause, LAST_PAUSE)) {
    const lock = await tiered.lock(key, { ttl }).catch(() => 'unavailable' as const);
    if (lock === 'unavailable') return NEITHER;
    // With the lock too: its last holder may have stored since we looked.
    const entry = await find();
    if (lock !== undefined) {
      const held = new FillLock(tiered, lock, timeout);
      if (entry === undefined) return { entry, lock: held };
      held.letGo([]);
    }
    if (entry !== undefined) return { entry, lock: undefined };
    if (isGone() || Date.now() >= until) return NEITHER;
    await sleep(pause * (0.5 + Math.random() / 2));
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
