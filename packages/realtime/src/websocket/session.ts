// One client on a WebSocket: reads what it asks, in order, and passes on what it gets. ws keeps the protocol below: handshake,
// masks, fragments, pings, the closing handshake.
// Invariant: what one client can make wait is bounded, requests by pausing its socket, bytes by the rule for slow clients; and once
// it is ending it hears and says nothing more.
import { randomUUID } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import type { RawData, WebSocket } from 'ws';
import type { CloseReason, Connection } from '../connection/connection.ts';
import { retryAfter } from '../connection/farewell.ts';
import type { Leaving } from '../connection/farewell.ts';
import type { Beating, Heartbeat, Watched } from '../connection/heartbeat.ts';
import { Outbox } from '../connection/outbox.ts';
import type { Turn } from '../connection/turn.ts';
import type { Delivery } from '../delivery.ts';
import { errors } from '../errors.ts';
import type { Hub } from '../hub/hub.ts';
import type { RealtimeSettings } from '../options.ts';
import { answers, encodeDelivery, readRequest, refOf } from './protocol.ts';
import type { ClientRequest, Ref } from './protocol.ts';
import { boundMessages, Wire } from './wire.ts';

/** Of the plugin's settings, those of a session. */
export type SessionSettings = Pick<
  RealtimeSettings,
  'maxMessageBytes' | 'maxBufferedBytes' | 'slow' | 'closeDelay'
>;

/** What all sessions of a plugin share. */
export interface SessionContext {
  readonly hub: Hub;
  readonly turn: Turn;
  readonly heartbeat: Heartbeat;
  readonly settings: SessionSettings;
  /** Those that live: each takes itself out. */
  readonly sessions: Set<Session>;
}

/** By reason, after which a client knows what to do; what is missing ends without a handshake. Those from 4000 on are
 * applications' own (RFC 6455 7.4.2). */
const CODES: Readonly<Record<Exclude<CloseReason, 'timeout'>, number>> = {
  shutdown: 1001,
  slow: 1013,
  revoked: 4403,
  limit: 4429,
  protocol: 1008,
};
const UNSUPPORTED_DATA = 1003;
const TOO_BIG = 1009;
/** Messages that are none after which a client is sent away. */
const MAX_FAULTS = 10;
/** Requests that wait when the socket is paused, and when it goes on. */
const MAX_WAITING = 64;
const FEW_WAITING = 16;
/** ms for the client's part of the closing handshake. */
const CLOSE_GRACE = 5_000;

export class Session implements Connection, Beating, Leaving {
  readonly id: string = randomUUID();
  readonly transport = 'websocket';
  readonly request: FastifyRequest;
  readonly #ws: WebSocket;
  readonly #wire: Wire;
  readonly #context: SessionContext;
  readonly #outbox: Outbox;
  readonly #watched: Watched;
  readonly #waiting: Asked[] = [];
  #isAnswering = false;
  #faults = 0;
  #isEnding = false;
  #cutOff: NodeJS.Timeout | undefined;

