// The generations of a dynamic table: what each commit made, and the requests that are still served by it.
// Invariant: a generation is kept by its requests only; when the last has left, nothing here refers to it.
import { errors } from '../errors.ts';
import type { BuiltTable } from '../table/built-table.ts';
import type { Entry } from './entry.ts';

/** The routes of one commit. */
export interface Generation {
  /** Counts the commits of a table, from 1; 0 is the empty table before the first. */
  readonly number: number;
  /** Undefined until the table has a scope. */
  readonly table: BuiltTable<Entry> | undefined;
  /** HEAD has a tree of its own; else that of GET answers it. */
  readonly hasHead: boolean;
  /** Requests that are served by it. */
  inFlight: number;
}

interface Waiter {
  readonly number: number;
  readonly resolve: () => void;
}

/** The current generation, and the earlier ones that still have requests. */
export class Generations {
  #current: Generation = { number: 0, table: undefined, hasHead: false, inFlight: 0 };
  readonly #busy = new Map<number, Generation>();
  #waiters: Waiter[] = [];

  get current(): Generation {
    return this.#current;
  }

  /** Requests in flight, by the number of their generation. */
  get inFlight(): Readonly<Record<number, number>> {
    return Object.fromEntries([...this.#busy].map(([number, { inFlight }]) => [number, inFlight]));
  }

  /** Requests that come from now on are served by it. */
  replace(number: number, built: Pick<Generation, 'table' | 'hasHead'>): void {
    this.#current = { number, ...built, inFlight: 0 };
  }

  /** A request has come to the current generation. */
  enter(): Generation {
    const generation = this.#current;
    if (generation.inFlight++ === 0) this.#busy.set(generation.number, generation);
    return generation;
  }

  /** A request of a generation is over. */
  leave(generation: Generation): void {
    if (--generation.inFlight > 0) return;
    this.#busy.delete(generation.number);
    if (this.#waiters.length === 0) return;
    const done = this.#waiters.filter(({ number }) => !this.#isBusy(number));
    this.#waiters = this.#waiters.filter(({ number }) => this.#isBusy(number));
    for (const { resolve } of done) resolve();
  }

  /** Resolves when no request of the generation or an earlier one is in flight.
   * @throws CATZ_ROUTER_OPTIONS, or rejects with the reason of the signal */
  async drained(number: number, signal: AbortSignal | undefined): Promise<void> {
    const last = this.#current.number;
    if (!Number.isSafeInteger(number) || number < 0 || number > last) {
      throw new errors.OPTIONS(
        `expected generation to be an integer from 0 to ${last}, got ${String(number)}`,
      );
    }
    signal?.throwIfAborted();
    if (!this.#isBusy(number)) return;
    await new Promise<void>((resolve, reject) => {
      const waiter: Waiter = {
        number,
        resolve() {
          signal?.removeEventListener('abort', abort);
          resolve();
        },
      };
      const abort = (): void => {
        this.#waiters = this.#waiters.filter((other) => other !== waiter);
        reject(signal!.reason as Error);
      };
      signal?.addEventListener('abort', abort, { once: true });
      this.#waiters.push(waiter);
    });
  }

  #isBusy(number: number): boolean {
    for (const busy of this.#busy.keys()) if (busy <= number) return true;
    return false;
  }
}
