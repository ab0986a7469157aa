// Live invalidation: what is measured, and its figures.
import { median } from '../lib/statistics.mjs';
import { chromium } from './live-place.mjs';

const GROUP =
  'live invalidation: from a POST until the last page has heard that its URL changed, on loopback';

const PLACES = {
  memory: { label: 'one instance', redis: false, pages: 1 },
  redis: { label: 'another instance, through Redis', redis: true, pages: 1 },
  'redis 100': { label: 'another instance, through Redis, 100 pages', redis: true, pages: 100 },
  browser: { label: 'another instance, through Redis, in Chromium', redis: true, pages: 1, case: 'live-browser' }, // prettier-ignore
};

/** Figures without a target are told all the same. */
export const LIVE_FIGURES = {
  live_p50_ms: 'from a POST until a page has heard, one instance, p50 in ms',
  live_p99_ms: 'the same, p99 in ms',
  live_redis_p50_ms: 'from a POST until a page of another instance has heard, p50 in ms',
  live_redis_p99_ms: 'the same, p99 in ms',
  live_browser_p50_ms: 'the same in Chromium, p50 in ms',
  live_browser_p99_ms: 'the same, p99 in ms',
  live_redis_100_p99_ms: 'the same without it until the last of 100 pages has heard, p99 in ms',
};

/** @returns cells, in the order of the page; none of a browser where there is none */
export function makeLiveCells(quick) {
  const places = Object.entries(PLACES).filter(
    ([name]) => name !== 'browser' || chromium !== undefined,
  );
  return places.map(([name, { label, ...place }]) => ({
    id: `live ${name}`,
    group: GROUP,
    label,
    kind: 'delay',
    unit: 'ms',
    figureOf: 'p50Ms',
    task: { case: 'live', changes: quick ? 60 : 400, ...place },
  }));
}

/** @param of  the measure of an id, or undefined
 * @returns figures by id, those left out that were not measured */
export function LIVE_RATIOS(of) {
  const field = (name, key) => {
    const details = of(`live ${name}`)?.details ?? [];
    return details.length === 0 ? NaN : median(details.map((one) => one[key]));
  };
  const figures = {
    live_p50_ms: field('memory', 'p50Ms'),
    live_p99_ms: field('memory', 'p99Ms'),
    live_redis_p50_ms: field('redis', 'p50Ms'),
    live_redis_p99_ms: field('redis', 'p99Ms'),
    live_browser_p50_ms: field('browser', 'p50Ms'),
    live_browser_p99_ms: field('browser', 'p99Ms'),
    live_redis_100_p99_ms: field('redis 100', 'p99Ms'),
  };
  return Object.fromEntries(Object.entries(figures).filter(([, value]) => !Number.isNaN(value)));
}
