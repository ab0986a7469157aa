// What requests are measured: servers that run at one time and take turns in short slices, and what they are asked.
import { browserRequest } from '../../http/requests.mjs';
import { orderOf } from './servers.mjs';

const ORDERS = 200;

export const LABELS = {
  bare: 'Fastify, helmet, cookie, services by hand',
  createapp: 'createApp(), all parts',
  'no-router': 'without router',
  'no-validation': 'without validation',
  'no-middleware': 'without middleware',
  'no-cache': 'without cache',
  'no-health': 'without health',
  'no-di': 'without di, services by hand',
  'plugin-cached': 'Fastify, helmet and @catzilla/fastify-cache',
  'createapp-cached': 'createApp(), all parts but cookie',
  'createapp-cached-no-di': 'createApp(), without cookie and di',
  'createapp-cached-cookie': 'createApp(), all parts',
};
const PARTS = ['no-router', 'no-validation', 'no-middleware', 'no-cache', 'no-health', 'no-di'];

/** @returns stages, as rounds.mjs of the HTTP suite takes them */
export function makeStages(quick) {
  const pace = {
    warm: quick ? 6000 : 20_000,
    slices: quick ? 6 : 12,
    requests: quick ? 2000 : 4000,
    makeLoad,
  };
  return [
    {
      group: 'an uncached route with schemas and a service, 50 connections, browser headers',
      variants: ['bare', 'createapp', ...(quick ? [] : PARTS)],
      ...pace,
    },
    {
      group: 'the same route, cached',
      suffix: 'hit',
      variants: [
        'bare',
        'plugin-cached',
        'createapp-cached-no-di',
        'createapp-cached',
        'createapp-cached-cookie',
      ],
      ...pace,
    },
  ];
}

/** The same orders in turns, so that each comes more than once. */
function makeLoad() {
  const asked = Array.from({ length: ORDERS }, (_, at) => ({
    id: 1 + at * 37,
    page: 1 + (at % 5),
    sort: at % 2 === 0 ? 'name' : 'price',
  }));
  return {
    request: asked.map(({ id, page, sort }) =>
      browserRequest(`/orders/${id}?page=${page}&sort=${sort}`),
    ),
    body: asked.map((order) => Buffer.from(JSON.stringify(orderOf(order))).toString('base64')),
  };
}
