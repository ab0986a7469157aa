// Applications that serve a folder, closed at the end of each test; requests as bytes on a socket.
import { connect } from 'node:net';
import type { AddressInfo } from 'node:net';
import Fastify from 'fastify';
import type { FastifyInstance } from 'fastify';
import { staticFiles } from '../../src/index.ts';
import type { StaticOptions } from '../../src/index.ts';

const apps: FastifyInstance[] = [];

/** An application with the plugin. */
export async function serve(options: StaticOptions): Promise<FastifyInstance> {
  const app = Fastify();
  apps.push(app);
  await app.register(staticFiles, options);
  return app;
}

/** For afterEach. */
export async function closeApps(): Promise<void> {
  await Promise.all(apps.splice(0).map((app) => app.close()));
}

/** Listens, once.
 * @returns the port */
export async function listen(app: FastifyInstance): Promise<number> {
  if (!app.server.listening) await app.listen({ host: '127.0.0.1', port: 0 });
  return (app.server.address() as AddressInfo).port;
}

/** Sends a request line's target as it is, and gives the whole answer as Latin-1 text. */
export async function raw(port: number, target: string, method = 'GET'): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.setEncoding('latin1');
  socket.write(
    `${method} ${target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`,
    'latin1',
  );
  let text = '';
  for await (const chunk of socket) text += String(chunk);
  return text;
}
