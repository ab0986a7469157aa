// The figures that have targets, and those that are told without one. What was not measured is left out.
import { median } from '../lib/statistics.mjs';
import { ENGINES } from './cells.mjs';
import { SIZES } from './tables.mjs';

/** Where linear matching is what people know. */
const SMALL = [30, 203];
/** The table that C++ is not promised for. */
const LARGE = 100_000;

/** Ratios without a target: what they mean, for the page. */
export const REPORTED = {
  native_over_walk_10k_spread: '10,000 routes, spread: native, time over the tree walk',
  cpp_ns_100k: 'C++ alone, 100,000 routes, ns per match, the worse of hot and spread',
  fastify_10k_cpu_over_plain:
    'Fastify with 10,000 routes, spread: CPU per request with the plugin over without',
  fastify_10k_cpu_over_compile:
    'Fastify with 10,000 routes, spread: CPU per request with the plugin over `routerOptions.compile`',
  constant_alone_1k_over_route_cpu:
    'app.constant without @catzilla/fastify-cache, 1 KB, CPU per request over an ordinary Fastify JSON route',
  constant_alone_health_over_route_cpu:
    'app.constant without @catzilla/fastify-cache, some 70 bytes, CPU per request over an ordinary Fastify JSON route',
};

/** @returns {Record<string, number>} by id */
export function makeRatios(measures) {
  const find = (id) => measures.find((one) => one.id === id);
  const of = (id) => find(id)?.median ?? NaN;
  // Of both traffics, neither of which is known before.
  const both = (router, size) =>
    geometricMean([of(`${router} ${size} hot`), of(`${router} ${size} spread`)]);
  const best = (size) => Math.min(...ENGINES.map((engine) => both(engine, size)).filter(isFigure));
  const worstMatch = (size) => Math.max(of(`cpp ${size} hot`), of(`cpp ${size} spread`));
  const overTree = (id) => median((find(id)?.details ?? []).map((one) => one.overTree));
  const ratios = {
    native_over_compile_10k_spread: of('native 10000 spread') / of('compile 10000 spread'),
    native_over_walk_10k_spread: of('native 10000 spread') / of('walk 10000 spread'),
    ...Object.fromEntries(
      SMALL.map((size) => [`auto_over_linear_${size}`, both('auto', size) / both('linear', size)]),
    ),
    ...Object.fromEntries(
      SIZES.map((size) => [`auto_over_best_${short(size)}`, both('auto', size) / best(size)]),
    ),
    cpp_ns_max: Math.max(...SIZES.filter((size) => size < LARGE).map(worstMatch)),
    cpp_ns_100k: worstMatch(LARGE),
    build_100k_over_walk: overTree(`build auto ${LARGE}`),
    constant_1k_over_route_cpu: of('constant-cache 1k') / of('constant-route 1k'),
    constant_health_over_route_cpu: of('constant-cache health') / of('constant-route health'),
    constant_alone_1k_over_route_cpu: of('constant 1k') / of('constant-route 1k'),
    constant_alone_health_over_route_cpu: of('constant health') / of('constant-route health'),
    fastify_10k_cpu_over_plain: of('routes-auto') / of('routes-walk'),
    fastify_10k_cpu_over_compile: of('routes-auto') / of('routes-compile'),
  };
  return Object.fromEntries(Object.entries(ratios).filter(([, value]) => isFigure(value)));
}

export function geometricMean(values) {
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
}

/** 2,000 as 2k. */
function short(size) {
  return size < 1000 ? String(size) : `${size / 1000}k`;
}

function isFigure(value) {
  return value !== undefined && Number.isFinite(value);
}
