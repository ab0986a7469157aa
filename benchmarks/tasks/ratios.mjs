// The figures that have targets, and those that are told without one. What was not measured is left out.
import { median } from '../lib/statistics.mjs';
import { CONCURRENCIES, HUNDRED_THOUSAND, MILLION, ON_REDIS, WAYS } from './cells.mjs';

/** Ratios without a target: what they mean, for the page. */
export const REPORTED = {
  process_c10_speed_over_bullmq:
    'processing, 10 at a time, how many times as fast as BullMQ on the fastest of the Redis servers',
  process_c1_cpu_of_bullmq:
    'processing, 1 at a time, CPU time of BullMQ and its Redis server without persistence over that of ours',
  process_c50_cpu_of_bullmq: 'the same, 50 at a time',
  process_c1_over_fastq: 'processing, 1 at a time, jobs per second over fastq',
  through_every_write_over_always:
    "from adding to finished with a flush for each acknowledgement: 'every-write', jobs per second over BullMQ on Redis with appendfsync always",
  through_interval_per_s: "from adding to finished, 'interval', jobs per second",
  through_none_per_s: "from adding to finished, 'none', jobs per second",
  pickup_p50_over_bullmq:
    'from the call to the start in an idle worker, p50 over BullMQ on Redis without persistence',
  critical_p99_over_bullmq:
    'start of a critical job behind low ones, p99 over BullMQ on Redis without persistence',
};

/**
 * @param measures of the run
 * @returns {Record<string, number>} by id
 */
export function makeRatios(measures) {
  const byId = new Map(measures.map((one) => [one.id, one]));
  const of = (id) => byId.get(id)?.median ?? NaN;
  const field = (id, name) => median((byId.get(id)?.details ?? []).map((one) => one[name]));
  const cpuOf = (id) => field(id, 'cpuMicros') + field(id, 'serverMicros');
  const overBullMq = (name) => {
    const rivals = ON_REDIS.map((system) => of(`${system} ${name}`)).filter(
      (one) => !Number.isNaN(one),
    );
    return rivals.length === 0 ? NaN : of(`embedded ${name}`) / Math.max(...rivals);
  };
  const ratios = {
    ...Object.fromEntries(
      CONCURRENCIES.map((width) => [
        `process_c${width}_speed_over_bullmq`,
        overBullMq(`process ${width}`),
      ]),
    ),
    ...Object.fromEntries(
      Object.keys(WAYS).map((way) => [
        `enqueue_${way}_speed_over_bullmq`,
        overBullMq(`enqueue ${way}`),
      ]),
    ),
    pickup_p50_ms: of('embedded pickup'),
    pickup_p99_ms: field('embedded pickup', 'p99Ms'),
    critical_p99_ms: of('embedded critical'),
    through_every_write_per_s: of('embedded-every-write through'),
    rss_1m_mb: of(`embedded memory ${MILLION}`),
    reopen_100k_s: of(`embedded-every-write reopen ${HUNDRED_THOUSAND}`),
    reopen_1m_s: of(`embedded-every-write reopen ${MILLION}`),
    // What Node itself takes is taken off; that the two differ by chance may leave less than nothing.
    idle_percent: Math.max(0, of('embedded idle') - of('nothing idle')),
    process_c1_cpu_of_bullmq: cpuOf('redis process 1') / cpuOf('embedded process 1'),
    process_c50_cpu_of_bullmq: cpuOf('redis process 50') / cpuOf('embedded process 50'),
    process_c1_over_fastq: of('embedded process 1') / of('fastq process 1'),
    through_every_write_over_always:
      of('embedded-every-write through') / of('redis-always through'),
    through_interval_per_s: of('embedded-interval through'),
    through_none_per_s: of('embedded-none through'),
    pickup_p50_over_bullmq: of('embedded pickup') / of('redis pickup'),
    critical_p99_over_bullmq: of('embedded critical') / of('redis critical'),
  };
  return Object.fromEntries(Object.entries(ratios).filter(([, value]) => !Number.isNaN(value)));
}
