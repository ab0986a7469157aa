// The process as metrics, by the names that dashboards for Node.js know from prom-client. Its own collectors are not used: they
// see one thread, and observe the event loop and each garbage collection a second time.
import type { Snapshot } from '../snapshot/snapshot.ts';
import { single } from './family.ts';
import type { Family, Labels } from './family.ts';

/** Figures of the process, all threads together. */
export function processFamilies({ process: is, loop }: Snapshot): readonly Family[] {
  const counter = (name: string, help: string, value: number): Family => ({
    name,
    help,
    type: 'counter',
    samples: single(value),
  });
  const gauge = (name: string, help: string, value: number, labels?: Labels): Family => ({
    name,
    help,
    type: 'gauge',
    samples: labels === undefined ? single(value) : [{ labels, value }],
  });
  const { delay, gc } = loop;
  const [major = '', minor = '', patch = ''] = is.node.replace(/^v/, '').split('.');
  return [
    counter('process_cpu_seconds_total', 'CPU time, user and system', is.cpuMs / 1000),
    gauge('process_start_time_seconds', 'Start of the process, seconds since the epoch', STARTED),
    gauge('process_resident_memory_bytes', 'Resident memory', is.rssBytes),
    gauge('nodejs_heap_size_total_bytes', 'Heaps of all threads', loop.heapTotalBytes),
    gauge('nodejs_heap_size_used_bytes', 'Of those, in use', loop.heapUsedBytes),
    gauge('nodejs_external_memory_bytes', 'Memory outside the heaps', is.externalBytes),
    gauge('nodejs_eventloop_lag_p50_seconds', LAG('the median'), delay.p50Ms / 1000),
    gauge('nodejs_eventloop_lag_p99_seconds', LAG('the 99th percentile'), delay.p99Ms / 1000),
    gauge('nodejs_eventloop_lag_max_seconds', LAG('the longest'), delay.maxMs / 1000),
    gauge(
      'nodejs_eventloop_utilization',
      'Share of the time since the last reading that the busiest event loop was busy',
      loop.utilization,
    ),
    counter('nodejs_gc_runs_total', 'Garbage collections since they are observed', gc.count),
    counter('nodejs_gc_seconds_total', 'Time of those', gc.totalMs / 1000),
    gauge('nodejs_version_info', 'Version of Node.js', 1, {
      version: is.node,
      major,
      minor,
      patch,
    }),
  ];
}

/** Taken once: a clock that is set, or the millisecond between two readings, would look like a restart. */
const STARTED = Math.round(Date.now() / 1000 - process.uptime());

const LAG = (which: string): string =>
  `Delay of the event loop since the last reading, ${which}; of the worst thread`;
