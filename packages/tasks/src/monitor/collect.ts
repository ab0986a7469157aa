// Hands the metrics to a registry of prom-client, for those who have one already. prom-client itself is never imported: a registry
// takes whatever has a name and can be asked for its values.
// Invariant: one scrape asks for one picture, however many families it reads.
import type { Family, Labels } from './families.ts';

/** As much of prom-client's Registry as is used. */
export interface MetricRegistry {
  // A method, so that the registry's own parameter type need not be ours.
  registerMetric(metric: never): void;
  removeSingleMetric(name: string): void;
}

/** What a registry asks of a metric. */
interface RegisteredMetric {
  readonly name: string;
  readonly help: string;
  readonly type: Family['type'];
  readonly aggregator: 'sum';
  get(): Promise<{
    readonly name: string;
    readonly help: string;
    readonly type: Family['type'];
    readonly aggregator: 'sum';
    readonly values: readonly {
      readonly metricName?: string;
      readonly labels: Labels;
      readonly value: number;
    }[];
  }>;
  reset(): void;
}

/** Registers metrics, to be asked for with each scrape.
 * @param named   families as they are now: their names are what is registered
 * @param picture makes the families of the moment
 * @returns a function that takes them out again */
export function collectInto(
  registry: MetricRegistry,
  named: readonly Pick<Family, 'name' | 'help' | 'type'>[],
  picture: () => Promise<readonly Family[]>,
): () => void {
  let asked: Promise<readonly Family[]> | undefined;
  // A registry asks all its metrics in one go.
  const once = (): Promise<readonly Family[]> => {
    asked ??= picture().finally(() => {
      asked = undefined;
    });
    return asked;
  };
  const metrics = named.map(({ name, help, type }) => metricOf({ name, help, type }, once));
  for (const metric of metrics) registry.registerMetric(metric as never);
  return () => {
    for (const { name } of named) registry.removeSingleMetric(name);
  };
}

function metricOf(
  { name, help, type }: Pick<Family, 'name' | 'help' | 'type'>,
  picture: () => Promise<readonly Family[]>,
): RegisteredMetric {
  return {
    name,
    help,
    type,
    aggregator: 'sum',
    async get() {
      const family = (await picture()).find((each) => each.name === name);
      const values = (family?.samples ?? []).map((sample) => ({
        labels: { ...sample.labels },
        value: sample.value,
        ...(sample.name === name ? {} : { metricName: sample.name }),
      }));
      // In OpenMetrics a registry takes `_total` off the name of a counter, and puts it back onto its samples.
      return { name: this.name, help, type, aggregator: 'sum', values };
    },
    reset: () => undefined,
  };
}
