// createRunner(): all queues of an application, what looks after them by the clock, and their common end.
// Invariant: after drain() nothing of it is left: no worker, no thread, no timer, no listener.
import type { QueueEvents } from 'bullmq';
import { priorities } from '../define/priority.ts';
import { errors } from '../errors.ts';
import { sweepAging } from './aging.ts';
import { loadWorker } from './bullmq-worker.ts';
import { closeListener, openCancelListener } from './cancel-listener.ts';
import { sweepDeadLetters } from './dead-letters.ts';
import { watchLoopDelay } from './loop-delay.ts';
import type { LoopDelay } from './loop-delay.ts';
import { QueueRunner } from './queue-runner.ts';
import type {
  AgingOptions,
  DrainOptions,
  DrainReport,
  Runner,
  RunnerHealth,
  RunnerOptions,
  RunnerQueueStats,
} from './types.ts';
import { within } from './within.ts';

const DRAIN_TIMEOUT = 10_000;
const ABORT_GRACE = 5_000;
/** ms that workers have to close, once no attempt runs. */
const LEAST_PATIENCE = 1_000;
const AGING: AgingOptions = { after: 60_000, ceiling: priorities.normal };

/** Makes what runs the jobs of all queues. It takes none before start(). */
export function createRunner(options: RunnerOptions): Runner {
  return new QueuesRunner(options);
}

class QueuesRunner implements Runner {
  readonly #options: RunnerOptions;
  #queues: readonly QueueRunner[] = [];
  #listeners: readonly QueueEvents[] = [];
  #timers: readonly NodeJS.Timeout[] = [];
  #loopDelay: LoopDelay | undefined;
  #started: Promise<void> | undefined;
  #drained: Promise<DrainReport> | undefined;

  constructor(options: RunnerOptions) {
    this.#options = options;
  }

  start(): Promise<void> {
    if (this.#drained !== undefined) return Promise.reject(new errors.CLOSING());
    this.#started ??= this.#start();
    return this.#started;
  }

  drain(options: DrainOptions = {}): Promise<DrainReport> {
    this.#drained ??= this.#drain(options);
    return this.#drained;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.drain();
  }

  cancel(queue: string, id: string, reason: string): boolean {
    return this.#queues.find(({ plan }) => plan.name === queue)?.cancel(id, reason) ?? false;
  }

  queueStats(): readonly RunnerQueueStats[] {
    return this.#queues.map((queue) => queue.stats());
  }

  health(): RunnerHealth {
    const troubles = this.#queues.map((queue) => queue.troubles());
    const failed = troubles.flatMap((each) => each.failed);
    const degraded = troubles.flatMap((each) => each.degraded);
    const reasons = [...failed, ...degraded];
    if (failed.length > 0) return { state: 'failed', reasons };
    return { state: degraded.length > 0 ? 'degraded' : 'ok', reasons };
  }

  async #start(): Promise<void> {
    const { queues, backend, backendKind, intervals = {} } = this.#options;
    if (queues.length === 0) return;
    const makeWorker = await loadWorker();
    if (this.#drained !== undefined) return;
    this.#queues = queues.map((plan) => new QueueRunner(plan, this.#options, makeWorker));
    // Before the workers: a job that was just taken can be cancelled. Of an embedded store that threads do not share, all that run jobs
    // are told directly; to read every event of every job would cost each of them.
    const { isShared } = backend as { readonly isShared?: boolean };
    if (backendKind !== 'embedded' || isShared === true) {
      this.#listeners = await Promise.all(
        this.#queues.map((queue) => openCancelListener(queue, this.#options)),
      );
    }
    await Promise.all(this.#queues.map((queue) => queue.start()));
    if (this.#drained !== undefined) return;
    if (this.#options.loopDelay === undefined) this.#loopDelay = watchLoopDelay();
    this.#timers = [
      every(intervals.scaling ?? 1_000, () => this.#scale(), this.#onError),
      every(intervals.deadLetters ?? 600_000, () => this.#sweepDeadLetters(), this.#onError),
    ];
    const { aging = AGING } = this.#options;
    if (aging !== false) {
      const age = (): Promise<void> => this.#age(aging);
      this.#timers = [...this.#timers, every(intervals.aging ?? 5_000, age, this.#onError)];
    }
  }

  async #drain(options: DrainOptions): Promise<DrainReport> {
    const { drainTimeout = DRAIN_TIMEOUT, abortGrace = ABORT_GRACE } = options;
    for (const queue of this.#queues) queue.stop();
    // What failed to start is told to whoever started it; the rest is closed here.
    await this.#started?.catch(() => undefined);
    for (const timer of this.#timers) clearInterval(timer);
    const running = (): number => this.#queues.reduce((sum, queue) => sum + queue.running, 0);
    const whenIdle = (): Promise<unknown> =>
      Promise.all(this.#queues.map((queue) => queue.whenIdle()));
    // Some were not there yet when it began.
    for (const queue of this.#queues) queue.stop();
    const atFirst = running();
    await within(drainTimeout, whenIdle());
    const afterTimeout = running();
    for (const queue of this.#queues) queue.abort();
    await within(abortGrace, whenIdle());
    const afterGrace = running();
    const patience = Math.max(LEAST_PATIENCE, abortGrace);
    const abandoned = await Promise.all(this.#queues.map((queue) => queue.close(patience)));
    await Promise.all(this.#listeners.map((listener) => closeListener(listener, patience)));
    this.#loopDelay?.close();
    return Object.freeze({
      completed: atFirst - afterTimeout,
      aborted: afterTimeout - afterGrace,
      returned: afterGrace,
      abandoned: abandoned.reduce((sum, each) => sum + each, 0),
    });
  }

  async #scale(): Promise<void> {
    const { loopDelay, isUnderPressure } = this.#options;
    const delay = loopDelay?.() ?? this.#loopDelay!.read();
    const pressed = isUnderPressure?.() ?? false;
    for (const queue of this.#queues) await queue.scale(delay, pressed);
  }

  async #age(aging: AgingOptions): Promise<void> {
    for (const { plan } of this.#queues) {
      await sweepAging(await this.#options.queueOf(plan.name), aging);
    }
  }

  async #sweepDeadLetters(): Promise<void> {
    const { queueOf, deadLetters = {} } = this.#options;
    for (const { plan } of this.#queues) await sweepDeadLetters(queueOf, plan.name, deadLetters);
  }

  readonly #onError = (error: unknown): void => {
    this.#options.logger.warn({ err: error }, 'looking after the queues of tasks failed');
  };
}

// Runs work again and again, one run at a time; what fails is told, and tried again.
function every(
  interval: number,
  run: () => Promise<void>,
  onError: (error: unknown) => void,
): NodeJS.Timeout {
  let isRunning = false;
  const tick = async (): Promise<void> => {
    if (isRunning) return;
    isRunning = true;
    try {
      await run();
    } catch (error) {
      onError(error);
    } finally {
      isRunning = false;
    }
  };
  return setInterval(() => void tick(), interval).unref();
}
