// Applications with one plugin that people use beside the cache: the same routes with the plugin before the cache, after it,
// and without a cache at all, to be asked the same things over a connection that is kept alive, so that every way of
// answering is open. Nothing in here looks at answers.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, request as ask } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineMiddleware, middleware } from '@catzilla/router';
import compress from '@fastify/compress';
import cookie from '@fastify/cookie';
import cors from '@fastify/cors';
import etag from '@fastify/etag';
import helmet from '@fastify/helmet';
import httpProxy from '@fastify/http-proxy';
import jwt from '@fastify/jwt';
import rateLimit from '@fastify/rate-limit';
import { fastifyRequestContext, requestContext } from '@fastify/request-context';
import session from '@fastify/session';
import fastifyStatic from '@fastify/static';
import underPressure from '@fastify/under-pressure';
import Fastify from 'fastify';
import type { FastifyInstance } from 'fastify';
import { fastifyCache } from '../../src/index.ts';
import type { FastifyCacheOptions } from '../../src/index.ts';
import { atEnd, listen, makeCache } from '../helpers.ts';

export const ORDERS = ['before', 'after'] as const;
export type Order = (typeof ORDERS)[number];

declare module '@fastify/request-context' {
  interface RequestContextData {
    tenant: string;
  }
}

/** One plugin, as its users set it up. */
export interface Combination {
  readonly name: string;
  add(app: FastifyInstance): unknown;
  /** Routes of its own; where it has any, they are declared when it registers. */
  readonly target?: string;
  /** What it needs of the cache. */
  readonly options?: FastifyCacheOptions;
  /** Fields of every request. */
  fields?(app: FastifyInstance): Record<string, string>;
  /** Its route has no variants. */
  readonly isSame?: boolean;
  /** How hits of GET are sent in 'auto'. */
  readonly way: 'raw' | 'head' | 'send';
  /** The orders in which its responses are stored. */
  readonly stores: readonly Order[];
}

const TEXT = JSON.stringify({ text: 'compressible '.repeat(50) });

let upstream: string | undefined;
async function upstreamUrl(): Promise<string> {
  if (upstream !== undefined) return upstream;
  const app = Fastify();
  // Its Date by the clock of the test: Node's own goes on meanwhile.
  app.get('/page', (_, reply) =>
    reply
      .headers({ vary: 'Accept-Language', 'x-upstream': '1', date: new Date().toUTCString() })
      .type('application/json')
      .send(TEXT),
  );
  const port = await listen(app);
  atEnd(() => {
    upstream = undefined;
    return app.close();
  });
  return (upstream = `http://127.0.0.1:${port}`);
}

let files: string | undefined;
function folder(): string {
  if (files !== undefined) return files;
  const root = mkdtempSync(join(tmpdir(), 'catzilla-static-'));
  atEnd(() => {
    files = undefined;
    rmSync(root, { recursive: true });
  });
  writeFileSync(join(root, 'page.json'), TEXT);
  return (files = root);
}

