// One factory call among all processes: by a lock with a lease at the remote tier, whose script is also the fence: who
// has lost the lease stores nothing there.
// Invariant: nobody who has an old value waits for it, and nobody waits longer than `wait`; without a lock to be had the
// load goes on as if there were none. Not Redlock: after a failover of the server there may be two holders, so two calls.
import { randomUUID } from 'node:crypto';
import type { Entry } from '../entry.ts';
import type { Flight } from './flight.ts';
import type { LoadHost, LockHost } from './host.ts';
import type { LockPlan } from './plan.ts';

/** First and longest pause between two looks at the remote tier, ms. */
const FIRST_PAUSE = 10;
const LONGEST_PAUSE = 100;

/** What waiting for a turn came to: a value that another process has computed; 'yielded', since nobody waits here; or
 * the turn to load, with a lock where one was to be had. */
export type Turn = Entry | 'yielded' | { readonly held: HeldLock | undefined };

/** A lock that is held, and extended until `release` or `rest`. */
export class HeldLock {
  readonly token: string;
  /** Server time in microseconds when it was taken. */
  readonly fence: number;
  readonly #key: string;
  readonly #lock: LockHost;
  readonly #timer: NodeJS.Timeout;

  constructor(lock: LockHost, key: string, token: string, fence: number, ttl: number) {
    this.token = token;
    this.fence = fence;
    this.#key = key;
    this.#lock = lock;
    this.#timer = setInterval(() => void this.#extend(ttl), ttl / 3).unref();
  }

  /** Extends it no more: the fill that releases it is under way. */
  rest(): void {
    clearInterval(this.#timer);
  }

  async release(): Promise<void> {
    this.rest();
    await this.#lock.release(this.#key, this.token);
  }

  async #extend(ttl: number): Promise<void> {
    if (!(await this.#lock.extend(this.#key, this.token, ttl))) this.rest();
  }
}

/** Waits for the turn of this process to load a key.
 * @param look  reads the tiers below; gives an entry that makes the load needless, or undefined */
export async function takeTurn(
  host: LoadHost,
  flight: Flight,
  plan: LockPlan,
  look: () => Promise<Entry | undefined>,
): Promise<Turn> {
  const lock = host.lock;
  if (lock === undefined) return { held: undefined };
  const token = randomUUID();
  const until = host.mono() + plan.wait;
  let pause = FIRST_PAUSE;
  for (;;) {
    const answer = await lock.acquire(flight.key, token, plan.ttl);
    if (answer === 'failed') return { held: undefined };
    if (answer !== 'held') {
      const held = new HeldLock(lock, flight.key, token, answer, plan.ttl);
      // The holder before us may have filled between our last look and now.
      const found = await look();
      if (found === undefined) return { held };
      await held.release();
      return found;
    }
    flight.delay();
    if (!flight.isAwaited) return 'yielded';
    const left = until - host.mono();
    if (left <= 0) return { held: undefined };
    if (pause === FIRST_PAUSE) host.counters.lockWaits++;
    await pauseFor(Math.min(left, pause * (0.5 + Math.random() / 2)));
    if (!flight.isAwaited) return 'yielded';
    pause = Math.min(pause * 2, LONGEST_PAUSE);
    const found = await look();
    if (found !== undefined) return found;
  }
}

function pauseFor(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms).unref();
  });
}
