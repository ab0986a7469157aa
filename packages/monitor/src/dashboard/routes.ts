// The routes of the dashboard, in a scope of their own: page, files, data, the feed, actions.
// Invariant: the access hook runs first on every one of them, HEAD included. None is cached, compressed, shed or counted: an open
// feed is a request of an hour. Answers are texts that are already made, so that no serializer of the application changes them.
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { EVENT_STREAM, negotiateCoding } from '@catzilla/http';
import type { FastifyInstance, FastifyReply, FastifyRequest, FastifySchema } from 'fastify';
import { errors } from '../errors.ts';
import { refuseOtherSites } from './access.ts';
import type { AccessHook } from './access.ts';
import { checkAction, purge, warm } from './actions.ts';
import type { ActionParts } from './actions.ts';
import type { Assets } from './assets.ts';
import type { Feed } from './feed.ts';
import { DATA_HEADERS } from './headers.ts';
import { shortened } from './make-frame.ts';
import { readRoutesQuery, routesPage } from './route-rows.ts';
import type { Watcher } from './watcher.ts';

/** What the routes stand on. */
export interface RouteParts {
  readonly access: AccessHook;
  readonly assets: Assets;
  readonly feed: Feed;
  readonly watcher: Watcher;
  readonly actions: ActionParts;
}

/** Not cached, not rate limited, not shed, not in the OpenAPI document, not in the log of requests, not among the figures. */
const ROUTE = {
  logLevel: 'warn',
  schema: { hide: true } as FastifySchema,
  config: { cache: false, monitor: false, rateLimit: false, pressureHandler: () => undefined },
  ...({ compress: false } as object),
} as const;

const BODY_LIMIT = 262_144;
/** ms that an action has to come to an end: the page waits for a minute. */
const ACTION_TIME = 50_000;
const compress = promisify(gzip);

/** Declares the routes.
 * @param scope  below the path of the dashboard */
export function addRoutes(scope: FastifyInstance, parts: RouteParts): void {
  scope.addHook('onRequest', parts.access);
  const { assets } = parts;
  // '/' of a scope answers for its prefix with and without a slash, whatever the router overlooks.
  scope.get('/', ROUTE, async (request, reply) => {
    const [path = ''] = request.raw.url!.split('?', 1);
    // Names of files are relative to the page, so that a proxy may put it anywhere.
    if (!path.endsWith('/')) return reply.redirect(`./${path.slice(path.lastIndexOf('/') + 1)}/`);
    return (await assets.send('index.html', request, reply)) ? reply : reply.callNotFound();
  });
  scope.get<{ Params: { '*': string } }>('/assets/*', ROUTE, async (request, reply) => {
    const name = request.params['*'];
    const isThere = name !== 'index.html' && (await assets.send(name, request, reply));
    return isThere ? reply : reply.callNotFound();
  });
  addData(scope, parts);
  addActions(scope, parts);
}

function addData(scope: FastifyInstance, { watcher, feed }: RouteParts): void {
  const route = { ...ROUTE, onRequest: refuseOtherSites };
  scope.get('/data/hello', route, async (request, reply) => {
    const text = JSON.stringify(watcher.helloBody());
    const coding = negotiateCoding(request.headers['accept-encoding'], ['gzip']);
    if (coding !== 'gzip') return sendText(reply, 200, text);
    return sendText(reply.header('content-encoding', coding), 200, await compress(text));
  });
  scope.get('/data/routes', route, async (request, reply) => {
    const page = routesPage(await watcher.pair(), readRoutesQuery(request.query));
    return send(reply, 200, { ...page, rows: page.rows.map((row) => shortened(row)) });
  });
  // Without HEAD, which would open one and never end.
  scope.get('/data/feed', { ...route, exposeHeadRoute: false }, async (request, reply) => {
    // Asked for by the application itself, as by warm(): nobody reads it, and it would never end.
    if ('isLightMyRequest' in request.raw) return reply.callNotFound();
    try {
      feed.admit();
    } catch (error) {
      return sendError(reply, error);
    }
    const { raw } = reply;
    // Its connection ends with it, or a shutdown would have to wait for that.
    raw.shouldKeepAlive = false;
    // What hooks have set is sent too; what they would do to a payload is not for a stream.
    raw.writeHead(200, {
      ...(reply.getHeaders() as Record<string, string>),
      ...DATA_HEADERS,
      'cache-control': 'no-store, no-transform',
      'content-type': EVENT_STREAM,
      // Of nginx, which would collect frames.
      'x-accel-buffering': 'no',
    });
    reply.hijack();
    feed.add(raw);
    return reply;
  });
}

function addActions(scope: FastifyInstance, { actions }: RouteParts): void {
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, body, done) => {
    try {
      done(null, JSON.parse(body as string));
    } catch (cause) {
      done(new errors.ACTION('a body of JSON', { cause }));
    }
  });
  type Act = (parts: ActionParts, body: unknown, signal: AbortSignal) => Promise<object>;
  const post = (path: string, act: Act): unknown =>
    scope.post(path, { ...ROUTE, bodyLimit: BODY_LIMIT, onRequest: check }, (request, reply) =>
      answer(reply, act, request.body),
    );
  // Before the body is read.
  const check = async (request: FastifyRequest, reply: FastifyReply): Promise<unknown> => {
    try {
      return checkAction(request, actions);
    } catch (error) {
      return sendError(reply, error);
    }
  };
  const answer = async (reply: FastifyReply, act: Act, body: unknown): Promise<FastifyReply> => {
    const ending = new AbortController();
    const end = (): void => ending.abort();
    const timer = setTimeout(end, ACTION_TIME).unref();
    // A page that was closed has nobody who waits.
    reply.raw.once('close', end);
    try {
      return send(reply, 200, await act(actions, body, ending.signal));
    } catch (error) {
      return sendError(reply, error);
    } finally {
      clearTimeout(timer);
      reply.raw.off('close', end);
    }
  };
  post('/actions/purge', purge);
  post('/actions/warm', warm);
}

function send(reply: FastifyReply, status: number, body: object): FastifyReply {
  return sendText(reply, status, JSON.stringify(body));
}

function sendText(reply: FastifyReply, status: number, body: string | Buffer): FastifyReply {
  return reply
    .code(status)
    .headers(DATA_HEADERS)
    .type('application/json; charset=utf-8')
    .send(body);
}

// The page shows the message of what it did wrong, in one form, whatever the application's error handler makes of errors; a fault
// is that handler's.
function sendError(reply: FastifyReply, error: unknown): FastifyReply {
  const { code, message, statusCode } = error as Partial<Record<string, unknown>>;
  if (typeof code !== 'string' || !code.startsWith('CATZ_MONITOR_')) throw error;
  return send(reply, Number(statusCode), { statusCode, code, message });
}
