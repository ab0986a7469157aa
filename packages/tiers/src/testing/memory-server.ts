// What several memory tiers share, as several processes share one Redis: values, locks and epochs with times to live.
// Invariant: what is past its time is not there; each method is one atomic step. It is unbounded, and for tests.
import { checkOptions, custom } from '@catzilla/common';
import { systemClock } from '../clock/clock.ts';
import type { Clock } from '../clock/clock.ts';
import { createdOf } from '../envelope/decode.ts';
import { errors } from '../errors.ts';

interface Living<T> {
  readonly value: T;
  /** Wall clock, ms. */
  readonly until: number;
}

/** Made by `memoryServer`; give it to the `memoryTier`s that are to share it. */
export class MemoryServer {
  readonly #clock: Clock;
  readonly #values = new Map<string, Living<Buffer>>();
  readonly #locks = new Map<string, Living<string>>();
  readonly #epochs = new Map<string, Living<readonly [hard: number, soft: number]>>();
  #fence = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** ms since the epoch. */
  now(): number {
    return this.#clock.wall();
  }

  get(id: string): Buffer | undefined {
    const bytes = this.#living(this.#values, id);
    return bytes === undefined ? undefined : Buffer.from(bytes);
  }

  /** @param ttl  ms, above 0; Infinity: for ever */
  set(id: string, bytes: Uint8Array, ttl: number): void {
    this.#values.set(id, { value: Buffer.from(bytes), until: this.now() + ttl });
  }

  delete(id: string): boolean {
    const was = this.#living(this.#values, id) !== undefined;
    this.#values.delete(id);
    return was;
  }

  /** Stamp of what is stored; undefined: nothing, or no envelope. */
  stampOf(id: string): number | undefined {
    const bytes = this.#living(this.#values, id);
    return bytes === undefined ? undefined : createdOf(bytes);
  }

  /** Ids that are there now. */
  ids(): string[] {
    return [...this.#values.keys()].filter((id) => this.#living(this.#values, id) !== undefined);
  }

  /** Token that holds a lock. */
  holder(id: string): string | undefined {
    return this.#living(this.#locks, id);
  }

  hold(id: string, token: string, ttl: number): void {
    this.#locks.set(id, { value: token, until: this.now() + ttl });
  }

  release(id: string): void {
    this.#locks.delete(id);
  }

  /** Time in microseconds, greater with each call. */
  fence(): number {
    this.#fence = Math.max(this.#fence + 1, Math.floor(this.now() * 1000));
    return this.#fence;
  }

  epoch(id: string): readonly [hard: number, soft: number] {
    return this.#living(this.#epochs, id) ?? [0, 0];
  }

  raise(id: string, kind: 'hard' | 'soft', stamp: number, ttl: number): void {
    const [hard, soft] = this.epoch(id);
    const value = [
      kind === 'hard' ? Math.max(hard, stamp) : hard,
      kind === 'soft' ? Math.max(soft, stamp) : soft,
    ] as const;
    // An epoch never lives shorter than it would have.
    const until = Math.max(this.now() + ttl, this.#epochs.get(id)?.until ?? 0);
    this.#epochs.set(id, { value, until });
  }

  /** Loses everything, as a restart without persistence does. */
  flush(): void {
    this.#values.clear();
    this.#locks.clear();
    this.#epochs.clear();
  }

  #living<T>(map: Map<string, Living<T>>, id: string): T | undefined {
    const found = map.get(id);
    if (found === undefined) return undefined;
    if (found.until > this.now()) return found.value;
    map.delete(id);
    return undefined;
  }
}

/** Options of `memoryServer`. */
export interface MemoryServerOptions {
  /** The server's own clock. Default: the machine's. */
  readonly clock?: Clock | undefined;
}

/** Makes a server that memory tiers can share.
 * @throws CATZ_TIERS_OPTION */
export function memoryServer(options?: MemoryServerOptions): MemoryServer {
  const { clock } = checkOptions<Required<MemoryServerOptions>>(
    options,
    { clock: custom('a Clock', isClock, systemClock) },
    { path: 'options', error: (message) => new errors.OPTION(message) },
  );
  return new MemoryServer(clock ?? systemClock);
}

function isClock(value: unknown): value is Clock {
  const { mono, wall } = (value ?? {}) as Partial<Clock>;
  return typeof mono === 'function' && typeof wall === 'function';
}
