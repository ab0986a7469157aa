// WebSockets and jobs: one scope per connection, one per message in it, one per attempt of a job.
import { once } from 'node:events';
import { createRequire } from 'node:module';
import type { FastifyInstance, FastifyPluginAsync, FastifyRequest } from 'fastify';
import { describe, expect, it } from 'vitest';
import { ScopeInfo, Signal, defineContainer, di, inject, token } from '../../src/index.ts';
import { Journal, gate, listen, makeApp, turns, versions } from './support.ts';

/** A WebSocket, as much of it as is used here. */
interface Socket extends NodeJS.EventEmitter {
  send(text: string): void;
  close(): void;
}
// Without its types: they add overloads to Fastify's methods, for the whole program that the tests are to TypeScript.
const require = createRequire(import.meta.url);
const websocket = require('@fastify/websocket') as FastifyPluginAsync;
// A client, for Node has none of its own before 22; the one that the plugin has brought.
const { WebSocket } = createRequire(require.resolve('@fastify/websocket'))('ws') as {
  WebSocket: new (url: string) => Socket;
};

/** A client of the application. */
async function connect(app: FastifyInstance): Promise<Socket> {
  const client = new WebSocket(`ws://127.0.0.1:${await listen(app)}/`);
  await once(client, 'open');
  return client;
}

/** A route for WebSockets. */
function socketRoute(
  app: FastifyInstance,
  handler: (socket: Socket, request: FastifyRequest) => unknown,
): void {
  app.get('/', { websocket: true } as object, handler as never);
}

const Session = token<{ readonly name: string }>('session');
const Message = token<{ readonly text: string }>('message');
const Text = token<string>('text');

describe.each(versions)('a WebSocket, on Fastify $version,', ({ make }) => {
  it.each(['after', 'before'])(
    'has a scope for the connection and one for each message (plugin %s ours)',
    async (order) => {
      const app = makeApp(make);
      const journal = new Journal();
      const container = defineContainer()
        .seed(Text)
        .scoped(Session, [ScopeInfo], ({ kind }) => ({ name: `${kind} session` }), {
          dispose: () => journal.add('session ends'),
        })
        .scoped(Message, [Text], (text) => ({ text: text.toUpperCase() }), {
          dispose: ({ text }) => journal.add(`${text} ends`),
        });
      if (order === 'before') await app.register(websocket);
      await app.register(di, { container });
      if (order === 'after') await app.register(websocket);
      socketRoute(app, (socket, request) => {
        const session = request.scope.get(Session);
        socket.on('message', (data: Buffer) => {
          const message = request.scope.child({ kind: 'message', seeds: [[Text, String(data)]] });
          socket.send(`${message.get(Message).text} in ${session.name}`);
          void message.close();
        });
      });
      const client = await connect(app);
      for (const text of ['one', 'two']) {
        client.send(text);
        const [answer] = (await once(client, 'message')) as [Buffer];
        expect(String(answer)).toBe(`${text.toUpperCase()} in socket session`);
      }
      expect(app.di.stats().scopes.active).toBeGreaterThan(0);
      client.close();
      await journal.until('session ends');
      expect(journal.entries).toEqual(['ONE ends', 'TWO ends', 'session ends']);
      expect(app.di.stats().scopes.active).toBe(0);
    },
  );

  it('waits for a handler that goes on after the connection is closed', async () => {
    const app = makeApp(make);
    const journal = new Journal();
    const rest = gate();
    await app.register(di, {
      container: defineContainer().scoped(Session, [], () => ({ name: 'session' }), {
        dispose: () => journal.add('session ends'),
      }),
    });
    await app.register(websocket);
    socketRoute(app, async (socket, request) => {
      const session = request.scope.get(Session);
      await once(socket, 'close');
      await rest.passed;
      journal.add(`still ${session.name}`);
    });
    const client = await connect(app);
    client.close();
    await once(client, 'close');
    await turns();
    expect(journal.entries).toEqual([]);
    rest.open();
    await journal.until('session ends');
    expect(journal.entries).toEqual(['still session', 'session ends']);
  });

  it('closes what is open of messages with the connection', async () => {
    const app = makeApp(make);
    const journal = new Journal();
    await app.register(di, {
      container: defineContainer()
        .scoped(Session, [], () => ({ name: 's' }), { dispose: () => journal.add('session') })
        .scoped(Message, [], () => ({ text: 'm' }), { dispose: () => journal.add('message') }),
    });
    await app.register(websocket);
    socketRoute(app, (_socket, request) => {
      request.scope.get(Session);
      request.scope.child({ kind: 'message' }).get(Message);
      journal.add('open');
    });
    const client = await connect(app);
    await journal.until('open');
    client.close();
    await journal.until('session');
    expect(journal.entries).toEqual(['open', 'message', 'session']);
  });

  it('can stand beside plain HTTP in one route', async () => {
    const app = makeApp(make);
    const journal = new Journal();
    const rest = gate();
    await app.register(di, {
      container: defineContainer().scoped(Session, [], () => ({ name: 'session' }), {
        dispose: () => journal.add('session ends'),
      }),
    });
    await app.register(websocket);
    app.route({
      method: 'GET',
      url: '/',
      handler: inject([Session], async (_request, _reply, session) => session),
      ...({
        wsHandler: async (socket: Socket, request: FastifyRequest) => {
          const session = request.scope.get(Session);
          await once(socket, 'close');
          await rest.passed;
          journal.add(`still ${session.name}`);
        },
      } as object),
    });
    const client = await connect(app);
    client.close();
    await once(client, 'close');
    expect((await app.inject('/')).json()).toEqual({ name: 'session' });
    await journal.until('session ends');
    rest.open();
    await journal.until('still session');
    while (app.di.stats().scopes.active > 0) await turns(1);
    expect(journal.entries).toEqual(['session ends', 'still session', 'session ends']);
  });

  it('route that is asked by plain HTTP is not found, and injects nothing', async () => {
    const app = makeApp(make);
    await app.register(di, { container: defineContainer().value(Session, { name: 's' }) });
    await app.register(websocket);
    socketRoute(app, () => undefined);
    app.get(
      '/http',
      inject([Session], (_request, _reply, session) => session),
    );
    expect((await app.inject('/')).statusCode).toBe(404);
    expect((await app.inject('/http')).json()).toEqual({ name: 's' });
  });
});

describe('a job', () => {
  it('has a scope for each attempt, with the signal of the job', async () => {
    const app = makeApp();
    const journal = new Journal();
    await app.register(di, {
      container: defineContainer()
        .seed(Text, { kinds: ['task'] })
        .scoped(
          Message,
          [Text, Signal],
          (text, signal) => ({ text: `${text} ${signal.aborted}` }),
          {
            dispose: (_message, { ok, aborted }) => journal.add(`ends ${ok} ${aborted}`),
          },
        ),
    });
    await app.ready();
    const job = new AbortController();
    let attempt = 0;
    const run = async (): Promise<string> =>
      app.di.runInScope(
        {
          kind: 'task',
          label: 'mail',
          seeds: [[Text, `attempt ${++attempt}`]],
          signal: job.signal,
        },
        async (scope) => {
          const { text } = scope.get(Message);
          await turns(1);
          if (attempt === 1) throw new Error('try again');
          return text;
        },
      );
    await expect(run()).rejects.toThrow('try again');
    expect(await run()).toBe('attempt 2 false');
    job.abort();
    expect(await run()).toBe('attempt 3 true');
    expect(journal.entries).toEqual(['ends false false', 'ends true false', 'ends true true']);
  });
});
