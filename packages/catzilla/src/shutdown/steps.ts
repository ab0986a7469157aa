// The timeline of a shutdown: one step after the other, each logged with its ms when the next begins.
import type { FastifyBaseLogger } from 'fastify';

/** One step of a shutdown. */
export interface ShutdownStep {
  readonly name: string;
  /** How long it took, or, for one that was cut off, until then. */
  readonly ms: number;
}

/** Notes the steps. */
export class Steps {
  readonly #log: FastifyBaseLogger;
  readonly #done: ShutdownStep[] = [];
  #current: { name: string; begun: number } | undefined;

  constructor(log: FastifyBaseLogger) {
    this.#log = log;
  }

  /** The step that is under way. */
  get current(): string | undefined {
    return this.#current?.name;
  }

  get done(): readonly ShutdownStep[] {
    return [...this.#done];
  }

  /** Ends the step under way, and begins one. Nothing is noted of the same step again. */
  enter(name: string): void {
    if (this.#current?.name === name) return;
    this.end();
    this.#current = { name, begun: performance.now() };
  }

  /** Ends the step under way. */
  end(): void {
    if (this.#current === undefined) return;
    const { name, begun } = this.#current;
    this.#current = undefined;
    const step = { name, ms: Math.round((performance.now() - begun) * 10) / 10 };
    this.#done.push(step);
    this.#log.info({ step: name, ms: step.ms }, 'shutdown step is done');
  }
}
