// reply.ndjson(), reply.streamJson(), reply.events(): a reply made of items as they come, through Fastify's own send, so that
// its hooks see it and its errors are answered as any other.
// Invariant: a reply is begun only with its first item in hand (events: or after a second of silence), and one that is cut
// (an error, a shutdown) has its connection destroyed: no client takes a part for the whole.
import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { errors } from '../errors.ts';
import { asError, StreamBody } from './body.ts';
import { cut } from './cut.ts';
import { eventsForm, jsonForm, ndjsonForm } from './forms.ts';
import type { EventItem, Form } from './forms.ts';
import { discardSource, requireSource } from './source.ts';
import type { StreamSource } from './source.ts';
import { OpenStreams } from './open-streams.ts';

// Through this file, so that whoever imports the package has the methods of replies as well.
export type { EventItem } from './forms.ts';
export type { Items, StreamSource } from './source.ts';

declare module 'fastify' {
  interface FastifyReply {
    /** Sends a JSON text per line, each as soon as there is one. The handler returns what this gives.
     * @param source  items, or a function `(signal) => items`, whose signal is aborted when the client leaves
     * @throws CATZ_REALTIME_OPTION, CATZ_REALTIME_STREAM_SENT, CATZ_REALTIME_CLOSED
     * @example app.get('/rows', (request, reply) => reply.ndjson((signal) => table.rows({ signal }))) */
    ndjson<T>(source: StreamSource<T>): this;
    /** Sends one JSON array, item by item; otherwise as `ndjson`. */
    streamJson<T>(source: StreamSource<T>): this;
    /** Sends server-sent events; otherwise as `ndjson`. In silence a comment goes out, so that nothing on the way gives up.
     * @example app.get('/ticks', (request, reply) => reply.events(ticks)) // of { event: 'tick', data: { at: 12 } } */
    events(source: StreamSource<EventItem>): this;
  }
}

export interface StreamSettings {
  /** Silence after which an event stream says that it is there, ms. */
  readonly heartbeat: number;
  /** How long streams may go on once the application closes, ms. */
  readonly closeDelay: number;
}

/** Decorates replies.
 * @returns `close`, for preClose: waits until all streams have ended, at most `closeDelay`, then cuts the others */
export function decorateStreams(
  app: FastifyInstance,
  { heartbeat, closeDelay }: StreamSettings,
): OpenStreams {
  const streams = new OpenStreams(Math.min(heartbeat, 15_000), closeDelay);
  app.decorateReply('ndjson', function <T>(this: FastifyReply, source: StreamSource<T>) {
    return send(streams, this, source, ndjsonForm);
  });
  app.decorateReply('streamJson', function <T>(this: FastifyReply, source: StreamSource<T>) {
    return send(streams, this, source, jsonForm);
  });
  app.decorateReply('events', function (this: FastifyReply, source: StreamSource<EventItem>) {
    return send(streams, this, source, eventsForm);
  });
  return streams;
}

/** How long a stream that can say nothing (a comment) waits for its first item before it says so, ms. */
const SILENCE = 1_000;

function send<T>(
  streams: OpenStreams,
  reply: FastifyReply,
  source: StreamSource<T>,
  form: Form<T>,
): FastifyReply {
  requireSource(source);
  if (reply.sent || reply.raw.headersSent) throw new errors.STREAM_SENT();
  // HEAD: the fields of a GET (RFC 9110 9.3.2); the source need not run for them, and it may have no end.
  if (reply.request.method === 'HEAD') {
    discardSource(source);
    return withFields(reply, form).send(Readable.from([]));
  }
  const body = new StreamBody(source, form, (error) =>
    reply.log.debug({ err: error }, 'the source of a stream failed while it was being stopped'),
  );
  streams.add(body, reply);
  void begin(reply, body, form);
  return reply;
}

async function begin<T>(reply: FastifyReply, body: StreamBody<T>, form: Form<T>): Promise<void> {
  const timer = form.idle === undefined ? undefined : setTimeout(speak, SILENCE);
  timer?.unref();
  let isSent = false;
  function speak(): void {
    isSent = sendBody(reply, body, form);
    body.beat();
  }
  try {
    await body.begin();
    if (!isSent) sendBody(reply, body, form);
  } catch (error) {
    if (isSent) body.destroy(asError(error));
    else {
      body.destroy();
      if (!reply.sent && !reply.raw.destroyed) reply.send(asError(error));
    }
  } finally {
    clearTimeout(timer);
  }
}

function sendBody<T>(reply: FastifyReply, body: StreamBody<T>, form: Form<T>): boolean {
  if (body.destroyed) return false;
  if (reply.sent || reply.raw.headersSent) {
    // An async handler that did not return the reply: Fastify has sent an empty one meanwhile.
    reply.log.error({ err: new errors.STREAM_SENT() }, 'the handler did not return the stream');
    body.destroy();
    return false;
  }
  body.once('error', () => {
    if (reply.raw.headersSent) cut(reply.raw);
    // It is answered as an error, by other bytes than those that somebody was to encode.
    else reply.removeHeader('content-encoding');
  });
  withFields(reply, form).send(body);
  return true;
}

function withFields(reply: FastifyReply, { fields }: Form<never>): FastifyReply {
  for (const [name, value] of Object.entries(fields)) {
    if (!reply.hasHeader(name)) reply.header(name, value);
  }
  return reply;
}
