// Releasing: every instance of a frame once, in reverse order of dependency, awaited one by one.
// Invariant: a disposer that fails or is late stops none after it; all errors are returned. Nothing is a promise until a disposer
// is one, so a scope with synchronous disposers ends at once.
import { SINGLETON, VALUE, behind } from '../compile/service.ts';
import type { Service } from '../compile/service.ts';
import { aggregate, errors } from '../errors.ts';
import { messageOf } from './failure.ts';
import { GONE, Instance } from './frame.ts';
import type { Frame } from './frame.ts';
import type { Outcome } from '../types.ts';

/** How an end went. */
export interface Ended {
  readonly errors: readonly unknown[];
  /** The names of the services whose disposers failed. */
  readonly names: readonly string[];
}

const WELL: Ended = Object.freeze({ errors: [], names: [] });

/** Releases what a frame has made.
 * @param phase  'handler': only what is disposed when the handler has settled; a failure then makes the outcome of the others one
 *   that is not ok. 'all': everything that is left */
export function releaseAll(
  frame: Frame,
  outcome: Outcome,
  phase: 'handler' | 'all',
): Ended | Promise<Ended> {
  const { made } = frame;
  if (made === undefined || made.length === 0) return WELL;
  const going = phase === 'all' ? made : made.filter(isOfHandler);
  frame.made = phase === 'all' ? undefined : made.filter((one) => !isOfHandler(one));
  sortByRank(going);
  return releaseDown(going, going.length - 1, frame, { outcome, phase, errors: [], names: [] });
}

/** Releases one instance that its frame does not have any more: it came too late.
 * @returns settles always; failures are reported */
export async function releaseLate(instance: Instance, frame: Frame): Promise<void> {
  const { service } = instance;
  service.live++;
  try {
    await release(instance, frame, { ok: false, aborted: true }, []);
  } catch (error) {
    service.disposeErrors++;
    frame.runtime.report(
      'DISPOSE_FAILED',
      `the disposer of ${service.name}, which came too late, failed`,
      error,
    );
  }
}

/** The error of an end that did not go well; undefined when it did. */
export function errorOf(ended: Ended, what: string): Error | undefined {
  if (ended.errors.length === 0) return undefined;
  const count = ended.errors.length === 1 ? '1 disposer' : `${ended.errors.length} disposers`;
  const list = ended.errors.map((error, i) => `\n- ${ended.names[i]}: ${messageOf(error)}`);
  return aggregate('DISPOSE_FAILED', `${count} of ${what} failed:${list.join('')}`, ended.errors);
}

/** The method with which an instance disposes itself. */
export function disposerOf(value: unknown): (() => unknown) | undefined {
  if ((typeof value !== 'object' || value === null) && typeof value !== 'function')
    return undefined;
  const own = value as Partial<AsyncDisposable & Disposable>;
  const method = own[Symbol.asyncDispose] ?? own[Symbol.dispose];
  return typeof method === 'function' ? method : undefined;
}

/** Resolves as the promise does, or rejects when that takes too long. The timer keeps no process alive.
 * @param ms  Infinity: no limit */
export async function within<T>(
  promise: PromiseLike<T>,
  ms: number,
  late: () => Error,
): Promise<T> {
  if (ms === Infinity) return await promise;
  let timer: NodeJS.Timeout | undefined;
  try {
    return await new Promise<T>((resolve, reject) => {
      timer = setTimeout(() => reject(late()), ms).unref();
      void promise.then(resolve, reject);
    });
  } finally {
    clearTimeout(timer);
  }
}

/** Waits for a promise, at most so long. @returns whether it has settled */
export async function waitFor(promise: Promise<unknown> | undefined, ms: number): Promise<boolean> {
  if (promise === undefined) return true;
  const late = new Error('late');
  try {
    await within(promise, ms, () => late);
    return true;
  } catch (error) {
    return error !== late;
  }
}

// There was nothing to dispose.
const NOTHING = Symbol('nothing');

interface Progress {
  outcome: Outcome;
  readonly phase: 'handler' | 'all';
  readonly errors: unknown[];
  readonly names: string[];
}

// Downwards from position `at`; becomes asynchronous at the first disposer that is.
function releaseDown(
  going: readonly Instance[],
  at: number,
  frame: Frame,
  progress: Progress,
): Ended | Promise<Ended> {
  for (let i = at; i >= 0; i--) {
    const instance = going[i]!;
    try {
      const ending = release(instance, frame, progress.outcome, going);
      if (ending === undefined) continue;
      return ending
        .catch((error: unknown) => note(instance, error, progress))
        .then(() => releaseDown(going, i - 1, frame, progress));
    } catch (error) {
      note(instance, error, progress);
    }
  }
  return progress;
}

