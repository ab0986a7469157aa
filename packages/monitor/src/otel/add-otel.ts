// The families of the metrics as observable instruments of OpenTelemetry: a collection takes one snapshot and observes all of it.
// Invariant: nothing of OpenTelemetry is imported unless it is asked for, and none of it is on the way of a request. Where threads
// serve together, one of them speaks for all. Spans are left to @fastify/otel and bullmq-otel.
import type { FastifyInstance } from 'fastify';
import { errors } from '../errors.ts';
import { familiesOf } from '../metrics/families.ts';
import type { Family } from '../metrics/family.ts';
import { SeriesLimit } from '../metrics/series-limit.ts';
import { snapshotsOf } from '../snapshot/take.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';
import { Instruments } from './instruments.ts';
import type { MeterLike, Observe } from './meter.ts';
import { Quantiles } from './quantiles.ts';

/** Of the meter that is asked for where none is given. */
const NAME = '@catzilla/monitor';

/** Adds the instruments when the application is ready, and takes them away when it closes.
 * @param otel       a meter, or true for one of the provider that is registered when the application is ready
 * @param maxSeries  of one instrument; what is beyond is observed as `other`
 * @throws CATZ_MONITOR_DEPENDENCY where @opentelemetry/api cannot be loaded */
export async function addOtel(
  app: FastifyInstance,
  otel: true | MeterLike,
  maxSeries: number,
): Promise<void> {
  const meterOf = otel === true ? await loadMeter() : () => otel;
  const source = snapshotsOf(app);
  let unwatch: (() => void) | undefined;
  app.addHook('onReady', async () => {
    const quantiles = new Quantiles();
    const limit = new SeriesLimit(maxSeries, (metric) => {
      app.log.warn({ metric, maxSeries }, 'a metric has too many series for OpenTelemetry');
    });
    const all = (snapshot: Snapshot): readonly Family[] => [
      ...familiesOf(snapshot).map((family) => limit.bound(family)),
      quantiles.family(snapshot.http.durations.buckets),
    ];
    const { snapshot: first } = await source.takeWith();
    const meter = meterOf();
    const instruments = new Instruments(meter, all(first));
    const observe: Observe = async (result) => {
      const { snapshot, isFirst } = await source.takeWith();
      if (isFirst) instruments.observe(result, all(snapshot));
    };
    // Of the interface, whose methods want instruments that only it can make.
    const watched = [observe as never, [...instruments.all] as never[]] as const;
    meter.addBatchObservableCallback(...watched);
    unwatch = () => meter.removeBatchObservableCallback(...watched);
  });
  app.addHook('onClose', async () => unwatch?.());
}

async function loadMeter(): Promise<() => MeterLike> {
  try {
    const { metrics } = await import('@opentelemetry/api');
    return () => metrics.getMeter(NAME) as MeterLike;
  } catch (error) {
    throw new errors.DEPENDENCY('otel', '@opentelemetry/api', (error as Error).message, {
      cause: error,
    });
  }
}
