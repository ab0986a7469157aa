// What a tier or the bus could not be told while it was away, to be told once it is back: removals of keys and epochs.
// Invariant: what was added is kept until the target said that it took it, or until something newer or wider replaces it;
// until then `hides` says that the key must not be read there. Never more than `maxEntries`: beyond, the removals of the
// largest namespace become one epoch of it, which removes more than was asked and never less. Values are never queued: a
// value that is missing is a miss, a removal that is missing is a wrong answer.

/** Takes what was queued. Both give whether it was taken, and may reject. */
export interface RecoveryTarget {
  raise(names: readonly string[], kind: EpochKind, stamp: number): Promise<boolean>;
  /** The stamp is the newest of these removals: what was stored before it goes. */
  remove(ns: string, keys: readonly string[], stamp: number): Promise<boolean>;
}

export type EpochKind = 'hard' | 'soft';

/** Bounds of a queue, and names of epochs. */
export interface RecoveryOptions {
  /** Removals and epochs together, at least 2. Default: 10_000. */
  readonly maxEntries?: number | undefined;
  /** Name of the epoch of a namespace; '' is the root, whose epoch is that of all entries. */
  readonly epochOf: (ns: string) => string;
  /** An epoch took the place of what did not fit: to be held against the entries here too. */
  readonly onOverflow?: ((ns: string, kind: EpochKind, stamp: number) => void) | undefined;
}

/** Keys of one call, and calls under way at once. */
const KEYS_PER_CALL = 500;
const CALLS_AT_ONCE = 16;

/** One call of a replay. */
type Step = () => Promise<number>;

