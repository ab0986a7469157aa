// The sockets of upgrades, until they are WebSockets. Node gives such a socket away and forgets it: whoever answers over HTTP has
// to end it too, or it stays open for as long as the client likes, and app.close() waits for it.
// Invariant: one that is answered over HTTP, by whatever hook or route, ends with its answer; `close` ends those that nobody has
// answered. Hooks would see only the routes of one context, and those of @fastify/websocket see no more.
import { ServerResponse } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { FastifyInstance } from 'fastify';

/** The sockets of an application. */
export interface Upgrades {
  /** Ends what is neither answered nor a WebSocket. */
  close(): void;
}

/** Watches them, of all routes of the application. */
export function watchUpgrades(app: FastifyInstance): Upgrades {
  const sockets = new Map<IncomingMessage, Duplex>();
  // Before the listener that runs the request, which may be answered at once.
  app.server.prependListener('upgrade', (request: IncomingMessage, socket: Duplex) => {
    sockets.set(request, socket);
    socket.once('close', () => sockets.delete(request));
    // By then that listener has put an answer on the socket, which cannot have left yet.
    process.nextTick(endAfterAnswer, socket);
  });
  app.websocketServer.on('connection', (_ws, request) => sockets.delete(request));
  return {
    close() {
      for (const socket of sockets.values()) socket.destroy();
    },
  };
}

function endAfterAnswer(socket: Duplex): void {
  const { _httpMessage: answer } = socket as { readonly _httpMessage?: unknown };
  if (!(answer instanceof ServerResponse)) return;
  answer.once('finish', () => {
    if (socket instanceof Socket) socket.destroySoon();
    else socket.destroy();
  });
}
