// What processes share: time, a remote store with locks, the epochs of tags. In memory, and faithful to the contracts of
// load/host.ts: fills are refused to older values and lost locks, tombstones guard deletes.
import type { Entry, TierName } from '../../../src/entry.ts';

/** An encoded entry. */
export interface Stored {
  /** JSON; undefined for a kept `undefined`. */
  readonly text: string | undefined;
  readonly created: number;
  readonly expiresAt: number;
  readonly graceUntil: number;
  readonly tags: readonly string[];
  readonly meta: Readonly<Record<string, string>>;
  readonly cost: number;
  readonly negative: boolean;
  readonly tombstone?: boolean;
}

export class FakeWorld {
  readonly remote = new Map<string, Stored>();
  readonly locks = new Map<string, { token: string; until: number }>();
  readonly epochs = new Map<string, number>();
  /** Every lock command: `acquire`, `extend`, `release`, `fill` (a release by a fill). */
  readonly lockCalls: string[] = [];
  lockFails = false;
  #ahead = 0;
  #stamp = 0;

  /** Moves the clock; timers are real. */
  advance(ms: number): void {
    this.#ahead += ms;
  }

  mono(): number {
    return performance.now() + this.#ahead;
  }

  now(): number {
    return Date.now() + this.#ahead;
  }

  stamp(): number {
    this.#stamp = Math.max(this.#stamp + 1, Math.floor(this.now() * 1000));
    return this.#stamp;
  }

  invalidate(tag: string): void {
    this.epochs.set(tag, this.stamp());
  }

  isInvalid(created: number, tags: readonly string[]): boolean {
    return tags.some((tag) => (this.epochs.get(tag) ?? 0) > created);
  }

  acquire(key: string, token: string, ttl: number): number | 'held' | 'failed' {
    this.lockCalls.push('acquire');
    if (this.lockFails) return 'failed';
    const holder = this.locks.get(key);
    if (holder !== undefined && holder.until > this.now()) return 'held';
    this.locks.set(key, { token, until: this.now() + ttl });
    return this.stamp();
  }

  extend(key: string, token: string, ttl: number): boolean {
    this.lockCalls.push('extend');
    const holder = this.locks.get(key);
    if (holder?.token !== token) return false;
    holder.until = this.now() + ttl;
    return true;
  }

  release(key: string, token: string): void {
    this.lockCalls.push('release');
    if (this.locks.get(key)?.token === token) this.locks.delete(key);
  }

  /** The guarded fill, one atomic step. */
  fill(key: string, stored: Stored, token: string | undefined): boolean {
    if (token !== undefined && this.locks.get(key)?.token !== token) return false;
    if ((this.remote.get(key)?.created ?? 0) > stored.created) return false;
    this.remote.set(key, stored);
    if (token !== undefined) {
      this.locks.delete(key);
      this.lockCalls.push('fill');
    }
    return true;
  }

  /** As a reader gets it: undefined when it is gone, deleted or invalidated. */
  read(stored: Stored | undefined, tier: TierName): Entry | undefined {
    if (stored === undefined || stored.tombstone === true) return undefined;
    const now = this.now();
    if (now >= stored.graceUntil || this.isInvalid(stored.created, stored.tags)) return undefined;
    const { text, tombstone: _, ...rest } = stored;
    const value: unknown = text === undefined ? undefined : freeze(JSON.parse(text));
    return { ...rest, value, tier, stale: now >= stored.expiresAt, size: text?.length ?? 0 };
  }
}

function freeze(value: unknown): unknown {
  if (typeof value === 'object' && value !== null) {
    Object.values(value).forEach(freeze);
    Object.freeze(value);
  }
  return value;
}
