// Columns of the tables, by kind of measure; used by the run's print-out and by the rendered page.
import { median, summarize } from './statistics.mjs';
import { figure } from './table.mjs';

const spread = (one) => `${figure(one.min)} – ${figure(one.max)}`;
const of = (one, field) => figure(median(one.details.map((sample) => sample[field])));
const percent = (one, field) =>
  `${figure(100 * median(one.details.map((sample) => sample[field])))} %`;
/** Hundredths of hit ratio, to the hundredth: what policies differ by. */
const points = (one, field) =>
  (100 * median(one.details.map((sample) => sample[field]))).toFixed(2);

const KINDS = {
  time: {
    header: ['', 'CPU ns', 'min – max', 'wall ns', 'CPU ns, all threads'],
    cells: (one) => [
      one.label,
      figure(one.median),
      spread(one),
      of(one, 'wallNs'),
      of(one, 'processNs'),
    ],
  },
  scrape: {
    header: ['', 'CPU ms', 'min – max', 'wall ms', 'series', 'KB'],
    cells: (one) => [
      one.label,
      figure(one.median),
      spread(one),
      of(one, 'wallMs'),
      of(one, 'series'),
      figure(median(one.details.map(({ bytes }) => bytes)) / 1024),
    ],
  },
  dashboard: {
    header: ['', 'median', 'min – max', ''],
    cells: (one) => [one.label, figure(one.median), spread(one), one.unit],
  },
  memory: {
    header: [
      '',
      'resident B/entry',
      'min – max',
      'longest full GC ms',
      'fill CPU ns/entry',
      'longest GC in fill ms',
    ],
    cells: (one) => [
      one.label,
      figure(one.median),
      spread(one),
      of(one, 'longestFullGcMs'),
      of(one, 'fillProcessNs'),
      of(one, 'longestFillGcMs'),
    ],
  },
  threads: {
    header: ['', 'two over one', 'min – max', 'by CPU second', 'gets/s, one', 'gets/s, two'],
    cells: (one) => [
      one.label,
      figure(one.median),
      spread(one),
      of(one, 'cpuScaling'),
      of(one, 'one'),
      of(one, 'two'),
    ],
  },
  'hit-ratio': {
    header: [
      '',
      'catzilla',
      'LRU, same entries',
      'gain',
      'LRU, same bytes',
      'gain',
      'objects held',
    ],
    cells: (one) => [
      one.label,
      percent(one, 'ours'),
      percent(one, 'sameEntries'),
      percent(one, 'gain'),
      percent(one, 'sameBytes'),
      percent(one, 'gainSameBytes'),
      percent(one, 'share'),
    ],
  },
  policies: {
    header: [
      '',
      'catzilla',
      'min – max',
      'with near-cache',
      "policy 'lru'",
      'LRU',
      'FIFO',
      'SIEVE',
      'S3-FIFO',
      'two hits',
      'W-TinyLFU',
      'optimum',
    ],
    cells: (one) => [
      one.label,
      points(one, 'ours'),
      `${(100 * one.min).toFixed(2)} – ${(100 * one.max).toFixed(2)}`,
      points(one, 'oursNear'),
      points(one, 'oursLru'),
      points(one, 'lru'),
      points(one, 'fifo'),
      points(one, 'sieve'),
      points(one, 's3fifo'),
      points(one, 's3fifoTwo'),
      points(one, 'wTinyLfu'),
      points(one, 'optimum'),
    ],
  },
  'policy-cost': {
    header: [
      '',
      'above LRU',
      'below S3-FIFO',
      'min – max',
      'above LRU, same bytes',
      'below S3-FIFO, same bytes',
      'engine B/entry',
      'objects held',
    ],
    cells: (one) => [
      one.label,
      points(one, 'gain'),
      points(one, 'gap'),
      `${(100 * one.min).toFixed(2)} – ${(100 * one.max).toFixed(2)}`,
      points(one, 'gainSameBytes'),
      points(one, 'gapSameBytes'),
      of(one, 'bytesPerEntry'),
      percent(one, 'share'),
    ],
  },
  churn: {
    header: [
      '',
      'resident / live',
      'min – max',
      'worst step',
      'CPU ns/operation',
      'min – max',
      'wall ns/operation',
    ],
    cells: (one) => [
      one.label,
      figure(one.median),
      spread(one),
      of(one, 'worstOverLive'),
      of(one, 'cpuNs'),
      spread(summarize(one.details.map((sample) => sample.cpuNs))),
      of(one, 'wallNs'),
    ],
  },
  'tier-time': {
    header: ['', 'ratio', 'CPU ns', 'min – max', 'wall ns', 'CPU ns, all threads'],
    cells: (one) => [
      one.label,
      figure(one.ratio),
      figure(one.median),
      spread(one),
      of(one, 'wallNs'),
      of(one, 'processNs'),
    ],
  },
  latency: {
    header: ['', 'ratio', 'p50 µs', 'min – max', 'p99 µs'],
    cells: (one) => [
      one.label,
      figure(one.ratio),
      figure(one.median),
      spread(one),
      of(one, 'p99Us'),
    ],
  },
  keys: {
    header: ['', 'ratio', 'keys/s', 'min – max', 'CPU µs/key'],
    cells: (one) => [
      one.label,
      figure(one.ratio),
      figure(one.median),
      spread(one),
      of(one, 'threadUs'),
    ],
  },
  put: {
    header: ['', 'ratio', 'CPU µs of the caller/put', 'min – max', 'puts/s'],
    cells: (one) => [
      one.label,
      figure(one.ratio),
      figure(one.median),
      spread(one),
      of(one, 'perSecond'),
    ],
  },
  hung: {
    header: ['', 'p99 ms', 'min – max', 'p50 ms', 'max ms', 'calls', 'errors', 'cut off'],
    cells: (one) => [
      one.label,
      figure(one.median),
      spread(one),
      of(one, 'p50Ms'),
      of(one, 'maxMs'),
      of(one, 'calls'),
      of(one, 'errors'),
      of(one, 'cutOffs'),
    ],
  },
  storm: {
    header: ['', 'factory calls', 'min – max', 'wall ms'],
    cells: (one) => [one.label, figure(one.median), spread(one), of(one, 'wallMs')],
  },
  lookup: {
    header: ['', 'CPU ns', 'min – max', 'wall ns', 'CPU ns, all threads', 'built in CPU ms'],
    cells: (one) => figuresOrReason(one, ['wallNs', 'processNs', 'buildMs']),
  },
  match: {
    header: ['', 'CPU ns', 'min – max', 'wall ns', 'image B'],
    cells: (one) => figuresOrReason(one, ['wallNs', 'imageBytes']),
  },
  build: {
    header: [
      '',
      'CPU ms, all threads',
      'min – max',
      'over its tree',
      'held MB',
      'of it the engine',
    ],
    cells: (one) => figuresOrReason(one, ['overTree', 'heldMb', 'engineMb']),
  },
  threshold: {
    header: [
      '',
      'native over the better',
      'min – max',
      'walk, hot ns',
      'compile()',
      'native',
      'walk, spread ns',
      'compile()',
      'native',
    ],
    cells: (one) =>
      figuresOrReason(
        one,
        ['hot', 'spread'].flatMap((traffic) =>
          ['walk', 'compile', 'native'].map((engine) => `${engine} ${traffic}`),
        ),
      ),
  },
  scope: {
    header: ['', 'CPU ns, all threads', 'min – max', 'of it this one', 'wall ns', 'disposes'],
    cells: (one) => [
      ...figuresOrReason(one, ['threadNs', 'wallNs']),
      one.details[0]?.disposes ?? '-',
    ],
  },
  graph: {
    header: [
      '',
      'CPU ms, all threads',
      'min – max',
      'wall ms',
      'of it described',
      'checked',
      'started',
    ],
    cells: (one) => figuresOrReason(one, ['wallMs', 'definedMs', 'checkedMs', 'startedMs']),
  },
  port: {
    header: [
      '',
      'two over one',
      'min – max',
      'by CPU second',
      'requests/s, one',
      'requests/s, two',
      'CPU µs/request, one',
      'two',
      'client',
    ],
    cells: (one) =>
      figuresOrReason(one, ['byCpu', 'one', 'two', 'oneMicros', 'twoMicros', 'clientMicros']),
  },
  jobs: {
    header: ['', 'jobs/s', 'min – max', 'ratio', 'CPU µs/job', 'of the server'],
    cells: (one) => {
      const [label, perSecond, range, ...cpu] = figuresOrReason(one, ['cpuMicros', 'serverMicros']);
      return [label, perSecond, range, figure(one.ratio), ...cpu];
    },
  },
  pickup: {
    header: ['', 'p50 ms', 'min – max', 'p99 ms', 'max ms'],
    cells: (one) => figuresOrReason(one, ['p99Ms', 'maxMs']),
  },
  'pickup-tail': {
    header: ['', 'p99 ms', 'min – max', 'p50 ms', 'max ms'],
    cells: (one) => figuresOrReason(one, ['p50Ms', 'maxMs']),
  },
  backlog: {
    header: ['', 'resident MB', 'min – max', 'B/job', 'CPU µs to add one'],
    cells: (one) => figuresOrReason(one, ['bytesPerJob', 'cpuMicros']),
  },
  reopen: {
    header: ['', 's', 'min – max', 'CPU s', 'jobs/s', 'resident MB'],
    cells: (one) => figuresOrReason(one, ['cpuSeconds', 'perSecond', 'rssMb']),
  },
  idle: {
    header: ['', 'CPU %', 'min – max', 'of the server'],
    cells: (one) => figuresOrReason(one, ['serverPercent']),
  },
  'fan-out': {
    header: ['', 'CPU µs/message', 'min – max', 'ratio', 'messages/s', 'resident MB'],
    cells: (one) => [
      one.label,
      figure(one.median),
      spread(one),
      figure(one.ratio),
      of(one, 'perSecond'),
      of(one, 'rssMb'),
    ],
  },
  delay: {
    header: ['', 'p50 ms', 'min – max', 'p99 ms', 'max ms'],
    cells: (one) => [
      one.label,
      figure(one.median),
      spread(one),
      of(one, 'p99Ms'),
      of(one, 'maxMs'),
    ],
  },
  http: {
    header: ['', 'CPU µs/request', 'min – max', 'requests/s', 'p50 ms', 'p99 ms'],
    cells: (one) => [
      one.label,
      figure(one.median),
      spread(one),
      of(one, 'perSecond'),
      of(one, 'p50Ms'),
      of(one, 'p99Ms'),
    ],
  },
};

/** A row, or in place of its figures why it has none. */
function figuresOrReason(one, fields) {
  if (one.details.length > 0) {
    return [one.label, figure(one.median), spread(one), ...fields.map((field) => of(one, field))];
  }
  return [`${one.label}: ${one.refused}`, '-', '-', ...fields.map(() => '-')];
}

export function columnsOf(kind) {
  return KINDS[kind];
}
