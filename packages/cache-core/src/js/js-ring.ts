// The eviction ring of the JavaScript backend: values that lru-cache evicted, until they are taken out.
// Invariant: what waits takes at most maxBytes by the estimate below; the oldest give way. Without a handle that asked for
// it, it is off and empty.
// Whether a value is still valid when it is its turn is the store's to say.
import { Buffer } from 'node:buffer';
import type { Evicted } from '../cache.ts';
import { keyFromBytes } from '../key-text.ts';
import type { RingLimits } from '../options.ts';
import type { CacheStats } from '../stats.ts';
import type { Item } from './js-store.ts';

/** What a value costs beside its bytes and its key's, about as with the engine. */
const RECORD_BYTES = 48;
/** Values above it do not come in, as with the engine. */
const MOST_KEPT = 1024 * 1024;

interface Waiting {
  readonly key: string;
  readonly item: Item;
  readonly version: number;
  readonly size: number;
}

/** The ring of one store. */
export class JsRing {
  readonly #waiting = new Set<Waiting>();
  #limits: RingLimits | undefined;
  #handles = 0;
  #bytes = 0;
  #kept = 0;
  #dropped = 0;
  #outdated = 0;
  #tooLarge = 0;

  /** One more handle that wants it.
   * @returns its options, as the first of them decided */
  open(asked: RingLimits): RingLimits {
    this.#handles++;
    this.#limits ??= asked;
    return this.#limits;
  }

  /** One handle less. */
  close(): void {
    if (--this.#handles > 0) return;
    this.#limits = undefined;
    this.#waiting.clear();
    this.#bytes = 0;
    this.resetCounts();
  }

  /** Whether a value that was read so often is to be kept. */
  wants(reads: number): boolean {
    return this.#limits !== undefined && reads >= this.#limits.minFrequency;
  }

  /** Takes up a value. REQUIRES: wants. */
  push(key: string, item: Item, version: number): void {
    const { maxBytes } = this.#limits!;
    const size = RECORD_BYTES + key.length + item.bytes.length;
    if (size > Math.min(maxBytes / 8, MOST_KEPT)) {
      this.#tooLarge++;
      return;
    }
    for (const oldest of this.#waiting) {
      if (this.#bytes + size <= maxBytes) break;
      this.#remove(oldest);
      this.#dropped++;
    }
    this.#waiting.add({ key, item, version, size });
    this.#bytes += size;
    this.#kept++;
  }

  /** Takes out about `maxBytes` of what waits, and is still valid. */
  drain(maxBytes: number, now: number, isValid: (item: Item) => boolean): Evicted[] {
    const all: Evicted[] = [];
    let left = maxBytes;
    for (const waiting of this.#waiting) {
      const { key, item, version, size } = waiting;
      const isRight = item.expiresAt > now && isValid(item);
      if (isRight && size > left && all.length > 0) break;
      this.#remove(waiting);
      if (!isRight) {
        this.#outdated++;
        continue;
      }
      left -= size;
      all.push({
        key: keyFromBytes(Buffer.from(key, 'latin1'), 'string'),
        bytes: item.bytes,
        ttl: Math.max(1, item.expiresAt - now),
        version,
      });
    }
    return all;
  }

  /** The cache was cleared. */
  clear(): void {
    this.#outdated += this.#waiting.size;
    this.#waiting.clear();
    this.#bytes = 0;
  }

  stats(): CacheStats['evictionRing'] {
    return {
      max: this.#limits?.maxBytes ?? 0,
      bytes: this.#bytes,
      waiting: this.#waiting.size,
      kept: this.#kept,
      dropped: this.#dropped,
      outdated: this.#outdated,
      tooLarge: this.#tooLarge,
    };
  }

  resetCounts(): void {
    this.#kept = this.#dropped = this.#outdated = this.#tooLarge = 0;
  }

  #remove(waiting: Waiting): void {
    this.#waiting.delete(waiting);
    this.#bytes -= waiting.size;
  }
}
