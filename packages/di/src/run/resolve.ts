// Resolving: from a service and a frame to an instance. An array read when it is there, one direct call when it is not.
// Invariant: a factory runs at most once per slot, whatever it gives; a failed or rejected one leaves no trace. Dependencies are
// made in the frame of who asks, a singleton's in the root frame of its own container.
// HOT: the paths for what is there already, and for services with plain dependencies.
import type { Link, Service } from '../compile/service.ts';
import {
  ALIAS,
  BUILT_IN,
  SCOPED,
  SEED,
  SINGLETON,
  TRANSIENT,
  VALUE,
  behind,
} from '../compile/service.ts';
import { errors } from '../errors.ts';
import type { Lazy } from '../modifiers.ts';
import { disposerOf } from './release.ts';
import { failure } from './failure.ts';
import { EMPTY, GONE, Instance, MAKING } from './frame.ts';
import type { Frame } from './frame.ts';

/** What `get` gives: the instance, or for an async token its promise.
 * @throws CATZ_DI_FACTORY_FAILED, CATZ_DI_SEED_MISSING, CATZ_DI_SCOPE_CLOSED, CATZ_DI_CYCLE, CATZ_DI_NOT_STARTED */
export function resolve(service: Service, frame: Frame): unknown {
  switch (service.life) {
    case SCOPED: {
      const there = frame.slots[service.slot];
      if (typeof there !== 'symbol' && !service.isAsync) return there;
      return resolveInSlot(service, frame);
    }
    case SINGLETON: {
      const home = service.home as Frame;
      const there = home.slots[service.slot];
      if (typeof there !== 'symbol' && !service.isAsync) return there;
      return resolveInSlot(service, home);
    }
    case VALUE:
      return service.isAsync ? Promise.resolve(service.binding.value) : service.binding.value;
    case TRANSIENT:
      return makeTransient(service, frame, true);
    case SEED:
      return seedOf(service, frame);
    case BUILT_IN:
      return builtInOf(service, frame);
    case ALIAS:
      return resolve(behind(service), frame);
  }
}

/** What a link gives to a factory, a handler, or `lazy().get()`: a promise where something has to be awaited. */
function give(link: Link, frame: Frame, isLater = false): unknown {
  const { need, to } = link;
  if (need.isLazy && !isLater) return new LazyHandle(link, frame);
  if (need.isAll) return to.map((service) => resolve(service, frame));
  const target = to[0];
  if (target === undefined) return undefined;
  if (need.isOptional && isUnseeded(behind(target), frame)) return undefined;
  return resolve(target, frame);
}

/** What a list of links gives: values, or a promise of them when one has to be awaited. */
export function giveAll(links: readonly Link[], frame: Frame): unknown[] | Promise<unknown[]> {
  const given: unknown[] = [];
  let isWaiting = false;
  try {
    for (const link of links) {
      given.push(give(link, frame));
      isWaiting ||= isAwaited(link);
    }
  } catch (error) {
    // What had begun is in the frame and released with it; but nobody will hear of its failure.
    for (const one of given) if (one instanceof Promise) one.catch(() => undefined);
    throw error;
  }
  return isWaiting ? awaitThose(links, given) : given;
}

/** Makes a transient.
 * @param isOwned  whether the frame releases an instance that can be disposed; else who asked does */
export function makeTransient(service: Service, frame: Frame, isOwned: boolean): unknown {
  if (!frame.isOpen) throw closed(frame);
  if (service.isAsync) return makeAsync(service, frame, isOwned);
  const instance = makeSync(service, frame);
  const isHeld =
    service.disposal === 'symbol'
      ? disposerOf(instance.value) !== undefined
      : service.disposal !== 'none';
  if (isHeld && isOwned) keep(instance, frame);
  return instance.value;
}

/** Calls a factory with what it depends on, all of it awaited, and unwraps what it gives.
 * @param check  runs between the two, to stop what is not wanted any more */
export async function callAwaited(
  instance: Instance,
  frame: Frame,
  check: () => void,
): Promise<void> {
  const { service } = instance;
  const giving = giveAll(service.links, frame);
  // What waits for nothing begins at once, as a synchronous factory does.
  const given = giving instanceof Promise ? await giving : giving;
  check();
  const since = frame.runtime.timings ? performance.now() : 0;
  const result = service.call(...given);
  if (service.disposal === 'generator') {
    instance.rest = result as AsyncGenerator;
    const first = await instance.rest.next();
    instance.value = yielded(service, first);
  } else instance.value = await result;
  instance.isReady = true;
  count(service, frame, since);
}

/** Puts an instance among those that its frame counts and releases. */
export function keep(instance: Instance, frame: Frame): void {
  if (frame.made === undefined) frame.made = [instance];
  else frame.made.push(instance);
  instance.service.live++;
}

/** The error of a frame in which nothing can be got any more. */
export function closed(frame: Frame): Error {
  return new errors.SCOPE_CLOSED(
    frame.isRoot
      ? `the services of container ${frame.runtime.name} were disposed`
      : `the scope of ${frame.label} is closed`,
  );
}

function resolveInSlot(service: Service, frame: Frame): unknown {
  const there = frame.slots[service.slot];
  if (there === EMPTY) return fillSlot(service, frame);
  if (there === MAKING) {
    const text = `${service.name} is asked for while its factory runs: a lazy() dependency was used before its owner was made`;
    throw new errors.CYCLE(text);
  }
  if (there === GONE) {
    const when = frame.isOpen ? 'when the handler had settled' : 'with its scope';
    throw new errors.SCOPE_CLOSED(`${service.name} was disposed ${when} (${frame.label})`);
  }
  return there instanceof Instance && service.isAsync ? there.promise : there;
}

