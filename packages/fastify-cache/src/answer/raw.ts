// The shortest answer: one socket write of rendered head and body, in the place of writeHead and end. HOT: benchmarks/http.
// Node's own bookkeeping (pipelining, keep-alive timers, 'finish') still runs, through res.end() of a message whose head
// counts as sent. `_header` and `_headerSent` are semi-private, hence the conditions below and the self-test.
// Invariant: taken only where the bytes are provably those writeHead and end would send; any doubt goes to head.ts.
import { ServerResponse } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { hasRawHeaders } from '../internals.ts';

/** The semi-private face of ServerResponse this file stands on; each is checked by the self-test's comparison. */
interface ResponseInternals {
  _header: string | null;
  _headerSent: boolean;
  readonly _keepAliveTimeout: number;
  readonly _maxRequestsPerSocket: number | null | undefined;
  readonly _defaultKeepAlive: boolean;
  readonly _removedConnection: boolean;
  readonly _expect_continue?: boolean;
  readonly maxRequestsOnConnectionReached: boolean;
}

const { writeHead, write, end, setHeader } = ServerResponse.prototype;

let lastTimeout = -1;
let lastMax: number | null | undefined = -1;
let lastTail = '';

/** True when what is written now goes to the response's own socket, by Node's own functions. */
export function holdsSocket(res: ServerResponse): boolean {
  return (
    res.write === write &&
    res.end === end &&
    res.socket !== null &&
    // Of pipelined requests only the first holds the socket; the others wait in Node's queue.
    (res.socket as unknown as { _httpMessage: unknown })._httpMessage === res &&
    !res.socket.destroyed
  );
}

/** True when one write of rendered bytes is what Node itself would put on the wire. */
export function isRawAllowed(req: IncomingMessage, res: ServerResponse): boolean {
  const { socket } = res;
  const inner = res as unknown as ResponseInternals;
  return (
    socket !== null &&
    // Neither TLS nor the socket of inject().
    Object.getPrototypeOf(socket) === Socket.prototype &&
    holdsSocket(res) &&
    !socket.writableNeedDrain &&
    isPlainMessage(req, res) &&
    inner._header === null &&
    res.writeHead === writeHead &&
    res.setHeader === setHeader
  );
}

/** The conditions on the message itself, without those on its socket. */
export function isPlainMessage(req: IncomingMessage, res: ServerResponse): boolean {
  const inner = res as unknown as ResponseInternals;
  return (
    req.method === 'GET' &&
    req.httpVersionMajor === 1 &&
    req.httpVersionMinor === 1 &&
    res.shouldKeepAlive &&
    !inner.maxRequestsOnConnectionReached &&
    inner._defaultKeepAlive &&
    !inner._removedConnection &&
    inner._expect_continue !== true &&
    res.sendDate &&
    // A custom reason phrase; the rendered head has the standard one.
    !res.statusMessage &&
    !hasRawHeaders(res)
  );
}

/** The lines Node ends a kept-alive head with: Connection, Keep-Alive, and the empty line. */
export function connectionTail(res: ServerResponse): string {
  const { _keepAliveTimeout: timeout, _maxRequestsPerSocket: max } =
    res as unknown as ResponseInternals;
  if (timeout === lastTimeout && max === lastMax) return lastTail;
  lastTimeout = timeout;
  lastMax = max;
  lastTail = 'Connection: keep-alive\r\n';
  if (timeout) {
    const limit = (max ?? 0) > 0 ? `, max=${max}` : '';
    lastTail += `Keep-Alive: timeout=${Math.floor(timeout / 1000)}${limit}\r\n`;
  }
  return (lastTail += '\r\n');
}

/** Writes a whole answer and ends the message.
 * @param head  head, or head and body; a string is written as Latin-1
 * @param body  the body when it is not in `head` already */
export function writeRaw(
  res: ServerResponse,
  status: number,
  head: Buffer | string,
  body: Buffer | undefined,
): void {
  const socket = res.socket as Socket;
  const inner = res as unknown as ResponseInternals;
  inner._header = 'x';
  inner._headerSent = true;
  res.statusCode = status;
  if (body !== undefined) socket.cork();
  if (typeof head === 'string') socket.write(head, 'latin1');
  else socket.write(head);
  if (body !== undefined) socket.write(body);
  // Also uncorks.
  res.end();
}
