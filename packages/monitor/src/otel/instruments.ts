// Instruments of OpenTelemetry, one for each family of the metrics. Names are those of the metrics without `_total`, which exporters
// add; units by UCUM. A histogram cannot be observed: it is two counters, of how many and of how long.
// Invariant: all are made at once, for a meter takes a callback with the instruments that it may observe.
import type { Family } from '../metrics/family.ts';
import type { Instrument, MeterLike, Result } from './meter.ts';

/** Of families, by name. */
export class Instruments {
  readonly #meter: MeterLike;
  readonly #known: Map<string, Instrument> = new Map();

  /** @param families  all that will be observed; their samples are not looked at */
  constructor(meter: MeterLike, families: readonly Family[]) {
    this.#meter = meter;
    for (const family of families) {
      for (const name of namesOf(family)) this.#known.set(name, this.#make(name, family));
    }
  }

  get all(): readonly Instrument[] {
    return [...this.#known.values()];
  }

  /** Hands over all values. */
  observe(result: Result, families: readonly Family[]): void {
    for (const family of families) {
      const [first, second] = namesOf(family).map((name) => this.#known.get(name));
      if (first === undefined) continue;
      for (const { labels, value, durations } of family.samples) {
        result.observe(first, value, labels);
        if (second !== undefined) result.observe(second, (durations?.sumMs ?? 0) / 1000, labels);
      }
    }
  }

  #make(name: string, { type, help }: Family): Instrument {
    const unit = unitOf(name);
    const options = { description: help, ...(unit !== undefined && { unit }) };
    return type === 'gauge'
      ? this.#meter.createObservableGauge(name, options)
      : this.#meter.createObservableCounter(name, options);
  }
}

function namesOf({ name, type }: Family): readonly string[] {
  if (type !== 'histogram') return [name.replace(/_total$/, '')];
  const stem = name.replace(/_seconds$/, '');
  return [`${stem}_count`, `${stem}_sum_seconds`];
}

function unitOf(name: string): string | undefined {
  if (name.endsWith('_seconds')) return 's';
  return name.endsWith('_bytes') ? 'By' : undefined;
}