export const COMBINATIONS: readonly Combination[] = [
  { name: '@fastify/cookie', add: (app) => app.register(cookie), way: 'send', stores: ORDERS },
  {
    name: '@fastify/session',
    add: async (app) => {
      await app.register(cookie);
      const secret = 'a secret with minimum length of 32 characters';
      // A session cookie on each response would keep all of them out of the cache.
      await app.register(session, { secret, saveUninitialized: false, cookie: { secure: false } });
    },
    way: 'send',
    stores: ORDERS,
  },
  {
    name: '@fastify/cors',
    add: (app) => app.register(cors, { origin: ['http://a.example'], credentials: true }),
    fields: () => ({ origin: 'http://a.example' }),
    way: 'head',
    stores: ORDERS,
  },
  { name: '@fastify/helmet', add: (app) => app.register(helmet), way: 'head', stores: ORDERS },
  {
    name: '@fastify/rate-limit',
    add: (app) => app.register(rateLimit, { max: 100, timeWindow: 60_000 }),
    way: 'raw',
    stores: ORDERS,
  },
  {
    name: '@fastify/compress',
    add: (app) => app.register(compress, { global: true, threshold: 0 }),
    fields: () => ({ 'accept-encoding': 'gzip' }),
    way: 'send',
    stores: ORDERS,
  },
  { name: '@fastify/etag', add: (app) => app.register(etag), way: 'send', stores: ORDERS },
  {
    name: '@fastify/static',
    // It says max-age=0 where it is told no better.
    add: (app) =>
      app.register(fastifyStatic, { root: folder(), prefix: '/files/', maxAge: 60_000 }),
    target: '/files/page.json',
    isSame: true,
    way: 'raw',
    stores: ['after'],
  },
  {
    name: '@fastify/http-proxy',
    add: async (app) => app.register(httpProxy, { upstream: await upstreamUrl(), prefix: '/up' }),
    target: '/up/page',
    way: 'raw',
    stores: ['after'],
  },
  {
    name: '@fastify/jwt',
    add: async (app) => {
      await app.register(jwt, { secret: 'secret' });
      app.addHook('onRequest', async (request) => {
        await request.jwtVerify();
      });
    },
    // The guard has run, and the routes do not look at who it was.
    options: { authorization: 'share' },
    fields: (app) => ({ authorization: `Bearer ${app.jwt.sign({ name: 'ann' })}` }),
    way: 'raw',
    stores: ORDERS,
  },
  {
    name: '@catzilla/router: middleware',
    add: async (app) => {
      let count = 0;
      const id = defineMiddleware()({
        name: 'id',
        perRequest: true,
        post: (_request, reply) => void reply.header('x-id', String(++count)),
      });
      const stamp = defineMiddleware()({
        name: 'stamp',
        pre: () => undefined,
        post: (_request, reply) => void reply.header('x-stamp', '1'),
      });
      await app.register(middleware, { use: [id, stamp] });
    },
    way: 'raw',
    stores: ORDERS,
  },
  {
    name: '@fastify/request-context',
    add: async (app) => {
      await app.register(fastifyRequestContext, { defaultStoreValues: { tenant: 'none' } });
      app.addHook('onRequest', async (request, reply) => {
        requestContext.set('tenant', String(request.headers['x-tenant']));
        void reply.header('x-tenant', requestContext.get('tenant'));
      });
    },
    fields: () => ({ 'x-tenant': 't1' }),
    way: 'raw',
    stores: ORDERS,
  },
  {
    name: '@fastify/under-pressure',
    add: (app) => app.register(underPressure, { maxEventLoopDelay: 60_000 }),
    way: 'raw',
    stores: ORDERS,
  },
];

/** How an application is put together. `cache` undefined: without one. */
export interface Build {
  readonly combination: Combination;
  readonly order: Order;
  readonly cache: FastifyCacheOptions | undefined;
}

/** Builds an application that listens. */
export async function build({ combination, order, cache }: Build): Promise<FastifyInstance> {
  const app = Fastify();
  atEnd(() => app.close());
  if (order === 'before') await combination.add(app);
  if (cache !== undefined) {
    const own = { cache: makeCache(), ttl: 60_000, ...combination.options };
    await app.register(fastifyCache, { ...own, ...cache });
  }
  if (order === 'after') await combination.add(app);
  app.get('/page', (_, reply) =>
    reply.header('vary', 'Accept-Language').type('application/json').send(TEXT),
  );
  await listen(app);
  return app;
}

/** An answer as it came. */
export interface Answer {
  readonly status: string;
  /** Name and value in turn, in their order and spelling. */
  readonly lines: readonly string[];
  readonly body: Buffer;
  /** By lower-case name. */
  readonly fields: Readonly<Record<string, string>>;
}

/** A client whose requests share one connection. */
export function clientOf(
  app: FastifyInstance,
): (method: string, path: string, headers: Record<string, string>) => Promise<Answer> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  atEnd(() => agent.destroy());
  const port = Number(/\d+$/.exec(app.listeningOrigin)?.[0]);
  return (method, path, headers) =>
    new Promise((resolve, reject) => {
      const host = 'matrix.example';
      const options = {
        agent,
        port,
        host: '127.0.0.1',
        method,
        path,
        headers: { host, ...headers },
      };
      const sent = ask(options, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const { statusCode, statusMessage, rawHeaders, headers: given } = response;
          const fields = Object.entries(given).map(([name, value]) => [name, String(value)]);
          resolve({
            status: `${statusCode} ${statusMessage}`,
            lines: rawHeaders,
            body: Buffer.concat(chunks),
            fields: Object.fromEntries(fields) as Record<string, string>,
          });
        });
      });
      sent.on('error', reject);
      sent.end();
    });
}
