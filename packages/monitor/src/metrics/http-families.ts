// Requests as metrics: how many by route and status, how long by route, how many now.
import { NO_DURATIONS } from '../http/buckets.ts';
import type { DurationCounts, RouteSnapshot, Snapshot } from '../snapshot/snapshot.ts';
import { labelText, single } from './family.ts';
import type { Family, Labels, Sample } from './family.ts';

/** The series of one route. */
export interface RouteSamples {
  readonly labels: Labels;
  readonly text: string;
  readonly requests: readonly Sample[];
  readonly durations: Sample;
}

/** @param http  of a snapshot */
export function httpFamilies({ inFlight, routes }: Snapshot['http']): readonly Family[] {
  // Those that only the cache knows have no requests.
  const asked = routes.filter(({ requests }) => requests > 0).map(samplesOf);
  return [
    {
      name: 'catzilla_http_requests_total',
      help: 'Requests by route and class of status; aborted: the client left before the end',
      type: 'counter',
      few: ['status'],
      samples: asked.flatMap(({ requests }) => requests),
    },
    {
      name: 'catzilla_http_request_duration_seconds',
      help: 'From the first hook to the last byte; streams of events and what was aborted left out',
      type: 'histogram',
      samples: asked.map(({ durations }) => durations),
    },
    {
      name: 'catzilla_http_requests_in_flight',
      help: 'Requests without an answer yet',
      type: 'gauge',
      samples: single(inFlight),
    },
  ];
}

/** Of routes that nobody has asked for since: a thread reads them as the same durations. HOT: benchmarks/monitor */
const made = new WeakMap<DurationCounts, RouteSamples>();

/** The series of a route. */
export function samplesOf(route: RouteSnapshot): RouteSamples {
  const { durations } = route;
  if (durations === NO_DURATIONS) return makeSamples(route);
  let samples = made.get(durations);
  if (samples === undefined) {
    samples = makeSamples(route);
    made.set(durations, samples);
  }
  return samples;
}

function makeSamples({ method, route, statuses, durations }: RouteSnapshot): RouteSamples {
  const labels = { method, route };
  const text = labelText(labels);
  return {
    labels,
    text,
    requests: Object.entries(statuses).map(([status, value]) => ({
      labels: { method, route, status },
      text: `${text},status="${status}"`,
      value,
    })),
    durations: { labels, text, value: durations.count, durations },
  };
}
