// What an operation answers beside what its route declares: problems, and what the response cache adds.
// Invariant: decided by what covers the route (schemas, plugins, options), never by guessing at its handler. A response that the
// route declares itself is never replaced.
import { STATUS_CODES } from 'node:http';
import type { FastifyInstance, RouteOptions } from 'fastify';
import { problemSettingsOf } from '../problem/install.ts';
import type { SchemaObject } from './components.ts';

/** The Schema Object of a problem, as a component. */
export const PROBLEM_SCHEMA: SchemaObject = {
  type: 'object',
  title: 'Problem details (RFC 9457)',
  required: ['type', 'title', 'status', 'code', 'requestId'],
  properties: {
    type: { type: 'string', format: 'uri-reference', description: 'names the kind of problem' },
    title: { type: 'string', description: 'the kind of problem in words' },
    status: { type: 'integer', minimum: 400, maximum: 599 },
    detail: { type: 'string', description: 'what happened this time' },
    code: { type: 'string', description: 'the kind of problem for programs' },
    requestId: { type: 'string', description: 'what the log calls the request' },
    errors: {
      type: 'array',
      description: 'what is wrong where',
      items: {
        type: 'object',
        required: ['in', 'pointer', 'code', 'message'],
        properties: {
          in: { enum: ['body', 'query', 'params', 'headers', 'cookies', 'response'] },
          pointer: { type: 'string', description: 'a JSON Pointer (RFC 6901) into that part' },
          code: { type: 'string' },
          message: { type: 'string' },
        },
      },
    },
    truncated: { type: 'boolean', description: 'there is more than errors says' },
  },
};

/** Fields of responses that the cache may add or pass on, as components. */
export const CACHE_HEADERS: Readonly<Record<string, object>> = {
  'Cache-Status': header('how the cache answered (RFC 9211)'),
  Age: {
    ...header('seconds since the response was made'),
    schema: { type: 'integer', minimum: 0 },
  },
  ETag: header('names this version of the response, if it has a name'),
  'Cache-Control': header('what caches may do with it'),
};

/** Seconds, or a date. */
export const RETRY_AFTER: object = header('seconds after which to ask again, or a date');

/** What else decides. */
export interface Covered {
  readonly instance: FastifyInstance;
  readonly route: RouteOptions;
  /** Requirements that hold for the operation; an empty list: it is open to all. */
  readonly security: readonly object[];
}

/** The statuses that are answered with a problem; empty where problems are not installed. */
export function problemStatuses({ instance, route, security }: Covered): readonly number[] {
  const settings = problemSettingsOf(instance);
  const { problems, rateLimit } = (route.config ?? {}) as RouteConfig;
  if (settings === undefined || problems === false) return [];
  const schema = (route.schema ?? {}) as Readonly<Record<string, unknown>>;
  const statuses = new Set<number>(problems ?? []);
  if (REQUEST_PARTS.some((part) => schema[part] !== undefined))
    statuses.add(settings.invalidStatus);
  if (schema['body'] !== undefined) for (const status of [400, 413, 415]) statuses.add(status);
  // An empty requirement is one that needs nothing.
  if (security.some((one) => Object.keys(one).length > 0)) statuses.add(401);
  if (instance.hasPlugin('@fastify/rate-limit') && rateLimit !== false) statuses.add(429);
  if (instance.hasPlugin('@fastify/under-pressure') || timeoutOf(instance, route)) {
    statuses.add(503);
  }
  statuses.add(500);
  return [...statuses].sort((a, b) => a - b);
}

/** Whether @catzilla/fastify-cache covers a method of a route: it publishes the routes it counts. */
export function isCached({ instance, route }: Covered, method: string): boolean {
  const { cache } = instance as { cache?: { routeStats?: () => readonly CountedRoute[] } };
  if (!['GET', 'HEAD'].includes(method) || typeof cache?.routeStats !== 'function') return false;
  return cache
    .routeStats()
    .some(({ method: of, url }) => url === route.url && of.split(',').includes(method));
}

/** A Response Object of a problem. */
export function problemResponse(status: number, schema: SchemaObject): object {
  return {
    description: STATUS_CODES[status] ?? 'A problem',
    content: { 'application/problem+json': { schema } },
    ...((status === 429 || status === 503) && {
      headers: { 'Retry-After': { $ref: '#/components/headers/Retry-After' } },
    }),
  };
}

/** References to `CACHE_HEADERS`. */
export function cacheHeaders(): Readonly<Record<string, object>> {
  return Object.fromEntries(
    Object.keys(CACHE_HEADERS).map((name) => [name, { $ref: `#/components/headers/${name}` }]),
  );
}

interface CountedRoute {
  readonly method: string;
  readonly url: string;
}

interface RouteConfig {
  readonly problems?: false | readonly number[];
  readonly rateLimit?: unknown;
}

const REQUEST_PARTS = ['body', 'querystring', 'query', 'params', 'headers', 'cookies'];

// Fastify answers 503 when the handler takes longer (5.10 and later).
function timeoutOf(instance: FastifyInstance, route: RouteOptions): boolean {
  const { handlerTimeout } = route as { handlerTimeout?: number };
  const ofAll = (instance.initialConfig as { handlerTimeout?: number }).handlerTimeout;
  return (handlerTimeout ?? ofAll ?? 0) > 0;
}

function header(description: string): object {
  return { description, schema: { type: 'string' } };
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Statuses that the handler answers with a problem, for the OpenAPI document, as `[404, 409]`; false: it answers none of
     * those that would be documented either. Default: those that follow from schemas and plugins. */
    problems?: false | readonly number[];
  }
}
