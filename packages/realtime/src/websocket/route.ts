// The route of WebSockets: GET <path> with an upgrade. The application's own onRequest hooks run first, then the origin is looked
// at, then its other hooks, and only then is the connection upgraded: whoever is refused gets an HTTP answer.
// Invariant: a socket has its listeners in the same turn as it is upgraded, and all sessions have ended when `close` is done.
import type { FastifyInstance, FastifyRequest } from 'fastify';
import websocket from '@fastify/websocket';
import { sayGoodbye } from '../connection/farewell.ts';
import { Heartbeat } from '../connection/heartbeat.ts';
import { Turn } from '../connection/turn.ts';
import { errors } from '../errors.ts';
import type { Hub } from '../hub/hub.ts';
import type { RealtimeSettings } from '../options.ts';
import { makeOriginCheck } from './origin.ts';
import { Session } from './session.ts';
import type { SessionContext, SessionSettings } from './session.ts';
import { watchUpgrades } from './upgrades.ts';

/** Of the plugin's settings, those of this transport. */
export type WebSocketSettings = SessionSettings &
  Pick<RealtimeSettings, 'path' | 'origins' | 'heartbeat'>;

/** The transport, to be closed with the application. */
export interface WebSocketTransport {
  /** Ends all sessions, within `closeDelay`. */
  close(): Promise<void>;
}

/** Sockets of channels, of all plugins. */
const ours = new WeakSet<object>();
/** Servers that have it: a second one beside it would upgrade each socket once more. */
const withWebSocket = new WeakSet<object>();

/** Adds the route, and @fastify/websocket where the application has not registered it.
 * @throws CATZ_REALTIME_OPTION where another context of the application has it for itself */
export async function addWebSocketRoute(
  app: FastifyInstance,
  hub: Hub,
  settings: WebSocketSettings,
): Promise<WebSocketTransport> {
  const { path, maxMessageBytes } = settings;
  const sessions = new Set<Session>();
  const context: SessionContext = {
    hub,
    turn: new Turn(),
    heartbeat: new Heartbeat({ period: settings.heartbeat }),
    settings,
    sessions,
  };
  if (!app.hasPlugin('@fastify/websocket')) await registerWebSocket(app, maxMessageBytes);
  const upgrades = watchUpgrades(app);
  const mayConnect = makeOriginCheck(settings.origins);

  app.route({
    method: 'GET',
    url: path,
    exposeHeadRoute: false,
    config: { cache: false },
    onRequest: async (request) => {
      if (mayConnect(request)) return;
      hub.tally.refused++;
      throw new errors.ORIGIN();
    },
    preHandler: async (request) => {
      // 426 of others needs no room.
      if (request.ws) hub.admit();
    },
    handler: async (_request, reply) => {
      // RFC 9110 15.5.22.
      reply.headers({ upgrade: 'websocket', connection: 'upgrade' });
      throw new errors.UPGRADE();
    },
    wsHandler: (ws, request) => {
      // Not one of the application's: its own good-byes are no JSON, and come too early.
      app.websocketServer.clients.delete(ws);
      ours.add(ws);
      const session = new Session(ws, request as unknown as FastifyRequest, context);
      try {
        hub.add(session);
      } catch {
        // It was admitted a moment ago: the last place was taken, or the application closes.
        session.close('shutdown');
      }
    },
  });
  return {
    async close() {
      await sayGoodbye(sessions, settings.closeDelay);
      upgrades.close();
      context.heartbeat.close();
    },
  };
}

async function registerWebSocket(app: FastifyInstance, maxPayload: number): Promise<void> {
  if (withWebSocket.has(app.server)) {
    throw new errors.OPTION(
      'expected @fastify/websocket on the root instance, before two contexts that have WebSockets, got one in each of them',
    );
  }
  withWebSocket.add(app.server);
  await app.register(websocket, {
    options: { maxPayload, perMessageDeflate: false },
    // Its own one calls back twice where there are no clients, which runs the next hooks too early.
    preClose(done) {
      for (const client of app.websocketServer.clients) client.close(1001);
      app.websocketServer.close();
      done();
    },
    errorHandler(error, socket, request) {
      // Our sessions hear of it themselves, and let the closing handshake be.
      if (ours.has(socket)) return;
      request.log.error(error);
      socket.terminate();
    },
  });
}
