// Ends connections that were opened and never used when the application closes. Browsers open such ahead of need, and
// Node counts them neither as idle nor as answered: server.close() would wait for them until headersTimeout (60 s).
// Invariant: a connection that has sent a byte is left to Fastify, which answers what runs and closes what is idle.
import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';

/** ms that a connection opened while closing is given to send something; Fastify answers it 503. */
const GRACE = 1000;

/** Watches the server of an application that does not listen yet. Of the two servers Fastify makes for the host
 * `localhost` it sees the first. */
export function closeUnusedConnections(app: FastifyInstance): void {
  const open = new Set<Socket>();
  let closing = false;
  app.server.on('connection', (socket: Socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
    if (closing) setTimeout(() => endUnused(socket), GRACE).unref();
  });
  app.addHook('preClose', async () => {
    closing = true;
    for (const socket of open) endUnused(socket);
  });
}

function endUnused(socket: Socket): void {
  if (socket.bytesRead === 0) socket.destroy();
}
