// The connections of an application's servers, and how they end without a request being lost.
// Connections that were opened and never used (browsers open such ahead of need) are ended here: Node counts them neither as
// idle nor as answered, and server.close() would wait for them until headersTimeout (60 s).
// Invariant: a connection with a request under way is left to Fastify, unless all is cut off.
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { Server as NetServer } from 'node:net';
import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';

/** ms that a connection is given to send something, once it is known that the application closes. */
const GRACE = 100;
/** ms without a new connection after which a server stops listening; where clients were told to take new ones, more. */
const CALM = 10;
const CALM_AFTER_CLOSES = 50;
/** How long it waits for such a moment at most, ms. */
const CALM_LIMIT = 500;
/** Where Fastify keeps the further servers it makes for the host `localhost`. */
const BINDINGS = 'fastify.serverBindings';

/** Watches the servers of one application. */
export class Connections {
  readonly #app: FastifyInstance;
  readonly #open = new Set<Socket>();
  #opened = 0;
  #isAnnounced = false;
  #isClosing = false;
  #emptied: (() => void) | undefined;

  constructor(app: FastifyInstance) {
    this.#app = app;
    this.#watch(app.server);
    app.addHook('onListen', async () => {
      for (const server of furtherServers(app)) this.#watch(server);
    });
  }

  /** Lets each answer from now on say `Connection: close`, so that clients take a new one for their next request, which a
   * load balancer leads elsewhere. */
  announceClose(): void {
    this.#isAnnounced = true;
    for (const server of this.#servers()) server.prependListener('request', answerAndClose);
    for (const socket of this.#open) lastResponse(socket);
  }

  /** Takes no further connection, at a moment when none is being opened: those in the queue of a listener are reset when it
   * closes. Clients without a load balancer come back to this process with each new connection: so connections are kept for
   * a moment, until all have one; then they are told again, and find nobody listening. */
  async stopListening(): Promise<void> {
    const servers = this.#servers().filter(({ listening }) => listening);
    for (const server of servers) server.off('request', answerAndClose);
    if (servers.length > 0) await this.#calm();
    // Without closing idle connections, which http.Server's own close would: a request may be on its way.
    for (const server of servers) NetServer.prototype.close.call(server);
    this.announceClose();
  }

  /** Resolves when every connection has ended, at the latest after GRACE. */
  async lastRequests(): Promise<void> {
    if (this.#open.size === 0) return;
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.#emptied = resolve;
      timer = setTimeout(resolve, GRACE).unref();
    });
    clearTimeout(timer);
    this.#emptied = undefined;
  }

  /** Ends each connection as soon as nothing is under way on it: those that were never used, now or when another is opened,
   * and those whose response was begun before it could say that it is the last, which Node would keep for its
   * keepAliveTimeout. Each has GRACE to send something. */
  endIdle(): void {
    this.#isClosing = true;
    for (const socket of this.#open) {
      endUnusedLater(socket);
      lastResponse(socket)?.once('close', () => this.#closeIdleLater());
    }
  }

  /** Requests under way: method and path, without the query. */
  underWay(): readonly string[] {
    return [...this.#open].flatMap((socket) => requestOf(socket) ?? []);
  }

  /** Cuts off what there is. */
  destroy(): void {
    for (const socket of this.#open) socket.destroy();
  }

  #closeIdleLater(): void {
    setTimeout(() => {
      for (const server of this.#servers()) server.closeIdleConnections();
    }, GRACE).unref();
  }

  // Resolves right after the event loop has looked for new connections.
  async #calm(): Promise<void> {
    const end = performance.now() + CALM_LIMIT;
    const calm = this.#isAnnounced ? CALM_AFTER_CLOSES : CALM;
    let opened: number;
    do {
      opened = this.#opened;
      await new Promise((resolve) => setTimeout(resolve, calm));
      await new Promise((resolve) => setImmediate(resolve));
    } while (opened !== this.#opened && performance.now() < end);
  }

  #servers(): readonly Server[] {
    return [this.#app.server, ...furtherServers(this.#app)];
  }

  #watch(server: Server): void {
    server.on('connection', (socket: Socket) => {
      this.#opened++;
      this.#open.add(socket);
      socket.once('close', () => {
        this.#open.delete(socket);
        if (this.#open.size === 0) this.#emptied?.();
      });
      if (this.#isClosing) endUnusedLater(socket);
    });
  }
}

function furtherServers(app: FastifyInstance): readonly Server[] {
  const symbol = Object.getOwnPropertySymbols(app).find(
    ({ description }) => description === BINDINGS,
  );
  const servers = symbol === undefined ? [] : (app as unknown as Record<symbol, unknown>)[symbol];
  return Array.isArray(servers) ? (servers as Server[]) : [];
}

// Before Fastify's own listener: what answers by one raw write looks at this, too.
function answerAndClose(_request: IncomingMessage, response: ServerResponse): void {
  response.shouldKeepAlive = false;
}

function endUnusedLater(socket: Socket): void {
  if (socket.bytesRead > 0) return;
  setTimeout(() => {
    if (socket.bytesRead === 0) socket.destroy();
  }, GRACE).unref();
}

// Lets the response under way say that it is the last, if it has not begun.
function lastResponse(socket: Socket): ServerResponse | undefined {
  const response = responseOf(socket);
  if (response !== undefined) response.shouldKeepAlive = false;
  return response;
}

function requestOf(socket: Socket): string | undefined {
  const response = responseOf(socket);
  if (response === undefined) return undefined;
  const { method = '', url = '' } = response.req;
  return `${method} ${url.split('?', 1)[0]}`;
}

// Node hangs the response under way on its socket.
function responseOf(socket: Socket): ServerResponse | undefined {
  return (socket as { _httpMessage?: ServerResponse | null })._httpMessage ?? undefined;
}
