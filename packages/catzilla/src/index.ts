// Public API of catzilla: createApp(), and what an application needs of the parts it composes.
export { createApp } from './create-app.ts';
export type { AppOptions } from './app-options.ts';
export { errors } from './errors.ts';
export { fastifyCache } from '@catzilla/fastify-cache';
export type { FastifyCacheOptions, RouteCacheOptions } from '@catzilla/fastify-cache';
export { openCache } from '@catzilla/cache-core';
export type { Cache, CacheOptions, CacheStats } from '@catzilla/cache-core';
export type {
  FastifyInstance,
  FastifyPluginAsync,
  FastifyReply,
  FastifyRequest,
  FastifyServerOptions,
} from 'fastify';
