// Where the frames of one WebSocket leave: the socket below ws, or ws itself.
// Invariant: frames leave whole, in order, and none after a close frame. Going past ws is sound: it writes each frame of its own
// in one synchronous step, nothing here is compressed or in fragments, and whole frames of two writers may follow each other in
// any order (RFC 6455 5.4, 5.5). What is written in one turn of the event loop leaves together: connection/turn.ts.
import { Socket } from 'node:net';
import type { FastifyRequest } from 'fastify';
import type { WebSocket } from 'ws';
import type { Sink } from '../connection/outbox.ts';
import type { Turn, TurnPlace, TurnTarget } from '../connection/turn.ts';
import { payloadOf, PING } from './frame.ts';

/** ms between two looks at a socket that tells nobody when it has drained. */
const LOOK = 10;
/** `readyState` of one that may be written to: `WebSocket.OPEN`. */
const OPEN = 1;

export class Wire implements Sink, TurnTarget {
  readonly #ws: WebSocket;
  /** undefined: by ws.send. */
  readonly #socket: Socket | undefined;
  readonly #place: TurnPlace;

  constructor(ws: WebSocket, request: FastifyRequest, turn: Turn) {
    this.#ws = ws;
    this.#socket = socketOf(ws, request);
    this.#place = turn.place(this);
  }

  get bufferedBytes(): number {
    const socket = this.#socket;
    if (socket === undefined) return this.#ws.bufferedAmount;
    return this.#place.bytes + socket.writableLength;
  }

  /** Writes a frame that `textFrame` made. HOT: benchmarks/realtime */
  write(frame: Buffer): void {
    if (this.#socket !== undefined) this.#place.write(frame);
    else this.#ws.send(payloadOf(frame), { binary: false });
  }

  ping(): void {
    if (this.#socket !== undefined) this.#place.write(PING);
    else this.#ws.ping();
  }

  /** For the turn. */
  leave(bytes: Buffer): void {
    if (this.#ws.readyState === OPEN) this.#socket!.write(bytes);
  }

  onDrain(callback: () => void): void {
    this.#place.flush();
    if (this.#socket?.writableNeedDrain === true) this.#socket.once('drain', callback);
    else this.#look(callback);
  }

  /** What was written leaves now: before ws writes something that has to come after it. */
  flush(): void {
    this.#place.flush();
  }

  /** What has not left never does. */
  discard(): void {
    this.#place.discard();
  }

  // A stream tells of draining only once more waits than it likes; and ws never tells.
  #look(callback: () => void): void {
    if (this.bufferedBytes === 0) return void setImmediate(callback);
    if (this.#ws.readyState === OPEN) setTimeout(() => this.#look(callback), LOOK).unref();
  }
}

/** Bounds what ws gathers of one message, whoever has set ws up: an application's own @fastify/websocket takes 100 MiB by default. */
export function boundMessages(ws: WebSocket, maxBytes: number): void {
  const { _receiver: receiver } = ws as { readonly _receiver?: { _maxPayload?: unknown } };
  if (typeof receiver?._maxPayload === 'number') receiver._maxPayload = maxBytes;
}

// The socket below, if frames may go there: an ordinary one, the request's own, without extensions. A test's `injectWS` has
// none, and neither has an HTTP server that puts something of its own between.
function socketOf(ws: WebSocket, request: FastifyRequest): Socket | undefined {
  const below = (ws as { readonly _socket?: unknown })._socket;
  if (!(below instanceof Socket) || below !== request.raw.socket) return undefined;
  return ws.extensions === '' ? below : undefined;
}