function note({ service }: Instance, error: unknown, progress: Progress): void {
  service.disposeErrors++;
  progress.errors.push(error);
  progress.names.push(service.name);
  if (progress.phase === 'handler' && progress.outcome.ok) {
    progress.outcome = { ok: false, error, aborted: progress.outcome.aborted };
  }
}

function release(
  instance: Instance,
  frame: Frame,
  outcome: Outcome,
  going: readonly Instance[],
): undefined | Promise<void> {
  const { service, promise, isReady } = instance;
  if (!isReady) return releaseWhenMade(instance, frame, promise!, outcome, going);
  service.live--;
  if (service.slot >= 0) frame.slots[service.slot] = GONE;
  const result = end(instance, outcome, frame, going);
  if (isThenable(result)) return watch(service, result, frame.runtime.disposeTimeout);
  if (result !== NOTHING) service.disposed++;
  return undefined;
}

// A factory that is still running is waited for; one that has failed has left nothing to release.
async function releaseWhenMade(
  instance: Instance,
  frame: Frame,
  promise: Promise<unknown>,
  outcome: Outcome,
  going: readonly Instance[],
): Promise<void> {
  const { service } = instance;
  const made = promise.then(
    () => true,
    () => false,
  );
  const { disposeTimeout } = frame.runtime;
  let isTooLate = false;
  const ending = made.then(async (isMade) => {
    if (!isMade) return;
    if (isTooLate) {
      service.live--;
      return releaseLate(instance, frame);
    }
    await release(instance, frame, outcome, going);
  });
  await within(ending, disposeTimeout, () => {
    isTooLate = true;
    return new errors.DISPOSE_TIMEOUT(service.name, disposeTimeout);
  });
}

async function watch(service: Service, ending: PromiseLike<unknown>, ms: number): Promise<void> {
  await within(ending, ms, () => new errors.DISPOSE_TIMEOUT(service.name, ms));
  service.disposed++;
}

function end(
  instance: Instance,
  outcome: Outcome,
  frame: Frame,
  going: readonly Instance[],
): unknown {
  const { service, value, rest } = instance;
  switch (service.disposal) {
    case 'function':
      return (service.binding.dispose as (value: unknown, outcome: Outcome) => unknown)(
        value,
        outcome,
      );
    case 'generator':
      return finish(service, rest!, outcome);
    case 'symbol':
      return endBySymbol(instance, frame, going);
    case 'none':
      return NOTHING;
  }
}

function endBySymbol(instance: Instance, frame: Frame, going: readonly Instance[]): unknown {
  const dispose = disposerOf(instance.value);
  if (dispose === undefined || isBorrowed(instance, frame, going)) return NOTHING;
  return dispose.call(instance.value);
}

// A factory that hands on one of its dependencies does not own it: who made it releases it, later.
function isBorrowed(
  { service, value }: Instance,
  frame: Frame,
  going: readonly Instance[],
): boolean {
  const isDependency = service.links.some(({ to }) =>
    to.some((target) => valueNow(behind(target), frame) === value),
  );
  return (
    isDependency ||
    going.some((other) => other.service.rank < service.rank && other.value === value)
  );
}

function valueNow(service: Service, frame: Frame): unknown {
  if (service.life === VALUE) return service.binding.value;
  const slots = service.life === SINGLETON ? (service.home as Frame).slots : frame.slots;
  const there = slots[service.slot];
  return there instanceof Instance ? there.value : there;
}

function finish(service: Service, rest: Generator | AsyncGenerator, outcome: Outcome): unknown {
  const last = rest.next(outcome);
  return last instanceof Promise ? last.then(expectEnd) : expectEnd(last);

  function expectEnd({ done }: IteratorResult<unknown>): unknown {
    if (done === true) return undefined;
    const stopped: unknown = rest.return(undefined);
    if (stopped instanceof Promise) stopped.catch(() => undefined);
    throw new TypeError(
      `expected the generator of ${service.name} to yield once, but it yielded again when it was to end`,
    );
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  if ((typeof value !== 'object' || value === null) && typeof value !== 'function') return false;
  return typeof (value as { then?: unknown }).then === 'function';
}

function isOfHandler({ service }: Instance): boolean {
  return service.disposeAt === 'handler' && service.disposal !== 'none';
}

// Mostly in order already, for dependencies are made before who uses them. The sort is stable: of one rank, the last made goes first.
function sortByRank(made: Instance[]): void {
  for (let i = 1; i < made.length; i++) {
    if (made[i - 1]!.service.rank > made[i]!.service.rank) {
      made.sort((a, b) => a.service.rank - b.service.rank);
      return;
    }
  }
}
