// Whether a request is of this machine: what metrics in production and the dashboard in development answer without a guard.
// Invariant: nothing that a client writes makes it local: the address is that of its socket. A proxy on this machine would make
// everybody local, so requests that show they passed one are refused (some show nothing: the guides say so); and so are names
// other than this machine's own, for a page whose name was led here (DNS rebinding) is a stranger's.
import type { FastifyRequest } from 'fastify';

/** Fields by which proxies tell that they stand between. */
const OF_PROXIES = ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip', 'via'];
const LOOPBACK = /^(?:(?:::ffff:)?127\.\d+\.\d+\.\d+|::1)$/;
const OWN_NAME = /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])(?::\d+)?$/i;

/** Whether a request came from this machine, straight and by a name of its own. */
export function isLocal({ raw, headers }: FastifyRequest): boolean {
  // nginx that nobody configured further says it in no field, but speaks HTTP/1.0, which no browser does.
  if (raw.httpVersion === '1.0') return false;
  const name = headers.host ?? headers[':authority'];
  return (
    LOOPBACK.test(raw.socket.remoteAddress ?? '') &&
    typeof name === 'string' &&
    OWN_NAME.test(name) &&
    OF_PROXIES.every((field) => headers[field] === undefined)
  );
}