  /** Listens from this moment on; the hub does not know it yet. */
  constructor(ws: WebSocket, request: FastifyRequest, context: SessionContext) {
    const { hub, turn, heartbeat, settings, sessions } = context;
    this.#ws = ws;
    this.request = request;
    this.#context = context;
    this.#wire = new Wire(ws, request, turn);
    boundMessages(ws, settings.maxMessageBytes);
    this.#outbox = new Outbox({
      sink: this.#wire,
      encoder: encodeDelivery,
      slow: settings.slow,
      maxBufferedBytes: settings.maxBufferedBytes,
      tally: hub.tally,
      onSlow: () => this.close('slow'),
    });
    this.#watched = heartbeat.add(this);
    sessions.add(this);
    ws.on('message', (data, isBinary) => this.#hear(data, isBinary));
    ws.on('pong', () => this.#watched.touch());
    ws.on('close', () => this.#leave());
    // What the client did wrong ws has answered with a close frame by now.
    ws.on('error', (error) => request.log.debug(error, 'a WebSocket failed'));
  }

  get bufferedBytes(): number {
    return this.#outbox.bufferedBytes;
  }

  deliver(delivery: Delivery): void {
    this.#outbox.deliver(delivery);
  }

  beat(): void {
    // Whose socket is paused cannot be heard.
    if (this.#ws.isPaused) this.#watched.touch();
    else this.#wire.ping();
  }

  expire(): void {
    this.close('timeout');
  }

  close(reason: CloseReason): void {
    if (this.#isEnding) return;
    if (reason === 'timeout') return this.terminate();
    if (reason === 'shutdown') {
      this.#wire.write(answers.closing(retryAfter(this.#context.settings.closeDelay)));
    }
    this.#end(CODES[reason], reason);
  }

  terminate(): void {
    this.#stop();
    this.#ws.terminate();
  }

  #end(code: number, reason: string): void {
    this.#wire.flush();
    this.#stop();
    this.#ws.close(code, reason);
    this.#cutOff = setTimeout(() => this.#ws.terminate(), CLOSE_GRACE);
    this.#cutOff.unref();
  }

  #stop(): void {
    this.#isEnding = true;
    this.#outbox.close();
    this.#wire.discard();
    this.#watched.remove();
    this.#waiting.length = 0;
    this.#context.hub.remove(this);
  }

  #leave(): void {
    this.#stop();
    clearTimeout(this.#cutOff);
    this.#context.sessions.delete(this);
  }

  #hear(data: RawData, isBinary: boolean): void {
    if (this.#isEnding) return;
    this.#watched.touch();
    if (isBinary) return this.#end(UNSUPPORTED_DATA, 'text only');
    // A Buffer: `binaryType` is left as it is. ws has looked at its length, where `boundMessages` could tell it our bound.
    const bytes = data as Buffer;
    if (bytes.length > this.#context.settings.maxMessageBytes) return this.#end(TOO_BIG, 'too big');
    let request: ClientRequest;
    try {
      request = readRequest(bytes.toString());
    } catch (error) {
      this.#refuse(error, refOf(error));
      if (++this.#faults >= MAX_FAULTS) this.close('protocol');
      return;
    }
    // At once: an authorisation that takes its time says nothing of the connection.
    if (request.type === 'ping') {
      this.#say(answers.pong(this.#context.hub.positionOf(this), request.ref));
    } else this.#queue(request);
  }

  #queue(request: Asked): void {
    this.#waiting.push(request);
    if (this.#waiting.length >= MAX_WAITING) this.#ws.pause();
    if (!this.#isAnswering) void this.#answerAll();
  }

  async #answerAll(): Promise<void> {
    this.#isAnswering = true;
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      try {
        this.#say(await this.#answer(next));
      } catch (error) {
        this.#refuse(error, next.ref);
      }
      if (this.#ws.isPaused && this.#waiting.length <= FEW_WAITING) this.#ws.resume();
    }
    this.#isAnswering = false;
  }

  async #answer(asked: Asked): Promise<Buffer> {
    const { hub, settings } = this.#context;
    if (asked.type === 'subscribe') {
      const got = await hub.subscribe(this, asked.channels, asked.after);
      const answer = answers.subscribed(asked.channels, got, asked.ref);
      // Members that leave no room for anything else would end the client as slow, each time it comes back.
      if (answer.length <= settings.maxBufferedBytes / 2) return answer;
      const rest = got.map((one) => ({ ...one, members: undefined }));
      return answers.subscribed(asked.channels, rest, asked.ref);
    }
    if (asked.type === 'unsubscribe') {
      for (const channel of asked.channels) hub.unsubscribe(this, channel);
      return answers.unsubscribed(asked.channels, asked.ref);
    }
    return answers.published(await hub.publishFrom(this, asked), asked.ref);
  }

  #refuse(error: unknown, ref: Ref): void {
    if (isOurs(error)) {
      this.#say(answers.error(error.code, error.message, ref));
    } else {
      this.request.log.error(error, 'a message of a WebSocket could not be answered');
      this.#say(answers.error('ERROR', 'the server failed', ref));
    }
  }

  // An answer, after all that was delivered before: a place in it is one that the client has come to. Who asks and never reads
  // is slow, too.
  #say(frame: Buffer): void {
    if (this.#outbox.say(frame)) return;
    this.#context.hub.tally.slowClosed++;
    this.close('slow');
  }
}

/** A request that takes its turn. */
type Asked = Exclude<ClientRequest, { readonly type: 'ping' }>;

function isOurs(error: unknown): error is Error & { readonly code: string } {
  return Object.values(errors).some((kind) => typeof kind === 'function' && error instanceof kind);
}
