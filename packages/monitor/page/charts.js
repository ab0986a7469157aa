// The charts: what each shows, in which colour, and what stands in its place where a part of the application is missing.
// One unit per chart. Colours have a meaning and keep it: blue is the thing itself or memory, amber Redis, teal the disk,
// red what went wrong; lines that lie together differ in dashes, too, for those who see fewer colours.
import { makeChart } from './chart.js';
import { bytes, count, evenMs, evenPercent, ms, percent, plainRate, rate } from './format.js';
import { missing } from './missing.js';

const definitions = [
  {
    into: 'traffic-charts',
    id: 'chart-requests',
    title: 'Requests per second',
    format: rate,
    axis: plainRate,
    series: [
      { label: 'requests', colour: 'blue', wash: true, of: (point) => point.requests },
      { label: 'errors (5xx)', colour: 'red', dash: 'dashed', of: (point) => point.errors },
    ],
  },
  {
    into: 'traffic-charts',
    id: 'chart-latency',
    title: 'Time to answer',
    format: ms,
    series: [
      { label: 'p50', colour: 'blue-light', of: (point) => point.latency.p50 },
      { label: 'p95', colour: 'blue-mid', dash: 'dashed', of: (point) => point.latency.p95 },
      { label: 'p99', colour: 'blue', width: 2.25, of: (point) => point.latency.p99 },
    ],
  },
  {
    into: 'cache-charts',
    id: 'chart-hits',
    title: 'Hit ratio',
    format: percent,
    axis: evenPercent,
    top: 1,
    absent: (store) => missing.anyCache(store.frame),
    series: [
      { label: 'response cache', colour: 'ink', width: 2.25, of: (point) => point.hitRatio },
      { label: 'memory', colour: 'blue', of: (point) => point.tierRatio.memory },
      { label: 'Redis', colour: 'amber', dash: 'dashed', of: (point) => point.tierRatio.remote },
      { label: 'disk', colour: 'teal', dash: 'dotted', of: (point) => point.tierRatio.disk },
    ],
  },
  {
    into: 'cache-charts',
    id: 'chart-tiers',
    // From a fraction of a microsecond in memory to a slow disk: on even steps memory would lie on the ground.
    title: 'Time of a tier, p99, by powers of ten',
    format: ms,
    axis: evenMs,
    log: true,
    absent: (store) => missing.tiers(store.frame),
    series: [
      { label: 'memory', colour: 'blue', of: (point) => point.tierP99.memory },
      { label: 'Redis', colour: 'amber', dash: 'dashed', of: (point) => point.tierP99.remote },
      { label: 'disk', colour: 'teal', dash: 'dotted', of: (point) => point.tierP99.disk },
    ],
  },
  {
    into: 'cache-charts',
    id: 'chart-memory',
    title: 'Memory',
    format: bytes,
    binary: true,
    series: [
      { label: 'process', colour: 'ink', of: (point) => point.rssBytes },
      {
        label: 'JavaScript heap',
        colour: 'teal',
        dash: 'dotted',
        of: (point) => point.heapUsedBytes,
      },
      { label: 'cache', colour: 'blue', wash: true, of: (point) => point.cacheUsedBytes },
      {
        label: 'bound of the cache',
        colour: 'blue-light',
        dash: 'dashed',
        of: (point) => point.cacheMaxBytes || null,
      },
    ],
  },
  {
    into: 'cache-charts',
    id: 'chart-segments',
    title: 'Segments of the cache',
    format: count,
    absent: (store) => missing.segments(store.frame),
    series: [
      { label: 'in use', colour: 'blue', wash: true, of: (point) => point.usedSegments },
      {
        label: 'at most',
        colour: 'blue-light',
        dash: 'dashed',
        of: (point) => point.maxSegments,
      },
    ],
  },
  {
    into: 'cache-charts',
    id: 'chart-entries',
    title: 'Entries in memory',
    format: count,
    absent: (store) => missing.engines(store.frame),
    series: [{ label: 'entries', colour: 'blue', wash: true, of: (point) => point.entries }],
  },
  {
    into: 'cache-charts',
    id: 'chart-evictions',
    title: 'Entries that left, per second',
    format: rate,
    axis: plainRate,
    absent: (store) => missing.engines(store.frame),
    series: [
      { label: 'evicted for room', colour: 'amber', of: (point) => point.evictions },
      { label: 'expired', colour: 'blue', dash: 'dashed', of: (point) => point.expirations },
    ],
  },
  {
    into: 'process-charts',
    id: 'chart-loop',
    title: 'Delay of the event loop, p99',
    format: ms,
    series: [{ label: 'delay', colour: 'blue', wash: true, of: (point) => point.loopP99Ms }],
  },
  {
    into: 'process-charts',
    id: 'chart-cpu',
    title: 'Processor, 100 % = one core',
    format: percent,
    axis: evenPercent,
    series: [
      { label: 'process', colour: 'blue', wash: true, of: (point) => point.cpu },
      {
        label: 'busiest event loop',
        colour: 'amber',
        dash: 'dashed',
        of: (point) => point.utilization,
      },
    ],
  },
  {
    into: 'tasks-charts',
    id: 'chart-waiting',
    title: 'Tasks that wait',
    format: count,
    series: [{ label: 'waiting', colour: 'blue', wash: true, of: (point) => point.tasksWaiting }],
  },
  {
    into: 'tasks-charts',
    id: 'chart-finished',
    title: 'Tasks per second',
    format: rate,
    axis: plainRate,
    series: [
      { label: 'completed', colour: 'blue', of: (point) => point.tasksCompleted },
      { label: 'failed', colour: 'red', dash: 'dashed', of: (point) => point.tasksFailed },
    ],
  },
  {
    into: 'channels-charts',
    id: 'chart-connections',
    title: 'Connections',
    format: count,
    series: [
      { label: 'connections', colour: 'blue', wash: true, of: (point) => point.connections },
    ],
  },
  {
    into: 'channels-charts',
    id: 'chart-delivered',
    title: 'Messages delivered per second',
    format: rate,
    axis: plainRate,
    series: [{ label: 'delivered', colour: 'blue', wash: true, of: (point) => point.delivered }],
  },
];

/** Puts all figures into the page. */
export function makeCharts() {
  return definitions.map((definition) => {
    const chart = makeChart(definition);
    document.getElementById(definition.into).append(chart.figure);
    return chart;
  });
}
