// Keeps that there is nothing: values that mean "none" are stored like others, for a time of their own; errors are kept
// beside the cache, in this process alone, since an error has no stored form that another process could throw.
// An error kept is forgotten with its key, and when what it was computed from has been invalidated since.
import type { Plan, NegativePlan } from './plan.ts';
import type { LoadHost } from './host.ts';
import { KeyedMemory } from './keyed-memory.ts';

/** Whether a value is kept as "nothing". */
export function isNegative(negative: NegativePlan | undefined, value: unknown): boolean {
  if (negative === undefined) return false;
  return negative.when === undefined ? value === undefined : negative.when(value);
}

/** Errors of factories, for those callers who asked to have them kept. */
export class KeptErrors {
  readonly #host: LoadHost;
  readonly #errors = new KeyedMemory<{ readonly error: unknown; readonly created: number }>();

  constructor(host: LoadHost) {
    this.#host = host;
  }

  /** Keeps an error for as long as the plan's `errors` says. What `errors` itself throws counts as "not kept": the caller
   * is to get the error of the factory.
   * @param created  stamp taken before the factory began */
  add(key: string, plan: Plan, error: unknown, created: number): void {
    const ms = lifeOf(plan.negative, error);
    if (ms > 0) this.#errors.set(key, { error, created }, this.#host.mono() + ms);
  }

  /** @returns in an object, for an error may be undefined */
  find(key: string, plan: Plan): { readonly error: unknown } | undefined {
    if (plan.negative?.errors === undefined) return undefined;
    const kept = this.#errors.get(key, this.#host.mono());
    if (kept === undefined) return undefined;
    const tags = plan.entry.tags ?? this.#host.defaults.tags ?? [];
    if (!this.#host.isInvalid(kept.created, tags)) return kept;
    this.#errors.delete(key);
    return undefined;
  }

  forget(key: string): void {
    this.#errors.delete(key);
  }

  forgetAll(): void {
    this.#errors.clear();
  }
}

function lifeOf(negative: NegativePlan | undefined, error: unknown): number {
  if (negative?.errors === undefined) return 0;
  try {
    const ms = negative.errors(error);
    return typeof ms === 'number' && ms > 0 ? ms : 0;
  } catch {
    return 0;
  }
}
