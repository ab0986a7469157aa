// The plugin: one wildcard route for a folder, `app.static` beside it, and @fastify/static for what streams.
// Invariant: the cache is of the process; everything else is of the registration, and ends with its context. What serves is loaded
// by the first registration, not by who imports the package.
import { openCache } from '@catzilla/cache-core';
import type { Cache } from '@catzilla/cache-core';
import { show } from '@catzilla/common';
import type { FastifyInstance, FastifyPluginAsync } from 'fastify';
import fp from 'fastify-plugin';
import { errors } from './errors.ts';
import { resolveOptions } from './options.ts';
import type { Settings, StaticOptions } from './options.ts';
import type { Parts } from './parts.ts';
import type { StaticStats } from './stats.ts';

/** What `app.static` is. */
export interface StaticFiles {
  /** Counters of this thread. */
  stats(): StaticStats;
  /** Forgets files, so that they are read anew when they are asked for: for what `revalidate: false` has kept.
   * @param prefix  of their paths below the root, without a leading slash; '' for all
   * @returns how many were known */
  purge(prefix: string): number;
}

declare module 'fastify' {
  interface FastifyInstance {
    /** The files of the last registration of @catzilla/static in this context, or around it. */
    static: StaticFiles;
  }
}

const OF_THE_FILE = ['cache-control', 'content-encoding', 'etag', 'last-modified', 'accept-ranges'];

const plugin: FastifyPluginAsync<StaticOptions> = async (app, options) => {
  const settings = resolveOptions(options);
  refusePatterns(app.prefix + settings.prefix);
  const { makeParts } = await import('./make-parts.ts');
  const { serve } = await import('./serve.ts');
  const cache = openFor(settings);
  const parts = makeParts(settings, cache);
  warnOfFallback(app, parts);
  const api: StaticFiles = {
    stats: () => ({
      ...parts.counters,
      reads: parts.files.reads,
      compressed: parts.variants.made,
      files: parts.files.size,
    }),
    purge: (prefix) => parts.files.forget(prefix),
  };
  if (app.hasDecorator('static')) app.static = api;
  else app.decorate('static', api);
  app.addHook('onClose', async () => {
    await parts.recompressor?.close();
    cache.close();
  });
  if (settings.decorateReply) await addSendFile(app, settings);
  await app.register(async (scope) => {
    await addSendFile(scope, settings);
    // As Fastify joins them.
    const prefix = encodeURI(scope.prefix.replace(/\/$/, '') + settings.prefix);
    scope.route({
      method: ['GET', 'HEAD'],
      url: `${settings.prefix}*`,
      // Not for an OpenAPI document, and no business of a response cache.
      schema: { hide: true } as object,
      config: { cache: false } as object,
      // Of @fastify/compress: what is to be compressed is, and tags are of the bytes as they are sent.
      ...({ compress: false } as object),
      // An error is not the file: what was said of the file goes, before any error handler speaks.
      onError: (_request, reply, _error, done) => {
        for (const name of OF_THE_FILE) reply.removeHeader(name);
        done();
      },
      handler: (request, reply) => serve(parts, prefix, request, reply),
    });
  });
};

/** Serves folders of files: encoded once, kept in a cache that all threads share, looked at in each request.
 * May be registered several times, for other prefixes; `app.static` is that of the last.
 * @throws CATZ_STATIC_OPTIONS, CATZ_STATIC_ROOT
 * @example
 * await app.register(staticFiles, { root: new URL('./public', import.meta.url) }); */
export const staticFiles: FastifyPluginAsync<StaticOptions> = fp(plugin, {
  name: '@catzilla/static',
  fastify: '>=5.5.0 <6',
});

// Not an error: a build may come later. But each navigation is a 404 until then, and nothing else would say why.
function warnOfFallback({ log }: FastifyInstance, { files, settings }: Parts): void {
  const { fallback } = settings;
  if (fallback === undefined || files.locate(fallback).kind === 'file') return;
  log.warn({ fallback: fallback.join('/') }, 'static files: there is no file at options.fallback');
}

// By its bounds: two registrations with the same share one, as do all threads.
function openFor({ maxBytes, maxFileBytes }: Settings): Cache {
  const maxValueBytes = Math.max(maxFileBytes, 1);
  return openCache(`catzilla-static-${maxBytes}-${maxValueBytes}`, { maxBytes, maxValueBytes });
}

// @fastify/static puts its methods on the replies of the context that it is registered in.
async function addSendFile(app: FastifyInstance, { roots }: Settings): Promise<void> {
  if (app.hasReplyDecorator('sendFile')) return;
  const { default: fastifyStatic } = await import('@fastify/static');
  await app.register(fastifyStatic, { root: [...roots], serve: false });
}

function refusePatterns(prefix: string): void {
  if (!/[:*]/.test(prefix)) return;
  throw new errors.OPTIONS(
    `expected options.prefix to be the same for all requests, got ${show(prefix)}`,
  );
}