/** Keeps removals and epochs until they can be told. Stamps are hybrid, in microseconds. */
export class RecoveryQueue {
  readonly #options: RecoveryOptions;
  readonly #maxEntries: number;
  readonly #removals = new Map<string, Map<string, number>>();
  #removalCount = 0;
  readonly #epochs: Readonly<Record<EpochKind, Map<string, number>>> = {
    hard: new Map(),
    soft: new Map(),
  };
  /** Namespaces whose removals became an epoch, and its stamp. */
  readonly #overflowed = new Map<string, number>();
  /** Stamp of the root's epoch that took the place of removals of all namespaces; 0: none. */
  #hiddenBefore = 0;
  #overflows = 0;
  #replaying: Promise<number> | undefined;

  constructor(options: RecoveryOptions) {
    this.#options = options;
    this.#maxEntries = Math.max(2, options.maxEntries ?? 10_000);
  }

  /** Removals and epochs waiting. */
  get size(): number {
    return this.#removalCount + this.#epochs.hard.size + this.#epochs.soft.size;
  }

  /** How often something did not fit. */
  get overflows(): number {
    return this.#overflows;
  }

  /** Keys of a namespace were removed. */
  remove(ns: string, keys: readonly string[], stamp: number): void {
    for (const key of keys) {
      if (this.#overflowed.has(ns)) {
        this.#collapse(ns, stamp);
        continue;
      }
      let removals = this.#removals.get(ns);
      if (removals === undefined) this.#removals.set(ns, (removals = new Map()));
      const before = removals.get(key);
      if (before === undefined) this.#removalCount += 1;
      if (before === undefined || before < stamp) removals.set(key, stamp);
      this.#makeRoom();
    }
  }

  /** Epochs were raised. */
  raise(names: readonly string[], kind: EpochKind, stamp: number): void {
    for (const name of names) {
      raiseTo(this.#epochs[kind], name, stamp);
      this.#makeRoom();
    }
  }

  /** A value computed after its removal was stored there: nothing is left to be told. */
  replaced(ns: string, key: string, created: number): void {
    const removals = this.#removals.get(ns);
    const stamp = removals?.get(key);
    if (removals === undefined || stamp === undefined || stamp >= created) return;
    this.#forget(ns, removals, key);
  }

  /** Whether what the tier has of a key is not to be believed. HOT: each read of the tier */
  hides(ns: string, key: string): boolean {
    if (this.#hiddenBefore > 0 || this.#overflowed.has(ns)) return true;
    return this.#removalCount > 0 && this.#removals.get(ns)?.has(key) === true;
  }

  /** Tells it all to a target: epochs, then removals. Stops when nothing is taken any more. Never rejects; a replay that
   * is under way is joined.
   * @returns how many were taken */
  replay(target: RecoveryTarget): Promise<number> {
    this.#replaying ??= this.#replay(target).finally(() => {
      this.#replaying = undefined;
    });
    return this.#replaying;
  }

  async #replay(target: RecoveryTarget): Promise<number> {
    const epochs = await runInWaves(this.#epochSteps(target));
    // Taken now, so that what was added meanwhile is told too.
    const removals = await runInWaves(this.#removalSteps(target));
    return epochs + removals;
  }

  #epochSteps(target: RecoveryTarget): Step[] {
    const steps: Step[] = [];
    for (const kind of ['hard', 'soft'] as const) {
      // One stamp for each call: a later one would make entries invalid that are not.
      const byStamp = new Map<number, string[]>();
      for (const [name, stamp] of this.#epochs[kind]) {
        const names = byStamp.get(stamp);
        if (names === undefined) byStamp.set(stamp, [name]);
        else names.push(name);
      }
      for (const [stamp, names] of byStamp) {
        for (const part of chunks(names)) {
          steps.push(async () => {
            if (!(await target.raise(part, kind, stamp))) return 0;
            for (const name of part) this.#raised(kind, name, stamp);
            return part.length;
          });
        }
      }
    }
    return steps;
  }

  #removalSteps(target: RecoveryTarget): Step[] {
    const steps: Step[] = [];
    for (const [ns, removals] of this.#removals) {
      for (const part of chunks([...removals])) {
        const stamp = part.reduce((newest, [, each]) => Math.max(newest, each), 0);
        const keys = part.map(([key]) => key);
        steps.push(async () => {
          if (!(await target.remove(ns, keys, stamp))) return 0;
          const now = this.#removals.get(ns);
          // Removed again meanwhile: that removal has not been told.
          for (const [key, told] of part) {
            if (now?.get(key) === told) this.#forget(ns, now, key);
          }
          return keys.length;
        });
      }
    }
    return steps;
  }

  #raised(kind: EpochKind, name: string, stamp: number): void {
    const epochs = this.#epochs[kind];
    if (epochs.get(name) === stamp) epochs.delete(name);
    if (kind === 'soft') return;
    if (stamp >= this.#hiddenBefore && name === this.#options.epochOf('')) this.#hiddenBefore = 0;
    for (const [ns, overflow] of this.#overflowed) {
      if (overflow <= stamp && this.#options.epochOf(ns) === name) this.#overflowed.delete(ns);
    }
  }

  #forget(ns: string, removals: Map<string, number>, key: string): void {
    if (!removals.delete(key)) return;
    this.#removalCount -= 1;
    if (removals.size === 0) this.#removals.delete(ns);
  }

  #makeRoom(): void {
    while (this.size > this.#maxEntries) {
      let largest = '';
      let most = 0;
      for (const [ns, removals] of this.#removals) {
        if (removals.size > most) [largest, most] = [ns, removals.size];
      }
      // One removal as one epoch makes no room.
      if (most > 1) this.#collapse(largest, 0);
      else this.#collapseAll();
    }
  }

  /** Makes one epoch of the removals of a namespace. */
  #collapse(ns: string, atLeast: number): void {
    const removals = this.#removals.get(ns) ?? new Map<string, number>();
    const stamp = newestOf(removals, Math.max(atLeast, this.#overflowed.get(ns) ?? 0));
    this.#removals.delete(ns);
    this.#removalCount -= removals.size;
    this.#overflowed.set(ns, stamp);
    this.#overflow(ns, 'hard', stamp);
  }

  /** Makes one epoch of the root of everything there is. */
  #collapseAll(): void {
    let hard = newestOf(this.#epochs.hard, 0);
    for (const removals of this.#removals.values()) hard = newestOf(removals, hard);
    const soft = newestOf(this.#epochs.soft, 0);
    if (this.#removalCount > 0 || this.#overflowed.size > 0) this.#hiddenBefore = hard;
    this.#overflowed.clear();
    this.#removals.clear();
    this.#removalCount = 0;
    this.#epochs.hard.clear();
    this.#epochs.soft.clear();
    if (hard > 0) this.#overflow('', 'hard', hard);
    if (soft > hard) this.#overflow('', 'soft', soft);
  }

  #overflow(ns: string, kind: EpochKind, stamp: number): void {
    this.#overflows += 1;
    raiseTo(this.#epochs[kind], this.#options.epochOf(ns), stamp);
    this.#options.onOverflow?.(ns, kind, stamp);
  }
}

function raiseTo(epochs: Map<string, number>, name: string, stamp: number): void {
  const before = epochs.get(name);
  if (before === undefined || before < stamp) epochs.set(name, stamp);
}

function newestOf(stamps: ReadonlyMap<string, number>, atLeast: number): number {
  let newest = atLeast;
  for (const stamp of stamps.values()) if (stamp > newest) newest = stamp;
  return newest;
}

function chunks<T>(items: readonly T[]): T[][] {
  const parts: T[][] = [];
  for (let from = 0; from < items.length; from += KEYS_PER_CALL) {
    parts.push(items.slice(from, from + KEYS_PER_CALL));
  }
  return parts;
}

/** Runs steps, a few at a time, until a whole wave of them came to nothing: the target is away again. */
async function runInWaves(steps: readonly Step[]): Promise<number> {
  let taken = 0;
  for (let from = 0; from < steps.length; from += CALLS_AT_ONCE) {
    const wave = steps.slice(from, from + CALLS_AT_ONCE);
    const counts = await Promise.all(wave.map((step) => step().catch(() => 0)));
    const sum = counts.reduce((total, count) => total + count, 0);
    if (sum === 0) break;
    taken += sum;
  }
  return taken;
}
