// A snapshot as metrics. What each is called is told in docs/guide/metrics.md: names are kept.
// Invariant: families that nothing is known of have no samples; what a part does not tell is no series, never a 0.
import type { RealtimeSnapshot, Snapshot, StaticSnapshot } from '../snapshot/snapshot.ts';
import { cacheFamilies, engineFamilies, tierFamilies } from './cache-families.ts';
import { single } from './family.ts';
import type { Family } from './family.ts';
import { httpFamilies } from './http-families.ts';
import { processFamilies } from './process-families.ts';
import { taskFamilies } from './task-families.ts';

/** All families of a snapshot, in the order of the page.
 * @param options.defaultMetrics  whether those of the process are among them. Default: true */
export function familiesOf(
  snapshot: Snapshot,
  { defaultMetrics = true }: { readonly defaultMetrics?: boolean } = {},
): readonly Family[] {
  return [
    ...httpFamilies(snapshot.http),
    ...cacheFamilies(snapshot.cache, snapshot.http.routes),
    ...engineFamilies(snapshot.engines),
    ...tierFamilies(snapshot.tiers),
    ...taskFamilies(snapshot.tasks),
    ...realtimeFamilies(snapshot.realtime),
    ...staticFamilies(snapshot.static),
    ...(defaultMetrics ? processFamilies(snapshot) : []),
    ...ownFamilies(snapshot),
  ];
}

function realtimeFamilies(realtime: RealtimeSnapshot | undefined): readonly Family[] {
  const PREFIX = 'catzilla_realtime_';
  const counter = (name: string, help: string, value: number | undefined): Family => ({
    name: `${PREFIX}${name}_total`,
    help,
    type: 'counter',
    samples: single(value),
  });
  const gauge = (name: string, help: string, value: number | undefined): Family => ({
    name: `${PREFIX}${name}`,
    help,
    type: 'gauge',
    samples: single(value),
  });
  const connections = Object.entries(realtime?.connections ?? {});
  return [
    {
      name: `${PREFIX}connections`,
      help: 'Clients that are connected',
      type: 'gauge',
      samples: connections.map(([transport, value]) => ({ labels: { transport }, value })),
    },
    gauge('channels', 'Channels that somebody has subscribed to', realtime?.channels),
    gauge('subscriptions', 'Subscriptions of all clients', realtime?.subscriptions),
    gauge('buffered_bytes', 'Bytes that wait for slow clients', realtime?.bufferedBytes),
    counter('published', 'Messages published', realtime?.published),
    counter('delivered', 'Messages given to clients', realtime?.delivered),
    counter('dropped', 'Messages that slow clients did not get', realtime?.dropped),
    counter('gaps', 'Clients told that they missed messages', realtime?.gaps),
    counter('slow_closed', 'Clients disconnected for being slow', realtime?.slowClosed),
    gauge('up', '1 while all is well', upOf(realtime?.state)),
  ];
}

function staticFamilies(files: StaticSnapshot | undefined): readonly Family[] {
  const counter = (name: string, help: string, value: number | undefined): Family => ({
    name: `catzilla_static_${name}_total`,
    help,
    type: 'counter',
    samples: single(value),
  });
  return [
    counter('hits', 'Files answered from memory', files?.hits),
    counter('not_modified', 'Answers 304', files?.notModified),
    counter('streamed', 'Files too large to be kept, streamed', files?.streamed),
    counter('refused', 'Paths refused', files?.refused),
    counter('reads', 'Files read from disk', files?.reads),
    {
      name: 'catzilla_static_files',
      help: 'Files that are known',
      type: 'gauge',
      samples: single(files?.files),
    },
  ];
}

function ownFamilies({ process: { threads, silent }, readFaults = 0 }: Snapshot): Family[] {
  return [
    {
      name: 'catzilla_threads',
      help: 'Threads that serve',
      type: 'gauge',
      samples: single(threads),
    },
    {
      name: 'catzilla_threads_silent',
      help: 'Of those, the ones that gave no answer in time; their last counts stand',
      type: 'gauge',
      samples: single(silent),
    },
    {
      name: 'catzilla_monitor_read_faults_total',
      help: 'Parts that threw or gave no answer in time when they were asked for metrics',
      type: 'counter',
      samples: single(readFaults),
    },
  ];
}

function upOf(state: string | undefined): number | undefined {
  return state === undefined ? undefined : Number(state === 'ok');
}
