// The figures that have targets, and those that are told without one. What was not measured is left out.
import { median } from '../lib/statistics.mjs';

/** Ratios without a target: what they mean, for the page. */
export const REPORTED = {
  createapp_hit_cpu_over_plugin:
    'cached route of createApp(), CPU per request over bare Fastify with @catzilla/fastify-cache',
  createapp_hit_cpu_over_bare:
    'cached route of createApp(), CPU per request over the uncached one of bare Fastify',
  threads2_by_cpu:
    'cached requests per CPU second of two threads over one, twice: what two cores of their own would give',
  client_cpu_us: 'CPU µs of the load client per request, which it takes from the servers',
};

/**
 * @param measures of the run
 * @returns {Record<string, number>} by id
 */
export function makeRatios(measures) {
  const find = (id) => measures.find((one) => one.id === id);
  const cpu = (id) => find(id)?.median ?? NaN;
  const threads = (field) =>
    median((find('threads')?.details ?? [{}]).map((one) => one[field] ?? NaN));
  const ratios = {
    createapp_cpu_over_fastify: cpu('createapp') / cpu('bare'),
    threads2_over_1: cpu('threads'),
    misses_per_key: threads('missesPerKey'),
    createapp_hit_cpu_over_plugin: cpu('createapp-cached hit') / cpu('plugin-cached hit'),
    createapp_hit_cpu_over_bare: cpu('createapp-cached hit') / cpu('bare hit'),
    threads2_by_cpu: threads('byCpu'),
    client_cpu_us: threads('clientMicros'),
  };
  return Object.fromEntries(Object.entries(ratios).filter(([, value]) => !Number.isNaN(value)));
}
