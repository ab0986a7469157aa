// The user's own metrics: a registry of prom-client, loaded when it is first asked for.
// Invariant: each thread has its own, and a page tells of all of them together, as prom-client itself joins those of a cluster:
// what a metric's `aggregator` says, sums by default. What fails here is left out, and never fails a page.
import { createRequire } from 'node:module';
import type { AggregatorRegistry, Registry } from 'prom-client';

/** A metric as a registry tells it to others. */
interface ToldMetric {
  readonly type: string;
}

interface PromClient {
  readonly Registry: new () => Registry;
  readonly AggregatorRegistry: typeof AggregatorRegistry;
}

/** The registry of an application in this thread. */
export class OwnRegistry {
  #registry: Registry | undefined;

  /** The registry. */
  get registry(): Registry {
    return (this.#registry ??= new (promClient().Registry)());
  }

  /** What is in it, as plain data; undefined: nothing. */
  async tell(): Promise<unknown> {
    return this.#registry?.getMetricsAsJSON();
  }

  /** The text of all registries.
   * @param serving  what `tell` gave in threads that serve; this one is the first, and told anew
   * @param gone     what it gave last in those that serve no more */
  async text(serving: readonly unknown[], gone: readonly unknown[]): Promise<string> {
    const others = [...serving.slice(1), ...gone.map(lasting)].filter(isTold);
    if (others.length === 0) return (await this.#registry?.metrics()) ?? '';
    const told = [serving[0] ?? (await this.tell()), ...others].filter(isTold);
    return promClient().AggregatorRegistry.aggregate(told).metrics();
  }

  /** What two of them that serve no more have told, as one would tell it. */
  join(a: unknown, b: unknown): unknown {
    const both = [a, b].map(lasting).filter(isTold);
    if (both.length < 2) return both[0];
    const joined: readonly object[] = promClient()
      .AggregatorRegistry.aggregate(both)
      .getMetricsAsArray();
    // Functions cannot be told to others.
    return joined.map((metric) => ({ ...metric, get: undefined }));
  }
}

let loaded: PromClient | undefined;

// Not imported: an application without metrics of its own starts without it.
function promClient(): PromClient {
  return (loaded ??= createRequire(import.meta.url)('prom-client') as PromClient);
}

function isTold(told: unknown): told is ToldMetric[] {
  return Array.isArray(told) && told.length > 0;
}

// What is the case in a thread ends with it.
function lasting(told: unknown): unknown {
  return isTold(told) ? told.filter(({ type }) => type !== 'gauge') : told;
}
