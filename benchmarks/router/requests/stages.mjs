// What requests are measured: servers that run at one time and take turns in short slices, and what they are asked.
import { browserRequest } from '../../http/requests.mjs';
import { makeTable } from '../tables.mjs';
import { fill, makeTraffic } from '../traffic.mjs';
import { HEALTH, PRODUCT } from './servers.mjs';

const ROUTES = 10_000;

export const LABELS = {
  'routes-walk': 'Fastify',
  'routes-compile': 'Fastify, routerOptions.compile',
  'routes-auto': 'Fastify with @catzilla/router',
  'constant-route': 'Fastify JSON route',
  constant: 'app.constant of @catzilla/router',
  'constant-cache': 'the same, with @catzilla/fastify-cache registered',
};

/** @returns stages, as rounds.mjs of the HTTP suite takes them */
export function makeStages(quick) {
  return [
    {
      group: `${ROUTES.toLocaleString('en')} routes, spread, 50 connections, browser headers`,
      variants: ['routes-walk', 'routes-compile', 'routes-auto'],
      spec: { routes: ROUTES },
      warm: quick ? ROUTES : 4 * ROUTES,
      slices: quick ? 2 : 4,
      requests: ROUTES,
      makeLoad: () => spreadLoad(ROUTES),
    },
    constantStage(
      '1 KB of JSON, 50 connections, browser headers',
      '1k',
      '/product',
      PRODUCT,
      quick,
    ),
    constantStage(
      'GET /health, 50 connections, browser headers',
      'health',
      '/health',
      HEALTH,
      quick,
    ),
  ];
}

/** The same answer from an ordinary route and from constant ones; the rows are `<variant> <suffix>`. */
function constantStage(group, suffix, path, object, quick) {
  return {
    group,
    suffix,
    variants: ['constant-route', 'constant', 'constant-cache'],
    warm: 30_000,
    slices: quick ? 4 : 5,
    requests: 4000,
    makeLoad: () => ({ request: browserRequest(path), body: base64(object) }),
  };
}

/** Each route once, in the order in which lookups alone are asked for them. */
export function spreadLoad(routes) {
  const table = makeTable(routes);
  const { ids, values } = makeTraffic(table, 'spread');
  const due = Array.from(ids.subarray(0, routes), (id, at) => ({ id, values: values[at] }));
  return {
    request: due.map(({ id, values: own }) => browserRequest(fill(table[id].pattern, own))),
    body: due.map(({ id, values: own }) => {
      const params = Object.fromEntries(table[id].names.map((name, n) => [name, own[n]]));
      return base64({ id, params });
    }),
  };
}

function base64(object) {
  return Buffer.from(JSON.stringify(object)).toString('base64');
}
