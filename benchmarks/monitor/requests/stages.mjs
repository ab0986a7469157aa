// What requests are measured: servers that run at one time and take turns in short slices.
import { browserRequest } from '../../http/requests.mjs';
import { ANSWER } from './servers.mjs';

export const LABELS = {
  bare: 'Fastify',
  metrics: 'Fastify and the metrics of @catzilla/monitor',
  'metrics-scraped': 'the same, read each second',
  'prom-client': 'Fastify, a counter and a histogram of prom-client',
  cached: 'Fastify and @catzilla/fastify-cache',
  'cached-metrics': 'the same and the metrics of @catzilla/monitor',
};

/**
 * V8 gives a server a larger young generation by how much survived while it started, or does not: from one plugin to the next
 * that is a quarter of a cached hit, more than anything measured here. So all begin with the largest.
 */
const YOUNG = ['--min-semi-space-size=16'];

/** @returns stages, as rounds.mjs of the HTTP suite takes them */
export function makeStages(quick) {
  const pace = {
    flags: YOUNG,
    warm: quick ? 6000 : 30_000,
    slices: quick ? 6 : 24,
    requests: quick ? 2000 : 5000,
    makeLoad: () => ({
      request: browserRequest('/cities/prague'),
      body: Buffer.from(ANSWER).toString('base64'),
    }),
  };
  return [
    {
      group: 'an uncached route, 50 connections, browser headers',
      variants: ['bare', 'metrics', 'metrics-scraped', 'prom-client'],
      ...pace,
    },
    {
      group: 'a hit of the response cache, 50 connections, browser headers',
      suffix: 'hit',
      variants: ['cached', 'cached-metrics'],
      ...pace,
    },
  ];
}
