// What becomes of a leased body on its way out: it stays pinned until the kernel has its bytes, or is copied at once; those
// who need a copy while there is one share it, or a client that pipelines and does not read would have one made per request.
// Invariant: a lease is released exactly when nobody can read its bytes any more. Bytes of the arena go to a socket and
// to nobody else: not to hooks, not to inject(), not to a res.end that somebody has put in the place of Node's.
//
// Why the response's 'close' is late enough: it follows 'finish', and where the socket still holds bytes, those of raw.ts
// included, res.end() ties 'finish' to the callback of one more, empty write (node: lib/_http_outgoing.js, end:
// `this._send('', 'latin1', finish)`). A socket writes and calls back in order, once libuv has handed all bytes to
// write(2), which copies them (no MSG_ZEROCOPY), or TLS has encrypted them. When the socket is destroyed meanwhile, the
// callbacks come at once, perhaps before its handle is closed: the pin then stays until the socket's own 'close'.
// HTTP/2 is always copied: a reset closes its stream while frames of it may still wait in the session's write queue.
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Entry, Pin } from '../entry/entry.ts';
import { holdsSocket } from './raw.ts';

/** The last copy of a body, as long as somebody holds it. */
const copies = new Map<string, WeakRef<Buffer>>();
const MAX_COPIES = 256;

/** The entry to be sent in the place of one that has a lease.
 * @param isShown  its body is given to code that is not ours
 * @returns the same, released by the response's end, or one with a body of its own */
export function settleLease(
  entry: Entry,
  lease: Pin,
  res: ServerResponse,
  isShown: boolean,
): Entry {
  if (!lease.copied && !isShown && holdsSocket(res)) {
    releaseWhenSent(lease, res, res.socket as Socket);
    return entry;
  }
  try {
    return { ...entry, body: sharedCopy(entry, lease), lease: undefined };
  } finally {
    lease.release();
  }
}

// Compared in full: a comparison costs less than a copy, and needs no word of what version it is.
function sharedCopy({ key, body }: Entry, { copied }: Pin): Buffer {
  const known = copies.get(key)?.deref();
  if (known?.equals(body)) return known;
  const copy = copied ? body : Buffer.from(body);
  copies.delete(key);
  copies.set(key, new WeakRef(copy));
  if (copies.size > MAX_COPIES) {
    for (const oldest of copies.keys()) {
      copies.delete(oldest);
      break;
    }
  }
  return copy;
}

// The socket's 'close' comes in any case; on a connection that is kept alive it would be long after the response.
function releaseWhenSent(lease: Pin, res: ServerResponse, socket: Socket): void {
  const release = (): void => lease.release();
  socket.once('close', release);
  res.once('close', () => {
    if (socket.destroyed) return;
    socket.off('close', release);
    release();
  });
}
