// The parts of @opentelemetry/api that are used, so that types need no package that may not be there.

/** What an instrument is made with. */
export interface InstrumentOptions {
  readonly description?: string;
  readonly unit?: string;
}

/** An instrument: what it is, the meter knows. */
export type Instrument = object;

/** Takes the values of one collection. */
export interface Result {
  observe(
    instrument: Instrument,
    value: number,
    attributes?: Readonly<Record<string, string>>,
  ): void;
}

/** Gives the values of one collection. */
export type Observe = (result: Result) => Promise<void>;

/** A meter of OpenTelemetry, as `metrics.getMeter('shop')` of @opentelemetry/api gives it. */
export interface MeterLike {
  createObservableCounter(name: string, options?: InstrumentOptions): Instrument;
  createObservableGauge(name: string, options?: InstrumentOptions): Instrument;
  addBatchObservableCallback(observe: never, instruments: never[]): void;
  removeBatchObservableCallback(observe: never, instruments: never[]): void;
}
