// The figures that have targets, and those that are told without one. What was not measured is left out.
import { median } from '../lib/statistics.mjs';
import { MAIN } from './stages.mjs';

/** Ratios without a target: what they mean, for the page. */
export const REPORTED = {
  stale_hit_cpu_over_hit:
    'stale 1 KB JSON in its stale-while-revalidate window beside a refresh under way, CPU per request over a fresh hit',
  range_hit_cpu_over_bare:
    'range of 1 KB of a cached 64 KB JSON, CPU per request over bare node:http that answers it by hand',
  auto_hit_objects_in_all:
    "objects that code of @catzilla/* allocates per hit of 1 KB JSON in mode 'auto', near-cache, with what is made once a millisecond or a second",
  https_hit_cpu_over_bare: 'cached 1 KB JSON over HTTPS, CPU per request over bare node:https',
};

/**
 * Objects that every hit makes: sites that make fewer than one in two hits are what is done once a millisecond or a
 * second, for whoever comes first, and count in `auto_hit_objects_in_all` alone.
 */
function objectsOfEach({ sites }) {
  return sites.reduce((sum, { objects }) => (objects >= 0.5 ? sum + objects : sum), 0);
}

/**
 * @param measures of the run
 * @param allocations what was allocated per hit, if that was measured
 * @returns {Record<string, number>} by id
 */
export function makeRatios(measures, allocations) {
  const find = (id) => measures.find((one) => one.id === id);
  const cpu = (variant, phase = MAIN, size = 1024) =>
    find(`${variant} ${size} ${phase}`)?.median ?? NaN;
  const latency = (variant) =>
    median((find(`${variant} 1024 c1`)?.details ?? [{ p50Ms: NaN }]).map(({ p50Ms }) => p50Ms));
  // Bare is the better of its two forms.
  const bare = Math.min(cpu('bare-buffer'), cpu('bare-string'));
  const ratios = {
    auto_hit_cpu_over_bare: cpu('auto') / bare,
    auto_hit_cpu_over_fastify_route: cpu('auto') / cpu('fastify-object'),
    auto_hit_six_hooks_cpu_over_bare: cpu('auto-six-hooks') / bare,
    send_hit_cpu_over_bare: cpu('send') / bare,
    auto_304_cpu_over_200: cpu('auto', 'c50-304') / cpu('auto', 'c50-304 200'),
    early_hit_cpu_over_default: cpu('early-guarded') / cpu('auto-guarded'),
    handler_1500us_p50_over_hit: latency('fastify-busy') / latency('auto-busy'),
    auto_hit_objects: allocations ? objectsOfEach(allocations.auto) : NaN,
    auto_hit_objects_in_all: allocations?.auto.ours.objects ?? NaN,
    stale_hit_cpu_over_hit: cpu('auto-stale') / cpu('auto'),
    range_hit_cpu_over_bare:
      cpu('auto', 'c50-range', 65_536) / cpu('bare-range', 'c50-range', 65_536),
    https_hit_cpu_over_bare: cpu('auto-https') / cpu('bare-https'),
  };
  return Object.fromEntries(Object.entries(ratios).filter(([, value]) => !Number.isNaN(value)));
}
