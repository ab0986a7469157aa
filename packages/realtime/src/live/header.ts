// X-Catzilla-Stream: where the log of live channels stood before a reply was made. A page that subscribes after it gets what
// was invalidated since, also while it was on its way.
// Invariant: the place is noted before the handler runs, so nothing that the handler may have missed lies before it. A response
// from the cache of @catzilla/fastify-cache has that of its render, which counts for what it shows.
import type { FastifyInstance } from 'fastify';
import type { LiveHub } from './live-hub.ts';

/** Field of replies to GET and HEAD, lower-case. */
const STREAM_FIELD = 'x-catzilla-stream';

/** Has replies of routes that are declared from now on carry the field. */
export function addPositionHeader(app: FastifyInstance, hub: Pick<LiveHub, 'position'>): void {
  app.addHook('onRequest', (request, reply, done) => {
    const { method } = request.raw;
    const { position } = hub;
    const isRead = method === 'GET' || method === 'HEAD';
    if (isRead && position !== undefined) reply.header(STREAM_FIELD, position);
    done();
  });
}
