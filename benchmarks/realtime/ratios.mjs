// The figures that have targets, and those that are told without one. What was not measured is left out.
import { median } from '../lib/statistics.mjs';
import { LIVE_FIGURES, LIVE_RATIOS } from './live-cells.mjs';

/** What others are measured against, by transport: the plainest loop that its users write. */
const BASES = { ws: 'ws', sse: 'http-sse' };
const SIZES = { 100: ['100b', '100 B'], 1024: ['1k', '1 KB'] };
const TURNS = { 1: ['', ''], 10: ['_burst', ', ten in a turn'] };

const WS_RATIOS = Object.entries(SIZES).flatMap(([bytes, [size, said]]) =>
  Object.entries(TURNS).map(([perTurn, [turn, words]]) => ({
    name: `${size}${turn}`,
    stage: `1000 ${bytes} ${perTurn}`,
    said: `${said}${words}`,
  })),
);

/** Ratios without a target: what they mean, for the page. */
export const REPORTED = {
  ...Object.fromEntries(
    WS_RATIOS.flatMap(({ name, said }) => [
      [
        `ws_${name}_rate_over_ws`,
        `broadcast to 1,000 WebSockets, ${said}, messages per second over ws's loop`,
      ],
      [
        `ws_${name}_cpu_of_ws_bytes`,
        `the same, CPU time of ws's loop with a Buffer made once over ours`,
      ],
      [`ws_${name}_cpu_of_socket_io`, `the same, CPU time of socket.io over ours`],
    ]),
  ),
  ws_10k_cpu_of_ws: "broadcast to 10,000 WebSockets, 100 B, CPU time of ws's loop over ours",
  sse_100b_cpu_of_http:
    'fan-out to 1,000 event streams, 100 B, CPU time of a loop of response.write over ours',
  sse_100b_cpu_of_better_sse: 'the same, CPU time of better-sse at its best over ours',
  sse_100b_cpu_of_fastify_sse: 'the same, CPU time of @fastify/sse over ours',
  sse_100b_burst_per_s: 'the same, ten in a turn, events per second',
  live_redis_100_p99_ms: LIVE_FIGURES.live_redis_100_p99_ms,
  sse_1k_per_s: 'fan-out to 1,000 event streams, 1 KB, events per second',
};

/**
 * @param measures of the run
 * @returns {Record<string, number>} by id
 */
export function makeRatios(measures) {
  const byId = new Map(measures.map((one) => [one.id, one]));
  const cpu = (id) => byId.get(id)?.median ?? NaN;
  const rate = (id) => {
    const details = byId.get(id)?.details ?? [];
    return details.length === 0 ? NaN : median(details.map((one) => one.perSecond));
  };
  const least = (...figures) => Math.min(...figures.filter((one) => !Number.isNaN(one)));
  const ratios = {};
  for (const { name, stage } of WS_RATIOS) {
    const ours = cpu(`catzilla ws ${stage}`);
    ratios[`ws_${name}_cpu_of_ws`] = cpu(`ws ws ${stage}`) / ours;
    ratios[`ws_${name}_rate_over_ws`] = rate(`catzilla ws ${stage}`) / rate(`ws ws ${stage}`);
    ratios[`ws_${name}_cpu_of_ws_bytes`] = cpu(`ws-bytes ws ${stage}`) / ours;
    ratios[`ws_${name}_cpu_of_socket_io`] = cpu(`socket.io ws ${stage}`) / ours;
  }
  ratios.ws_10k_cpu_of_ws = cpu('ws ws 10000 100 1') / cpu('catzilla ws 10000 100 1');
  const events = cpu('catzilla-sse sse 1000 100 1');
  ratios.sse_100b_per_s = rate('catzilla-sse sse 1000 100 1');
  ratios.sse_100b_burst_per_s = rate('catzilla-sse sse 1000 100 10');
  ratios.sse_1k_per_s = rate('catzilla-sse sse 1000 1024 1');
  ratios.sse_100b_cpu_of_http = cpu('http-sse sse 1000 100 1') / events;
  ratios.sse_100b_cpu_of_better_sse =
    least(cpu('better-sse sse 1000 100 1'), cpu('better-sse-batch sse 1000 100 1')) / events;
  ratios.sse_100b_cpu_of_fastify_sse = cpu('fastify-sse sse 1000 100 1') / events;
  Object.assign(
    ratios,
    LIVE_RATIOS((id) => byId.get(id)),
  );
  return Object.fromEntries(Object.entries(ratios).filter(([, value]) => Number.isFinite(value)));
}

/** Broadcasts with their `ratio`: the CPU time of the base of their table over theirs. */
export function withRatios(measures) {
  const bases = new Map();
  for (const { group, task, median: cpu } of measures) {
    if (Object.values(BASES).includes(task.system)) bases.set(group, cpu);
  }
  return measures.map((one) =>
    bases.has(one.group) ? { ...one, ratio: bases.get(one.group) / one.median } : one,
  );
}
