// Runs the loads of several keys as one: one read of the tiers below, one factory call for what is missing.
// Invariant: never rejects, and ends each flight; to those who wait, each is a load like any other, so a caller of one
// key may wait for a load of many and the other way round.
import { show } from '@catzilla/common';
import { errors } from '../errors.ts';
import type { Cancel } from './cancel.ts';
import type { Flight } from './flight.ts';
import type { LoadHost } from './host.ts';
import type { ManyFactory } from './options.ts';
import type { Plan } from './plan.ts';
import { endWith, failWith, foundOutcome, heldBack, isStopped } from './run-one.ts';
import type { LoadScope } from './run-one.ts';

/** The loads of one call. */
export interface Batch {
  readonly flights: readonly Flight[];
  readonly plan: Plan;
  readonly cancel: Cancel;
}

/** Runs a batch to its end. */
export async function runMany(
  scope: LoadScope,
  { flights, plan, cancel }: Batch,
  factory: ManyFactory<unknown>,
): Promise<void> {
  let missing = flights;
  try {
    if (!plan.fresh) await lookBelow(scope, flights, plan);
    missing = flights.filter((flight) => !isStopped(flight));
    if (missing.length === 0) return;
    const { values, cost } = await compute(scope.host, missing, cancel, factory);
    for (const flight of missing) finish(scope, flight, values.get(flight.key), cost);
  } catch (error) {
    failWith(scope, missing, error);
  } finally {
    // Given up before the factory was called: nobody waits for them.
    for (const flight of flights) flight.end({ kind: 'yielded' });
  }
}

async function lookBelow(scope: LoadScope, flights: readonly Flight[], plan: Plan): Promise<void> {
  const keys = flights.map((flight) => flight.key);
  const found = await scope.host.readManyBelow(keys, { tiers: plan.entry.tiers });
  for (const [i, flight] of flights.entries()) {
    const entry = found[i];
    if (entry !== undefined && flight.accepts(entry)) flight.end(foundOutcome(entry));
    else {
      if (entry !== undefined) flight.offer(entry);
      const failure = heldBack(scope, flight);
      if (failure !== undefined) flight.end(failure);
    }
  }
}

async function compute(
  host: LoadHost,
  missing: readonly Flight[],
  cancel: Cancel,
  factory: ManyFactory<unknown>,
): Promise<{ values: ReadonlyMap<string, unknown>; cost: number }> {
  host.counters.factoryCalls++;
  for (const flight of missing) flight.ran = true;
  const keys = missing.map((flight) => flight.key);
  const began = host.mono();
  try {
    const values: unknown = await factory(keys, {
      get signal() {
        return cancel.signal;
      },
    });
    if (isMap(values)) return { values, cost: host.mono() - began };
    throw new errors.FACTORY('the result of the factory', 'a Map of values by key', show(values));
  } catch (error) {
    if (!cancel.aborted) host.counters.factoryErrors++;
    throw error;
  } finally {
    cancel.settle();
  }
}

// A fault of one key (a codec, a bound of its tags) is that key's alone.
function finish(scope: LoadScope, flight: Flight, raw: unknown, cost: number): void {
  if (flight.isOver) return;
  try {
    void endWith(scope, flight, { raw, cost, said: undefined, token: undefined });
  } catch (error) {
    failWith(scope, [flight], error);
  }
}

// Maps of another realm, and those who behave like one, are as good.
function isMap(value: unknown): value is ReadonlyMap<string, unknown> {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof (value as ReadonlyMap<string, unknown>).get === 'function' &&
    typeof (value as ReadonlyMap<string, unknown>).has === 'function'
  );
}
