// One client on an event stream: nothing is sent before the hub has let it in, so that a refusal is an answer with a status;
// then the head, and frames until one of both leaves.
// Invariant: an id goes out only behind everything before it, so the client's Last-Event-ID never says more than it has.
import { randomUUID } from 'node:crypto';
import type { OutgoingHttpHeaders } from 'node:http';
import { EVENT_STREAM } from '@catzilla/http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { CloseReason, Connection } from '../connection/connection.ts';
import type { Beating, Heartbeat, Watched } from '../connection/heartbeat.ts';
import { retryAfter } from '../connection/farewell.ts';
import type { Leaving } from '../connection/farewell.ts';
import { Outbox } from '../connection/outbox.ts';
import type { SlowRule } from '../connection/outbox.ts';
import type { Turn } from '../connection/turn.ts';
import type { Delivery } from '../delivery.ts';
import type { Hub } from '../hub/hub.ts';
import { openOutlet } from './outlet.ts';
import type { Outlet } from './outlet.ts';

/** What all streams of a plugin share. */
export interface SessionContext {
  readonly hub: Hub;
  readonly turn: Turn;
  readonly heartbeat: Heartbeat;
  readonly slow: SlowRule;
  readonly maxBufferedBytes: number;
  readonly closeDelay: number;
  /** Those that live: each takes itself out. */
  readonly sessions: Set<EventSession>;
}

/** no-transform: what compresses on the way holds events back; nginx holds back what is less than a buffer, unless it is told. */
const HEAD = {
  'content-type': EVENT_STREAM,
  'cache-control': 'no-store, no-transform',
  'x-accel-buffering': 'no',
};
/** Stands where a place in the log should, and is none: who resumes after it gets a gap. */
export const NO_PLACE = '?';
/** ms for the client to read the rest of a stream that has ended. */
const CLOSE_GRACE = 5_000;
/** ms that the last moments of this process may take, in which it still answers, with 503. */
const LAST_MOMENTS = 1_000;

/** A connection over server-sent events. */
export class EventSession implements Connection, Beating, Leaving {
  readonly id: string = randomUUID();
  readonly transport = 'sse';
  readonly request: FastifyRequest;
  readonly #reply: FastifyReply;
  readonly #context: SessionContext;
  #outlet: Outlet | undefined;
  #outbox: Outbox | undefined;
  #watched: Watched | undefined;
  #hasPlace = false;
  #isEnded = false;
  #cutOff: NodeJS.Timeout | undefined;

  constructor(request: FastifyRequest, reply: FastifyReply, context: SessionContext) {
    this.request = request;
    this.#reply = reply;
    this.#context = context;
    context.sessions.add(this);
    reply.raw.once('close', () => this.#leave());
  }

  get bufferedBytes(): number {
    return this.#outbox?.bufferedBytes ?? 0;
  }

  /** HOT: benchmarks/realtime */
  deliver(delivery: Delivery): void {
    if (this.#isEnded) return;
    // The first one of a replay may come before `subscribe` has told that it is done.
    if (this.#outbox === undefined) this.#open();
    if (delivery.id !== undefined) this.#hasPlace = true;
    this.#outbox?.deliver(delivery);
  }

  /** The hub has let it in.
   * @param place  newest id then: what the client resumes after if it never hears a message; undefined: the log has not been read,
   * and who comes back has to hear that it may have missed something */
  begin(place: string | undefined): void {
    if (this.#isEnded) return this.#context.hub.remove(this);
    if (this.#outbox === undefined) this.#open();
    if (this.#outbox === undefined) return;
    if (!this.#hasPlace) this.#say({ id: place ?? NO_PLACE });
    this.#watched = this.#context.heartbeat.add(this);
  }

  /** The hub has not: nothing was sent, and the application answers. */
  refuse(): void {
    this.#leave();
    if (this.#outlet !== undefined) this.#reply.raw.destroy();
  }

  /** A sign of life, for what closes silent connections; and its place, which the log moves on without its channels. */
  beat(): void {
    const outlet = this.#outlet!;
    // Who has not read the last one needs no other, and must not be told a place behind what waits.
    if (this.bufferedBytes > 0 || this.#outbox!.isBehind) return;
    const place = this.#context.hub.positionOf(this);
    outlet.write(outlet.form.encode(place === undefined ? { comment: '' } : { id: place }));
  }

  close(reason: CloseReason): void {
    if (this.#isEnded) return;
    // What waits would have to be read first: it is cut off, and resumes by its id.
    if (reason === 'slow' || this.#outlet === undefined) return this.terminate();
    if (reason === 'shutdown') {
      // Not while this process still takes connections and answers 503, which ends an EventSource for good.
      this.#say({ retry: retryAfter(this.#context.closeDelay) + LAST_MOMENTS });
    }
    this.#outlet.flush();
    this.#stop();
    this.#reply.raw.end();
    this.#cutOff = setTimeout(() => this.#reply.raw.destroy(), CLOSE_GRACE);
    this.#cutOff.unref();
  }

  /** Ends it at once, whatever has not been read. Idempotent. */
  terminate(): void {
    this.#stop();
    this.#reply.raw.destroy();
  }

  // From here on the response is ours: no hook of the application touches what is sent.
  #open(): void {
    const { hub, turn, slow, maxBufferedBytes } = this.#context;
    const reply = this.#reply;
    // Somebody else has answered meanwhile: Fastify, by its `handlerTimeout`.
    if (reply.sent || reply.raw.headersSent) return this.#stop();
    reply.hijack();
    reply.sse.keepAlive();
    // What hooks have set goes out as well. The head is written here, for that of @fastify/sse has what HTTP/2 forbids.
    reply.raw.writeHead(200, reply.headers(HEAD).getHeaders() as OutgoingHttpHeaders);
    // Silence is no reason to end a stream: that is what heartbeats are for.
    reply.raw.setTimeout(0, noTimeout);
    // The head leaves with it, by Node's own hand, and now: Node 26 would keep both until a later tick, and what goes to the
    // socket itself would come before them.
    reply.raw.cork();
    reply.raw.write(':\n\n');
    reply.raw.uncork();
    const outlet = openOutlet(reply.raw, turn);
    this.#outlet = outlet;
    this.#outbox = new Outbox({
      sink: outlet,
      encoder: outlet.form.encodeDelivery,
      slow,
      maxBufferedBytes,
      tally: hub.tally,
      onSlow: () => this.close('slow'),
    });
  }

  #say(event: { id?: string; retry?: number }): void {
    const { form } = this.#outlet!;
    this.#outlet!.write(form.encode(event));
  }

  // Nothing more is delivered.
  #stop(): void {
    this.#isEnded = true;
    this.#outbox?.close();
    this.#watched?.remove();
    this.#context.hub.remove(this);
  }

  #leave(): void {
    this.#stop();
    clearTimeout(this.#cutOff);
    this.#context.sessions.delete(this);
  }
}

// Injected responses take no timeout without one.
function noTimeout(): void {}
