// Runs the load of one key: the tiers below, the lock, the factory, the store.
// Invariant: never rejects, and ends its flight with every outcome; the work it leaves behind (the fill of the tiers
// below, the release of the lock) is part of the promise it gives.
import type { Entry } from '../entry.ts';
import { takeTurn } from './distributed-lock.ts';
import type { HeldLock } from './distributed-lock.ts';
import { openContext } from './factory-context.ts';
import { isUsable } from './fail-safe.ts';
import type { Holds } from './fail-safe.ts';
import type { Flight, Outcome } from './flight.ts';
import type { LoadHost } from './host.ts';
import { keep } from './keep.ts';
import type { Computation } from './keep.ts';
import type { KeptErrors } from './negative.ts';
import type { Factory } from './options.ts';
import { readsMemory } from './plan.ts';

/** What all loads of a namespace share. */
export interface LoadScope {
  readonly host: LoadHost;
  readonly holds: Holds;
  readonly keptErrors: KeptErrors;
}

const YIELDED: Outcome = Object.freeze({ kind: 'yielded' });

/** Runs a load to its end. */
export async function runOne(
  scope: LoadScope,
  flight: Flight,
  factory: Factory<unknown>,
): Promise<void> {
  let held: HeldLock | undefined;
  try {
    const found = flight.plan.fresh ? undefined : await lookBelow(scope.host, flight);
    if (found !== undefined) return flight.end(foundOutcome(found));
    const failure = heldBack(scope, flight);
    if (failure !== undefined) return flight.end(failure);
    if (flight.plan.lock !== false && !isStopped(flight)) {
      const look = (): Promise<Entry | undefined> => lookAgain(scope.host, flight);
      const turn = await takeTurn(scope.host, flight, flight.plan.lock, look);
      if (turn === 'yielded') return flight.end(YIELDED);
      if ('value' in turn) return flight.end(foundOutcome(turn));
      held = turn.held;
      flight.proceed();
    }
    if (isStopped(flight)) return flight.end(YIELDED);
    const computation = await compute(scope.host, flight, factory, held);
    if (flight.isOver) return; // the cache was closed
    const settled = endWith(scope, flight, computation);
    held?.rest();
    // A fill that was made has released the lock in the same step.
    if (held !== undefined && (await settled)) held = undefined;
  } catch (error) {
    failWith(scope, [flight], error);
  } finally {
    await held?.release();
  }
}

/** What ends a load without an attempt: its factory has failed a moment ago, and there is an old value to be given. */
export function heldBack({ host, holds }: LoadScope, flight: Flight): Outcome | undefined {
  if (flight.plan.fresh || !isUsable(host, flight.previous)) return undefined;
  const failure = holds.find(flight.key);
  return failure && errorOutcome(host, flight, failure.error);
}

/** The outcome of a load that found what it wanted below. */
export function foundOutcome(found: Entry): Outcome {
  const { value, created, tags } = found;
  return { kind: 'value', value, raw: value, found, created, tags };
}

/** Whether nobody is left to load for: all have given up, or the cache was closed. */
export function isStopped(flight: Flight): boolean {
  return flight.isOver || flight.cancel.aborted;
}

/** Ends a load whose factory has given a value.
 * @returns whether the tiers below have it; never rejects
 * @throws as keep */
export function endWith(
  { host, holds }: LoadScope,
  flight: Flight,
  computation: Computation,
): Promise<boolean> {
  const { key, previous, early } = flight;
  const { outcome, settled } = keep(host, flight, computation);
  holds.end(key);
  if (previous !== undefined) host.emit.refresh(key, early, computation.cost);
  flight.end(outcome);
  return settled;
}

/** Ends loads whose factory has failed. A factory that was told to stop and did so has not failed. */
export function failWith(scope: LoadScope, flights: readonly Flight[], error: unknown): void {
  for (const flight of flights) {
    if (!isStopped(flight)) {
      const { key, plan, created } = flight;
      const isSafe = !plan.fresh && isUsable(scope.host, flight.previous);
      if (isSafe) scope.holds.begin(key, error, plan.failSafeTtl);
      else scope.keptErrors.add(key, plan, error, created);
    }
    flight.end(errorOutcome(scope.host, flight, error));
  }
}

function errorOutcome(host: LoadHost, { created, plan }: Flight, error: unknown): Outcome {
  return { kind: 'error', error, created, tags: plan.entry.tags ?? host.defaults.tags ?? [] };
}

async function lookBelow(host: LoadHost, flight: Flight): Promise<Entry | undefined> {
  const found = await host.readBelow(flight.key, { tiers: flight.plan.entry.tiers });
  if (found === undefined) return undefined;
  if (flight.accepts(found)) return found;
  flight.offer(found);
  return undefined;
}

// Somebody here may have set the key while we waited for somebody there.
async function lookAgain(host: LoadHost, flight: Flight): Promise<Entry | undefined> {
  const near = readsMemory(flight.plan.entry.tiers) ? host.peek(flight.key) : undefined;
  return near !== undefined && flight.accepts(near) ? near : lookBelow(host, flight);
}

async function compute(
  host: LoadHost,
  flight: Flight,
  factory: Factory<unknown>,
  held: HeldLock | undefined,
): Promise<Computation> {
  const { counters } = host;
  const { context, close, said } = openContext(flight, held?.fence);
  counters.factoryCalls++;
  if (flight.early) counters.earlyRefreshes++;
  else if (!flight.isAwaited) counters.backgroundRefreshes++;
  flight.ran = true;
  const began = host.mono();
  try {
    const raw = await (host.trace === undefined
      ? factory(context)
      : host.trace(() => factory(context)));
    return { raw, cost: host.mono() - began, said: said(), token: held?.token };
  } catch (error) {
    if (!isStopped(flight)) counters.factoryErrors++;
    throw error;
  } finally {
    close();
    flight.cancel.settle();
  }
}