function fillSlot(service: Service, frame: Frame): unknown {
  if (!frame.isOpen) throw closed(frame);
  if (service.isEager) throw new errors.NOT_STARTED(service.owner, service.name);
  if (frame.isHandlerOver && service.disposeAt === 'handler' && service.disposal !== 'none') {
    throw new errors.SCOPE_CLOSED(
      `${service.name} is disposed when the handler has settled, which it has (${frame.label})`,
    );
  }
  if (service.isAsync) return makeAsync(service, frame, true);
  frame.slots[service.slot] = MAKING;
  try {
    const instance = makeSync(service, frame);
    frame.slots[service.slot] = instance.value;
    keep(instance, frame);
    return instance.value;
  } catch (error) {
    frame.slots[service.slot] = EMPTY;
    throw error;
  }
}

function makeSync(service: Service, frame: Frame): Instance {
  try {
    const since = frame.runtime.timings ? performance.now() : 0;
    const result = call(service, frame);
    const instance = new Instance(service, result, true);
    if (service.disposal === 'generator') {
      instance.rest = result as Generator;
      instance.value = yielded(service, instance.rest.next());
    } else if (result instanceof Promise) {
      refusePromise(service, result);
    }
    count(service, frame, since);
    return instance;
  } catch (error) {
    throw failure(service, error);
  }
}

function call(service: Service, frame: Frame): unknown {
  const { plain } = service;
  if (plain === undefined) return service.call(...service.links.map((link) => give(link, frame)));
  switch (plain.length) {
    case 0:
      return service.call();
    case 1:
      return service.call(resolve(plain[0]!, frame));
    case 2:
      return service.call(resolve(plain[0]!, frame), resolve(plain[1]!, frame));
    case 3:
      return service.call(
        resolve(plain[0]!, frame),
        resolve(plain[1]!, frame),
        resolve(plain[2]!, frame),
      );
    default:
      return service.call(...plain.map((one) => resolve(one, frame)));
  }
}

function makeAsync(service: Service, frame: Frame, isOwned: boolean): Promise<unknown> {
  const instance = new Instance(service, undefined, false);
  const isHeld = isOwned && (service.slot >= 0 || service.disposal !== 'none');
  if (service.slot >= 0) frame.slots[service.slot] = instance;
  if (isHeld) keep(instance, frame);
  const check = (): void => {
    if (!frame.isOpen) throw closed(frame);
  };
  instance.promise = callAwaited(instance, frame, check).then(
    () => instance.value,
    (error: unknown) => {
      if (isHeld) drop(instance, frame);
      throw failure(service, error);
    },
  );
  return instance.promise;
}

// Nothing of a rejected one stays, so that the next get tries again.
function drop(instance: Instance, frame: Frame): void {
  const { service } = instance;
  const at = frame.made?.indexOf(instance) ?? -1;
  if (at >= 0) frame.made!.splice(at, 1);
  service.live--;
  if (service.slot >= 0 && frame.slots[service.slot] === instance) {
    frame.slots[service.slot] = EMPTY;
  }
}

function seedOf(service: Service, frame: Frame): unknown {
  for (let at: Frame | undefined = frame; at !== undefined; at = at.parent) {
    const value = at.slots[service.slot];
    if (value !== EMPTY) return value;
  }
  throw new errors.SEED_MISSING(service.name, frame.label);
}

function isUnseeded(service: Service, frame: Frame): boolean {
  if (service.builtIn === 'request') return frame.request === undefined;
  if (service.builtIn === 'reply') return frame.reply === undefined;
  if (service.life !== SEED) return false;
  for (let at: Frame | undefined = frame; at !== undefined; at = at.parent) {
    if (at.slots[service.slot] !== EMPTY) return false;
  }
  return true;
}

function builtInOf(service: Service, frame: Frame): unknown {
  switch (service.builtIn) {
    case 'log':
      return frame.log;
    case 'signal':
      return frame.signal;
    case 'scopes':
      return frame.runtime.factory;
    case 'info':
      return { kind: frame.kind, label: frame.label };
    default: {
      const given = service.builtIn === 'request' ? frame.request : frame.reply;
      if (given === undefined) throw new errors.SEED_MISSING(service.name, frame.label);
      return given;
    }
  }
}

async function awaitThose(links: readonly Link[], given: unknown[]): Promise<unknown[]> {
  // Only these: a service that happens to have a method `then` is not awaited.
  const at = links.flatMap((link, i) => (isAwaited(link) ? [i] : []));
  const values = await Promise.all(at.map((i) => given[i]));
  for (const [k, i] of at.entries()) given[i] = values[k];
  return given;
}

function isAwaited({ need, to }: Link): boolean {
  return !need.isLazy && !need.isAll && to[0] !== undefined && behind(to[0]).isAsync;
}

function yielded(service: Service, first: IteratorResult<unknown>): unknown {
  if (first.done !== true) return first.value;
  throw new TypeError(
    `expected the generator of ${service.name} to yield its service, but it ended`,
  );
}

function refusePromise(service: Service, promise: Promise<unknown>): never {
  // Nobody will wait for it: its rejection must not end the process.
  promise.catch(() => undefined);
  throw new TypeError(
    `expected the factory of ${service.name} to give the service, got a promise: make its token an asyncToken`,
  );
}

function count(service: Service, frame: Frame, since: number): void {
  service.created++;
  if (!frame.runtime.timings) return;
  const took = performance.now() - since;
  service.count++;
  service.sumMs += took;
  service.maxMs = Math.max(service.maxMs, took);
}

class LazyHandle implements Lazy<unknown> {
  readonly #link: Link;
  readonly #frame: Frame;

  constructor(link: Link, frame: Frame) {
    this.#link = link;
    this.#frame = frame;
  }

  get(): unknown {
    return give(this.#link, this.#frame, true);
  }
}
