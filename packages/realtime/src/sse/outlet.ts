// Where the frames of one stream go: to the socket itself where that is sound, else through the response.
// Invariant: frames leave whole and in order, none after the response has ended. The socket itself is sound once the head has
// been given to it: the response is chunked and the one the connection answers now (`raw.socket` is set), Node keeps nothing of
// it back, and nobody has put something of theirs between (a compressor, a wrapped `write`). Whatever Node writes to it
// afterwards, the last chunk, it writes to the same socket, behind what was written before.
import { Socket } from 'node:net';
import type { FastifyReply } from 'fastify';
import type { Sink } from '../connection/outbox.ts';
import type { Turn, TurnPlace, TurnTarget } from '../connection/turn.ts';
import { chunked, plain } from './frame.ts';
import type { FrameForm } from './frame.ts';

/** ms between two looks at what tells nobody when it has drained. */
const LOOK = 10;

/** A sink that frames of its form are written to. */
export interface Outlet extends Sink {
  readonly form: FrameForm;
  /** What was given leaves now. */
  flush(): void;
}

/** Makes it, once the head of the response was written. */
export function openOutlet(raw: FastifyReply['raw'], turn: Turn): Outlet {
  const socket = socketOf(raw);
  return socket === undefined ? new ResponseOutlet(raw) : new SocketOutlet(socket, raw, turn);
}

class SocketOutlet implements Outlet, TurnTarget {
  readonly form: FrameForm = chunked;
  readonly #socket: Socket;
  readonly #raw: FastifyReply['raw'];
  readonly #place: TurnPlace;

  constructor(socket: Socket, raw: FastifyReply['raw'], turn: Turn) {
    this.#socket = socket;
    this.#raw = raw;
    this.#place = turn.place(this);
  }

  get bufferedBytes(): number {
    return this.#place.bytes + this.#socket.writableLength;
  }

  /** HOT: benchmarks/realtime */
  write(frame: Buffer): void {
    this.#place.write(frame);
  }

  leave(bytes: Buffer): void {
    if (!this.#raw.writableEnded && this.#socket.writable) this.#socket.write(bytes);
  }

  flush(): void {
    this.#place.flush();
  }

  onDrain(callback: () => void): void {
    this.#place.flush();
    if (this.#socket.writableNeedDrain) this.#socket.once('drain', callback);
    else look(this, callback);
  }
}

class ResponseOutlet implements Outlet {
  readonly form: FrameForm = plain;
  readonly #raw: FastifyReply['raw'];

  constructor(raw: FastifyReply['raw']) {
    this.#raw = raw;
  }

  get bufferedBytes(): number {
    return this.#raw.writableLength;
  }

  write(frame: Buffer): void {
    if (!this.#raw.writableEnded && !this.#raw.destroyed) this.#raw.write(frame);
  }

  flush(): void {}

  onDrain(callback: () => void): void {
    if (this.#raw.writableNeedDrain) this.#raw.once('drain', callback);
    else look(this, callback);
  }
}

function look(sink: Sink, callback: () => void): void {
  if (sink.bufferedBytes === 0) return void setImmediate(callback);
  setTimeout(() => look(sink, callback), LOOK).unref();
}

// HTTP/2 responses have a proxy of a socket, injected ones none, those of HTTP/1.0 no chunks.
function socketOf(raw: FastifyReply['raw']): Socket | undefined {
  const { socket } = raw;
  const isPlain =
    socket instanceof Socket &&
    raw.chunkedEncoding &&
    !Object.hasOwn(raw, 'write') &&
    !raw.hasHeader('content-encoding');
  return isPlain ? socket : undefined;
}
