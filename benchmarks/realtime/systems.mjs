// The WebSocket servers that are compared: one broadcast to all their clients, each as it is made for that. A server is
// { port, request, hello, greetings, broadcast(value), buffered(), close() }: request: the head that a client sends; hello: the texts
// it sends once it is upgraded, and greetings: how many it gets before it counts as connected; buffered: bytes that wait in all sockets.
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';

export const CHANNEL = 'news';

export const LABELS = {
  catzilla: '@catzilla/realtime',
  ws: 'ws: for (client of clients) client.send(text)',
  'ws-bytes': 'ws: the same, the text made a Buffer once',
  'socket.io': 'socket.io: io.emit()',
};

/** By system: the function that starts it. */
export const servers = {
  catzilla: async () => {
    const { realtime } = await import('@catzilla/realtime');
    const { default: Fastify } = await import('fastify');
    const app = Fastify({ logger: false });
    await app.register(realtime, {
      maxConnections: 20_000,
      heartbeat: 600_000,
      sse: false,
      closeDelay: 0,
    });
    app.realtime.channel(CHANNEL, { public: true });
    await app.listen({ port: 0, host: '127.0.0.1', backlog: 4096 });
    return {
      ...endsOf(app.server, '/realtime'),
      hello: [JSON.stringify({ type: 'subscribe', channel: CHANNEL })],
      greetings: 1,
      broadcast: (value) => app.realtime.publish(CHANNEL, value),
      buffered: () => app.realtime.stats().bufferedBytes,
      close: () => app.close(),
    };
  },
  ws: () =>
    startWs(
      (client, text) => client.send(text),
      (text) => text,
    ),
  'ws-bytes': () =>
    startWs(
      (client, bytes) => client.send(bytes, { binary: false }),
      (text) => Buffer.from(text),
    ),
  'socket.io': async () => {
    const { Server } = await import('socket.io');
    const http = createServer();
    const io = new Server(http, {
      transports: ['websocket'],
      serveClient: false,
      pingInterval: 600_000,
    });
    await listen(http);
    return {
      ...endsOf(http, '/socket.io/?EIO=4&transport=websocket'),
      hello: ['40'],
      // That of its transport, and that of its namespace.
      greetings: 2,
      broadcast: (value) => io.emit('message', value),
      buffered: () => {
        let bytes = 0;
        for (const { conn } of io.sockets.sockets.values()) {
          bytes += conn.transport.socket.bufferedAmount;
          // What waits above the socket has no length: it counts as what stops the next broadcast.
          if (conn.writeBuffer.length > 0) bytes += 65_536;
        }
        return bytes;
      },
      close: () => io.close(),
    };
  },
};

// What its users write, with the message that ours sends: an id, a channel, the data.
async function startWs(send, prepare) {
  const { WebSocketServer } = await import('ws');
  const http = createServer();
  const wss = new WebSocketServer({ server: http, perMessageDeflate: false });
  await listen(http);
  const origin = randomUUID().slice(0, 18);
  let sequence = 0;
  return {
    ...endsOf(http, '/'),
    hello: [],
    greetings: 0,
    broadcast(value) {
      const id = `${origin}-${++sequence}`;
      const message = prepare(
        JSON.stringify({ type: 'message', channel: CHANNEL, id, data: value }),
      );
      for (const client of wss.clients) send(client, message);
    },
    buffered: () => {
      let bytes = 0;
      for (const client of wss.clients) bytes += client.bufferedAmount;
      return bytes;
    },
    close() {
      for (const client of wss.clients) client.terminate();
      http.close();
    },
  };
}

function listen(http) {
  return new Promise((resolve) =>
    http.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, resolve),
  );
}

function endsOf(http, path) {
  const request = [
    `GET ${path} HTTP/1.1`,
    'Host: 127.0.0.1',
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    '\r\n',
  ].join('\r\n');
  return { port: http.address().port, request };
}
