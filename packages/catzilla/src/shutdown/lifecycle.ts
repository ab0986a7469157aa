// app.lifecycle: where an application stands, and how it ends: readiness off, drain, no new connections, close, dispose.
// Invariant: a request that reached the application before it stopped listening is answered; what hangs is named and cut off
// at killAfter. It ends the application, never the process: that is signals.ts, or who called.
import type { FastifyInstance } from 'fastify';
import { errors } from '../errors.ts';
import { Connections } from './connections.ts';
import type { CheckedShutdown } from './options.ts';
import { Steps } from './steps.ts';
import type { ShutdownStep } from './steps.ts';

/** 'starting' until the application is ready, 'draining' while it serves but is not ready any more, 'closing' from the first
 * preClose hook on. */
export type LifecycleState = 'starting' | 'ready' | 'draining' | 'closing' | 'closed';

/** What became of a stop. */
export interface ShutdownReport {
  /** Why, as it was said. */
  readonly reason: string;
  /** Everything has ended by itself, without an error. */
  readonly ok: boolean;
  /** From the call to the end. */
  readonly ms: number;
  readonly steps: readonly ShutdownStep[];
  /** What was cut off: the step under way, and requests as `GET /path`. Empty where nothing was. */
  readonly left: readonly string[];
  /** What hooks threw, or CATZ_APP_STOP_TIMEOUT. */
  readonly error: unknown;
}

/** The life of an application, as `app.lifecycle`. */
export interface Lifecycle {
  readonly state: LifecycleState;
  /** Turns readiness off and, for `shutdownDelay`, lets answers say `Connection: close`; requests are served as ever. Resolves
   * after that time, at once where it is 0 or the application does not listen. A second call waits for the same.
   * @param reason  for the log */
  drain(reason?: string): Promise<void>;
  /** Drains, stops listening, closes the application, disposes its parts. Never rejects: see `ok`. A second call gives the
   * same report.
   * @param reason  for the log, and the report */
  stop(reason?: string): Promise<ShutdownReport>;
  /** Ends the wait of `drain`. */
  hurry(): void;
}

declare module 'fastify' {
  interface FastifyInstance {
    readonly lifecycle: Lifecycle;
  }
}

/** Makes the lifecycle of an application, before anything else is registered on it, and decorates it. */
export function addLifecycle(app: FastifyInstance, settings: CheckedShutdown): AppLifecycle {
  const lifecycle = new AppLifecycle(app, settings);
  app.decorate('lifecycle', lifecycle.face);
  return lifecycle;
}

/** The state behind `app.lifecycle`. */
export class AppLifecycle {
  readonly #app: FastifyInstance;
  readonly #settings: CheckedShutdown;
  readonly #connections: Connections;
  readonly #steps: Steps;
  readonly #hurry = new AbortController();
  #state: LifecycleState = 'starting';
  #drained: Promise<void> | undefined;
  #stopped: Promise<ShutdownReport> | undefined;

  constructor(app: FastifyInstance, settings: CheckedShutdown) {
    this.#app = app;
    this.#settings = settings;
    this.#connections = new Connections(app);
    this.#steps = new Steps(app.log);
    app.addHook('onReady', async () => {
      if (this.#state === 'starting') this.#state = 'ready';
    });
    app.addHook('preClose', async () => {
      this.#state = 'closing';
      this.#hurry.abort();
      this.#steps.enter('preClose');
      this.#connections.endIdle();
    });
    // Runs last.
    app.addHook('onClose', async () => {
      this.#steps.end();
      this.#state = 'closed';
    });
    this.#followServer();
  }

  /** What the application sees. */
  get face(): Lifecycle {
    const state = (): LifecycleState => this.#state;
    return Object.freeze({
      get state() {
        return state();
      },
      drain: (reason?: string) => this.drain(reason),
      stop: (reason?: string) => this.stop(reason),
      hurry: () => this.#hurry.abort(),
    });
  }

  /** Makes the end of what is registered from here back to the call before a step of its own: hooks of onClose run in
   * reverse. */
  mark(name: string): void {
    this.#app.addHook('onClose', async () => this.#steps.enter(name));
  }

  drain(reason = 'drain'): Promise<void> {
    this.#drained ??= this.#drain(reason);
    return this.#drained;
  }

  stop(reason = 'stop'): Promise<ShutdownReport> {
    this.#stopped ??= this.#stop(reason);
    return this.#stopped;
  }

  async #drain(reason: string): Promise<void> {
    if (this.#state === 'closing' || this.#state === 'closed') return;
    this.#state = 'draining';
    this.#steps.enter('drain');
    this.#app.log.info({ reason }, 'application is draining');
    const { shutdownDelay } = this.#settings;
    if (!this.#app.server.listening || shutdownDelay === 0) return;
    this.#connections.announceClose();
    await this.#delay(shutdownDelay);
  }

  async #delay(ms: number): Promise<void> {
    const { signal } = this.#hurry;
    if (signal.aborted) return;
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      signal.addEventListener('abort', () => resolve(), { once: true });
      timer = setTimeout(resolve, ms).unref();
    });
    clearTimeout(timer);
  }

  async #stop(reason: string): Promise<ShutdownReport> {
    const begun = performance.now();
    const left: string[] = [];
    let error: unknown;
    let timer: NodeJS.Timeout | undefined;
    const cutOff = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => {
        left.push(...this.#cutOff());
        reject(new errors.STOP_TIMEOUT(this.#settings.killAfter, left.join(', ')));
      }, this.#settings.killAfter).unref();
    });
    try {
      await Promise.race([cutOff, this.#end(reason)]);
    } catch (thrown) {
      error = thrown;
      this.#app.log.error({ err: thrown, left }, 'application did not end as it should');
    }
    clearTimeout(timer);
    const ms = Math.round(performance.now() - begun);
    const report = { reason, ok: error === undefined, ms, steps: this.#steps.done, left, error };
    this.#app.log.info({ reason, ok: report.ok, ms }, 'application has stopped');
    return Object.freeze(report);
  }

  async #end(reason: string): Promise<void> {
    await this.drain(reason);
    if (this.#state === 'draining') {
      this.#steps.enter('connections');
      await this.#connections.stopListening();
      await this.#connections.lastRequests();
    }
    await this.#app.close();
  }

  // Node's ways to end go on without us: what still runs is named first.
  #cutOff(): readonly string[] {
    const { current } = this.#steps;
    const left = [...(current === undefined ? [] : [current]), ...this.#connections.underWay()];
    this.#connections.destroy();
    this.#steps.end();
    return left;
  }

  // Fastify closes the server between its preClose and its onClose hooks.
  #followServer(): void {
    const { server } = this.#app;
    const close = server.close.bind(server);
    server.close = (done) => {
      this.#steps.enter('requests');
      return close((error) => {
        this.#steps.enter('application');
        done?.(error);
      });
    };
  }
}
