// The start: every eager singleton, each as soon as what it needs is there, all others at the same time.
// Invariant: after a failure nothing new begins, the Signal of those still running is aborted, they are waited for as long as the
// time limit allows, and what had started is released in reverse order. What comes too late is released when it comes.
import { neededBy } from '../compile/compile.ts';
import type { Service } from '../compile/service.ts';
import { aggregate, errors } from '../errors.ts';
import { failure, messageOf } from './failure.ts';
import { Instance } from './frame.ts';
import type { Frame } from './frame.ts';
import { releaseAll, releaseLate, waitFor, within } from './release.ts';
import { callAwaited, keep } from './resolve.ts';
import type { LiveScope } from './scope.ts';

// Fastify ends a slow start by itself, and then names nobody: what is left of its time is not ours to wait.
const CLEANUP_AFTER_TIMEOUT = 500;

/** Makes the eager singletons of a container.
 * @param timeout  ms for all of them, or Infinity
 * @throws CATZ_DI_START_FAILED, CATZ_DI_START_TIMEOUT */
export async function startSingletons(root: LiveScope, timeout: number): Promise<void> {
  const start = new Start(root);
  const { plan, name } = root.runtime;
  const eager = plan.own.filter(({ isEager }) => isEager);
  const all = Promise.all(eager.map((service) => start.begin(service)));
  if (!(await waitFor(all, timeout))) {
    const text = `container ${name} has not started within ${timeout} ms; still running: ${start.running().join(', ')}`;
    start.failures.push(new errors.START_TIMEOUT(text));
  }
  if (start.failures.length === 0) return;
  start.giveUp();
  const released = release(root).then((failures) => start.failures.push(...failures));
  await waitFor(released, start.running().length === 0 ? Infinity : CLEANUP_AFTER_TIMEOUT);
  const [first] = start.failures;
  if (start.failures.length === 1 && first instanceof errors.START_TIMEOUT) throw first;
  const list = start.failures.map((error) => `\n- ${messageOf(error)}${causeOf(error)}`).join('');
  throw aggregate('START_FAILED', `container ${name} has not started:${list}`, start.failures);
}

class Start {
  readonly failures: unknown[] = [];
  readonly #root: LiveScope;
  readonly #begun = new Map<Service, Promise<void>>();
  readonly #running = new Set<Service>();
  #isOver = false;

  constructor(root: LiveScope) {
    this.#root = root;
  }

  /** Settles, never rejects, when the service is there or will not be. */
  begin(service: Service): Promise<void> {
    let begun = this.#begun.get(service);
    if (begun === undefined) this.#begun.set(service, (begun = this.#run(service)));
    return begun;
  }

  /** The names of those that are still running. */
  running(): string[] {
    return [...this.#running].map(({ name }) => name);
  }

  /** Begins nothing more, and tells those that are running. */
  giveUp(): void {
    this.#isOver = true;
    this.#root.abort(new Error(`container ${this.#root.runtime.name} has not started`));
  }

  async #run(service: Service): Promise<void> {
    const root = this.#root;
    const needed = neededBy(service);
    await Promise.all(needed.filter(({ home }) => home === root).map((one) => this.begin(one)));
    if (this.#isOver) return;
    const instance = new Instance(service, undefined, false);
    const since = performance.now();
    this.#running.add(service);
    try {
      await this.#make(instance);
      service.startMs = performance.now() - since;
    } catch (error) {
      this.#fail(service, error);
    } finally {
      this.#running.delete(service);
    }
  }

  async #make(instance: Instance): Promise<void> {
    const { service } = instance;
    const root: Frame = this.#root;
    let isTooLate = false;
    const making = callAwaited(instance, root, () => undefined).then(() => {
      if (isTooLate || !root.isOpen) return releaseLate(instance, root);
      const isAsync = service.isAsync;
      if (isAsync) instance.promise = Promise.resolve(instance.value);
      root.slots[service.slot] = isAsync ? instance : instance.value;
      keep(instance, root);
      return undefined;
    });
    const limit = service.binding.startTimeout ?? Infinity;
    await within(making, limit, () => {
      isTooLate = true;
      return new errors.START_TIMEOUT(`${service.name} has not started within ${limit} ms`);
    });
  }

  #fail(service: Service, error: unknown): void {
    // What ends because we aborted it is no cause.
    const isEcho =
      this.#isOver &&
      (error === this.#root.signal.reason || (error as Error)?.name === 'AbortError');
    if (!isEcho)
      this.failures.push(error instanceof errors.START_TIMEOUT ? error : failure(service, error));
    this.giveUp();
  }
}

/** Closes the root frame. @returns what the disposers threw */
async function release(root: LiveScope): Promise<readonly unknown[]> {
  root.isOpen = false;
  const ended = await releaseAll(root, { ok: false, aborted: true }, 'all');
  return ended.errors;
}

function causeOf(error: unknown): string {
  const cause = (error as Error).cause;
  return cause === undefined ? '' : `: ${messageOf(cause)}`;
}
