// The figures that have targets, and those that are told without one. What was not measured is left out.
import { median } from '../lib/statistics.mjs';

const STANDARD = ['zod', 'valibot', 'arktype'];

/** Ratios without a target: what they mean, for the page. */
export const REPORTED = {
  ...Object.fromEntries(
    STANDARD.map((library) => [
      `${library}_bad_over_direct`,
      `a value that does not fit, ${library}: with entries that say where, time over the library's own validate`,
    ]),
  ),
  zod_request_cpu_over_provider:
    'route with body and query of zod, CPU per request over fastify-type-provider-zod',
  zod_reply_cpu_over_provider:
    'route with a reply of zod, CPU per request over fastify-type-provider-zod',
  async_chain_cpu_over_hooks:
    'ten async functions as middleware, CPU per request over ten async hooks',
  post_chain_cpu_over_hooks:
    'ten functions as post of middleware, CPU per request over ten onSend hooks',
};

/**
 * @param measures of the run
 * @returns {Record<string, number>} by id
 */
export function makeRatios(measures) {
  const find = (id) => measures.find((one) => one.id === id);
  const cpu = (id) => find(id)?.median ?? NaN;
  const over = (id, other) => pairedRatio(find(id), find(other), 'windows');
  const cpuOver = (id, other) => pairedRatio(find(id), find(other), 'slices');
  const addedUs = STANDARD.map(
    (library) => (cpu(`ours ${library} good`) - cpu(`direct ${library} good`)) / 1000,
  ).filter((micros) => !Number.isNaN(micros));
  const ratios = {
    ...Object.fromEntries(
      STANDARD.flatMap((library) => [
        [`${library}_over_direct`, over(`ours ${library} good`, `direct ${library} good`)],
        [`${library}_bad_over_direct`, over(`ours ${library} bad`, `direct ${library} bad`)],
      ]),
    ),
    standard_added_us: addedUs.length > 0 ? Math.max(...addedUs) : NaN,
    off_cpu_over_fastify: cpuOver('off', 'plain'),
    strict_cpu_over_fastify: cpuOver('strict', 'plain'),
    strict_numbers_cpu_over_fastify: cpuOver('strict-numbers', 'plain-numbers'),
    sync_chain_cpu_over_hooks: cpuOver('chain-sync', 'hooks-sync'),
    async_chain_cpu_over_hooks: cpuOver('chain-async', 'hooks-async'),
    post_chain_cpu_over_hooks: cpuOver('chain-post', 'hooks-send'),
    zod_request_cpu_over_provider: cpuOver('zod', 'zod-provider'),
    zod_reply_cpu_over_provider: cpuOver('reply-zod-ours', 'reply-zod-provider'),
  };
  return Object.fromEntries(Object.entries(ratios).filter(([, value]) => !Number.isNaN(value)));
}

/** The median of the ratios of neighbours in time: what is taken in turns is compared pair by pair.
 * @param field of a sample: what was taken in turns */
export function pairedRatio(one, other, field) {
  if (one === undefined || other === undefined) return NaN;
  return median(
    one.details.flatMap((sample, round) =>
      sample[field].map((value, at) => value / other.details[round][field][at]),
    ),
  );
}
