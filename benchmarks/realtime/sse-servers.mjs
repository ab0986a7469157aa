// Servers of event streams that send one text to all who listen, each as its documentation has it and at its best settings:
// no timers, no serialising of what is text already, data encoded once where the library can.
// Each has { port, request, broadcast(text), buffered(), close() }: `request` is the head that a client sends, `buffered` the
// bytes that wait in this process.
import { createServer } from 'node:http';
import { fastifySSE } from '@fastify/sse';
import { realtime } from '@catzilla/realtime';
import { createChannel, createEventBuffer, createSession } from 'better-sse';
import Fastify from 'fastify';

const HOST = '127.0.0.1';
const same = (text) => text;

export const labels = {
  'catzilla-sse': '@catzilla/realtime, publish()',
  'better-sse': 'better-sse, channel.broadcast()',
  'better-sse-batch': 'better-sse, one event buffer in session.batch()',
  'fastify-sse': '@fastify/sse, reply.sse.send() to each',
  'http-sse': 'node:http, response.write() of one Buffer to each',
};

export const servers = {
  async 'catzilla-sse'() {
    const app = Fastify();
    await app.register(realtime, { maxConnections: 100_000, closeDelay: 0 });
    app.realtime.channel('all', { public: true });
    await app.listen({ port: 0, host: HOST });
    return {
      ...placeOf(app.server, '/realtime/events?channel=all'),
      broadcast: (text) => app.realtime.publish('all', text),
      buffered: () => app.realtime.stats().bufferedBytes,
      close: () => app.close(),
    };
  },

  'better-sse': () =>
    betterSse(({ channel }, text) => {
      channel.broadcast(text);
    }),

  'better-sse-batch': () =>
    betterSse(({ sessions }, text) => {
      const buffer = createEventBuffer({ serializer: same }).push(text);
      for (const session of sessions) void session.batch(buffer);
    }),

  async 'fastify-sse'() {
    const app = Fastify();
    await app.register(fastifySSE, { heartbeatInterval: 0, serializer: same });
    const replies = new Set();
    app.get('/events', { sse: 'only' }, async (request, reply) => {
      reply.sse.keepAlive();
      reply.sse.sendHeaders();
      // The head, for sendHeaders() sends nothing yet.
      reply.raw.write('\n');
      replies.add(reply);
      reply.sse.onClose(() => replies.delete(reply));
    });
    await app.listen({ port: 0, host: HOST });
    let id = 0;
    return {
      ...placeOf(app.server, '/events'),
      broadcast(text) {
        const message = { id: String(id++), data: text };
        for (const reply of replies) void reply.sse.send(message);
      },
      buffered: () => bufferedOf([...replies].map(({ raw }) => raw)),
      async close() {
        for (const reply of replies) reply.raw.destroy();
        await app.close();
      },
    };
  },

  async 'http-sse'() {
    const responses = new Set();
    const server = await listening((request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
      response.write('\n');
      responses.add(response);
      response.once('close', () => responses.delete(response));
    });
    let id = 0;
    return {
      ...placeOf(server, '/'),
      broadcast(text) {
        const bytes = Buffer.from(`id: ${id++}\ndata: ${text}\n\n`);
        for (const response of responses) response.write(bytes);
      },
      buffered: () => bufferedOf(responses),
      close: () => ended(server),
    };
  },
};

const DATA = Buffer.from('data:');

/** Adds the events in a chunk of a connection to `state.count`: a `data:` is one, if it was cut in two as well. The texts that are
 * sent hold none. */
export function countEvents(chunk, state) {
  const bytes = state.rest === undefined ? chunk : Buffer.concat([state.rest, chunk]);
  let at = -DATA.length;
  let count = 0;
  while ((at = bytes.indexOf(DATA, at + DATA.length)) !== -1) count++;
  state.count += count;
  state.rest = tailOf(bytes);
}

// What may be the beginning of a `data:`, which the next chunk goes on with.
function tailOf(bytes) {
  for (let length = Math.min(DATA.length - 1, bytes.length); length > 0; length--) {
    const tail = bytes.subarray(bytes.length - length);
    if (DATA.subarray(0, length).equals(tail)) return Buffer.from(tail);
  }
  return undefined;
}

async function betterSse(broadcast) {
  const channel = createChannel();
  const sessions = new Set();
  const responses = new Set();
  const server = await listening(async (request, response) => {
    const session = await createSession(request, response, { keepAlive: null, serializer: same });
    channel.register(session);
    sessions.add(session);
    responses.add(response);
    response.once('close', () => {
      sessions.delete(session);
      responses.delete(response);
    });
  });
  return {
    ...placeOf(server, '/'),
    broadcast: (text) => broadcast({ channel, sessions }, text),
    buffered: () => bufferedOf(responses),
    close: () => ended(server),
  };
}

async function listening(handler) {
  const server = createServer(handler);
  await new Promise((resolve) => server.listen(0, HOST, resolve));
  return server;
}

function ended(server) {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(resolve));
}

function placeOf(server, path) {
  const { port } = server.address();
  const fields = `Host: ${HOST}:${port}\r\nAccept: text/event-stream\r\n`;
  return { port, request: `GET ${path} HTTP/1.1\r\n${fields}\r\n` };
}

function bufferedOf(responses) {
  let bytes = 0;
  for (const response of responses) bytes += response.writableLength;
  return bytes;
}
