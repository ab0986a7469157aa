// The loads under way in one namespace.
// Invariant: at most one load of a key can be joined at a time, the youngest; none that a delete has overtaken, none that
// all have given up, and none older than 30 s, for a load that hangs must not block who comes later.
import type { Entry } from '../entry.ts';
import type { Cancel } from './cancel.ts';
import { Flight } from './flight.ts';
import type { LoadHost } from './host.ts';
import type { Plan } from './plan.ts';

/** ms after which a load is not joined any more. */
const JOINABLE = 30_000;

/** What a load of one key begins with. */
export interface Departure {
  readonly key: string;
  readonly plan: Plan;
  readonly cancel: Cancel;
  /** What is in memory now: stale, or about to be. */
  readonly previous: Entry | undefined;
  /** Whether it is to replace an entry that is still fresh. */
  readonly early: boolean;
}

/** The loads under way. */
export class Flights {
  readonly #host: LoadHost;
  readonly #joinable = new Map<string, Flight>();
  /** With those that cannot be joined any more. */
  readonly #all = new Set<Flight>();
  readonly #onEnd = (flight: Flight): void => {
    this.#all.delete(flight);
    if (this.#joinable.get(flight.key) === flight) this.#joinable.delete(flight.key);
  };

  constructor(host: LoadHost) {
    this.#host = host;
  }

  /** The load of a key that a caller may join now. */
  find(key: string): Flight | undefined {
    const flight = this.#joinable.get(key);
    if (flight === undefined || flight.cancel.aborted) return undefined;
    return this.#host.mono() - flight.startedAt < JOINABLE ? flight : undefined;
  }

  /** Begins a load; from now on this is the one to join. */
  begin(departure: Departure): Flight {
    const flight = new Flight(departure, this.#host, this.#onEnd);
    this.#all.add(flight);
    this.#joinable.set(flight.key, flight);
    return flight;
  }

  /** Nobody joins the load of this key that is under way. */
  detach(key: string): void {
    this.#joinable.delete(key);
  }

  detachAll(): void {
    this.#joinable.clear();
  }

  /** Ends all of them, whoever waits. */
  close(error: unknown): void {
    for (const flight of this.#all) {
      flight.cancel.abort(error);
      flight.end({ kind: 'closed', error });
    }
  }
}
