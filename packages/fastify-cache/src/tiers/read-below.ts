// Reads what is stored below memory: at Redis, on disk. What is found there is copied up by the tiers themselves.
// Invariant: requests that ask for one key at one time are one read, whatever came of collapsing; no method rejects: a tier
// that fails has nothing, within its deadline. Which entry may answer is the caller's to judge.
import type { TieredCache, TierName } from '@catzilla/tiers';
import type { Fields } from '@catzilla/http';
import { decode } from '../entry/decode.ts';
import { isIndex, markedStale, newerOf } from '../entry/entry.ts';
import type { Entry, Stored, VariantIndex } from '../entry/entry.ts';
import { engineKey } from '../key/primary-key.ts';
import { isNewer, variantFullKey } from '../lookup.ts';
import type { FoundIndex } from '../records.ts';
import { isFreshNow } from '../rfc/use.ts';
import type { Normalizers } from '../rfc/normalize.ts';

/** What is looked for. */
export interface Sought {
  /** The full primary key. */
  readonly key: string;
  /** Identity of the route that was matched. */
  readonly route: string;
  readonly headers: Fields;
  readonly normalize: Normalizers;
  /** Tiers to be asked. */
  readonly tiers: readonly TierName[];
  /** The index that memory has for the key: its variants may lie below too. */
  readonly near: FoundIndex | undefined;
}

/** What was found: an entry that fits, and the index that led to variants, for whoever stores another. */
export interface FoundBelow {
  readonly entry: Entry | undefined;
  readonly index: FoundIndex | undefined;
}

interface Read {
  readonly stored: Stored;
  readonly created: number;
}

/** Reader of the tiers below memory. */
export class Below {
  readonly #tiered: TieredCache;
  readonly #has: readonly TierName[];
  readonly #onFault: (error: unknown) => void;
  readonly #reads = new Map<string, Promise<Read | undefined>>();

  /** @param has  the tiers there are below memory, one at least */
  constructor(tiered: TieredCache, has: readonly TierName[], onFault: (error: unknown) => void) {
    this.#tiered = tiered;
    this.#has = has;
    this.#onFault = onFault;
  }

  /** Those of some tiers that are here; undefined: none. */
  tiersFor(wanted: readonly TierName[] | undefined): readonly TierName[] | undefined {
    if (wanted === undefined) return this.#has;
    const tiers = this.#has.filter((tier) => wanted.includes(tier));
    return tiers.length === 0 ? undefined : tiers;
  }

  /** Finds the entry that may answer a request. The index below is read also where memory has one: another instance may
   * have stored variants that vary by other fields, or begun the index anew. */
  async find(sought: Sought): Promise<FoundBelow> {
    const { key, route, near, tiers } = sought;
    const [top, known] = await Promise.all([
      this.#read(engineKey(key), tiers),
      near === undefined ? undefined : this.#variant(near.index, sought),
    ]);
    if (known !== undefined && isFreshNow(known, Date.now())) return { entry: known, index: near };
    if (top === undefined || top.stored.key !== key) return { entry: known, index: near };
    const { stored, created } = top;
    if (!isIndex(stored)) {
      return { entry: stored.route === route ? newerOf(known, stored) : known, index: near };
    }
    const index = { index: stored, created };
    if (near !== undefined && isSame(near.index, stored)) return { entry: known, index };
    return { entry: newerOf(known, await this.#variant(stored, sought)), index };
  }

  /** What is stored under a key of the cache, in any tier below. */
  async peek(key: string): Promise<Stored | undefined> {
    return (await this.#read(key, this.#has))?.stored;
  }

  async #variant(index: VariantIndex, sought: Sought): Promise<Entry | undefined> {
    const { key, route, headers, normalize, tiers } = sought;
    const fulls = index.lists.map((names) => ({
      names,
      full: variantFullKey(key, index.generation, route, names, headers, normalize),
    }));
    const reads = await Promise.all(fulls.map(({ full }) => this.#read(engineKey(full), tiers)));
    let best: Entry | undefined;
    for (const [i, { names, full }] of fulls.entries()) {
      const stored = reads[i]?.stored;
      if (stored === undefined || isIndex(stored) || stored.key !== full) continue;
      if (isNewer(stored, best, names)) best = stored;
    }
    return best;
  }

  // Past memory: whoever comes here has looked there, and an index there may be older than the one below.
  #read(key: string, tiers: readonly TierName[]): Promise<Read | undefined> {
    const id = `${tiers.length === this.#has.length ? '' : tiers.join()}\0${key}`;
    let reading = this.#reads.get(id);
    if (reading === undefined) {
      reading = this.#readNow(key, tiers).finally(() => this.#reads.delete(id));
      this.#reads.set(id, reading);
    }
    return reading;
  }

  async #readNow(key: string, tiers: readonly TierName[]): Promise<Read | undefined> {
    try {
      const entry = await this.#tiered.getEntry(key, { tiers });
      if (entry === undefined || !Buffer.isBuffer(entry.value)) return undefined;
      const found = decode(entry.value);
      if (found === undefined) return undefined;
      const stored = entry.stale && !isIndex(found) ? markedStale(found, entry.expiresAt) : found;
      return { stored, created: entry.created };
    } catch (error) {
      this.#onFault(error); // only misuse and a closed cache throw
      return undefined;
    }
  }
}

function isSame(one: VariantIndex, other: VariantIndex): boolean {
  return (
    one.generation === other.generation &&
    one.lists.length === other.lists.length &&
    one.lists.every((names, i) => names.join() === other.lists[i]?.join())
  );
}
