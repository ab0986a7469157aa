// The figures that have targets, and those that are told without one. What was not measured is left out.
import { median } from '../lib/statistics.mjs';

/** Ratios without a target: what they mean, for the page. */
export const REPORTED = {
  scope5_speed_by_thread:
    'request scope, how many times as fast as awilix by CPU time of the measuring thread alone, as if its garbage cost nothing',
  scope_async_over_best:
    'request scope with disposers that give promises, which we await one by one, time over the fastest other container that disposes',
  scope_over_hand: 'request scope with five services and disposals, time over the same by hand',
  request_cpu_over_hand:
    'route with five services by inject, CPU per request over the same route with services by hand',
  request_cpu_over_awilix:
    'route with five services by inject, CPU per request over @fastify/awilix',
};

/** Containers that are somebody else's and dispose. */
const OTHERS = ['awilix-proxy', 'awilix-classic', 'tsyringe', 'typed-inject', 'inversify-child'];

/**
 * @param measures of the run
 * @returns {Record<string, number>} by id
 */
export function makeRatios(measures) {
  const find = (id) => measures.find((one) => one.id === id);
  const cost = (id) => find(id)?.median ?? NaN;
  const least = (names, suffix) => {
    const costs = names
      .map((name) => cost(`${name} ${suffix}`))
      .filter((one) => !Number.isNaN(one));
    return costs.length === 0 ? NaN : Math.min(...costs);
  };
  const byThread = (id) => median((find(id)?.details ?? [{}]).map((one) => one.threadNs ?? NaN));
  const awilix = least(['awilix-proxy', 'awilix-classic'], 'scope');
  const ratios = {
    scope5_us: cost('catzilla scope') / 1000,
    scope5_speed_over_awilix: awilix / cost('catzilla scope'),
    scope5_speed_by_thread:
      Math.min(byThread('awilix-proxy scope'), byThread('awilix-classic scope')) /
      byThread('catzilla scope'),
    unused_scope_us: cost('catzilla empty') / 1000,
    unused_request_us: addedMicros(find('catzilla-unused'), find('plain')),
    compile_1k_ms: median(
      (find('catzilla graph')?.details ?? [{ checkedMs: NaN }]).map(({ checkedMs }) => checkedMs),
    ),
    scope_async_over_best: cost('catzilla scope-async') / least(OTHERS, 'scope-async'),
    scope_over_hand: cost('catzilla scope') / cost('hand scope'),
    request_cpu_over_hand: cost('catzilla') / cost('hand'),
    request_cpu_over_awilix: cost('catzilla') / cost('awilix'),
  };
  return Object.fromEntries(Object.entries(ratios).filter(([, value]) => !Number.isNaN(value)));
}

/** What one row takes above another: slices were taken in turns, so they are compared pair by pair. */
export function addedMicros(one, other) {
  if (one === undefined || other === undefined) return NaN;
  return median(
    one.details.flatMap(({ slices }, round) =>
      slices.map((micros, at) => micros - other.details[round].slices[at]),
    ),
  );
}
