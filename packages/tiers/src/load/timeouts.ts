// What may end a caller's wait before its load has: two timers and a signal.
// Invariant: after `clear` nothing fires and nobody's signal holds us. The timers are unref'd: a caller who waits for a
// factory that does nothing more must not keep the process alive.
import { watchAbort } from './abort-watch.ts';
import type { Plan } from './plan.ts';

/** Who is told. */
export interface Alarmed {
  onSoftTimeout(): void;
  onHardTimeout(): void;
  onAbort(): void;
}

/** The alarms of one wait. */
export class Timeouts {
  readonly #unwatch: (() => void) | undefined;
  readonly #soft: NodeJS.Timeout | undefined;
  readonly #hard: NodeJS.Timeout | undefined;

  constructor({ softTimeout, hardTimeout, signal }: Plan, who: Alarmed) {
    if (softTimeout > 0 && softTimeout !== Infinity) {
      this.#soft = setTimeout(() => who.onSoftTimeout(), softTimeout).unref();
    }
    if (hardTimeout !== Infinity) {
      this.#hard = setTimeout(() => who.onHardTimeout(), hardTimeout).unref();
    }
    if (signal !== undefined) this.#unwatch = watchAbort(signal, () => who.onAbort());
  }

  clear(): void {
    clearTimeout(this.#soft);
    clearTimeout(this.#hard);
    this.#unwatch?.();
  }
}
