// Registers the plugins of the Fastify project that are on, in the order in which their hooks have to run: headers and CORS
// first, so that refusals carry them too; limits before anything costs; what reads bodies; what changes replies last, right
// before the cache. Each is imported when it is on, and only then.
import type { FastifyInstance } from 'fastify';
import type { Mode } from '../options/mode.ts';
import { corsOptions } from './cors.ts';
import { addHelmet } from './helmet.ts';
import type { CheckedBuiltins, MultipartOptions } from './options.ts';
import { addUnderPressure } from './under-pressure.ts';

/** What the plugins are told of the application around them. */
export interface Surroundings {
  readonly mode: Mode;
  /** The response cache will be there. */
  readonly isCached: boolean;
}

/** Registers one plugin. */
type Register<T> = (app: FastifyInstance, options: T, around: Surroundings) => Promise<unknown>;

/** One function for each plugin, in order. */
export const builtins: {
  readonly [K in keyof CheckedBuiltins]: Register<Exclude<CheckedBuiltins[K], false>>;
} = {
  helmet: (app, options, { mode }) => addHelmet(app, options, mode),
  cors: async (app, options) =>
    app.register((await import('@fastify/cors')).default, corsOptions(options)),
  rateLimit: async (app, options) =>
    app.register((await import('@fastify/rate-limit')).default, {
      max: 100,
      timeWindow: 60_000,
      ...options,
    }),
  underPressure: (app, options, { isCached }) => addUnderPressure(app, options, isCached),
  cookie: async (app, options) => app.register((await import('@fastify/cookie')).default, options),
  formbody: async (app, options) =>
    app.register((await import('@fastify/formbody')).default, options),
  multipart: async (app, options) =>
    app.register((await import('@fastify/multipart')).default, multipartOptions(options)),
  compress: async (app, options) =>
    app.register((await import('@fastify/compress')).default, {
      encodings: ['br', 'gzip'],
      // A small body could grow beyond every limit.
      globalDecompression: false,
      ...options,
    }),
};

function multipartOptions(given: MultipartOptions): MultipartOptions {
  const limits = {
    fileSize: 10 * 1024 * 1024,
    files: 10,
    fields: 100,
    fieldSize: 64 * 1024,
    parts: 110,
    headerPairs: 100,
    ...given.limits,
  };
  return { ...given, limits };
}
