// Applications with problems installed, on each Fastify that is tested, closed at the end of each test.
import { connect } from 'node:net';
import type { AddressInfo } from 'node:net';
import Fastify from 'fastify';
import type { FastifyInstance } from 'fastify';
import Fastify55 from 'fastify-5.5';
import Fastify5127 from 'fastify-5.12.7';
import { afterEach } from 'vitest';
import { installProblems } from '../../src/problem/install.ts';
import type { ProblemSettings } from '../../src/problem/install.ts';

export type Make = typeof Fastify;

export const VERSIONS: readonly (readonly [string, Make])[] = [
  ['5.5.0', Fastify55 as unknown as Make],
  ['5.12.7', Fastify5127 as unknown as Make],
  ['5.12.8', Fastify],
];

export const SETTINGS: ProblemSettings = {
  problemBase: 'about:blank',
  maxErrors: 20,
  exposeStack: false,
  invalidStatus: 400,
};

const opened: FastifyInstance[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((app) => app.close()));
});

/** Closes an application at the end of the test. */
export function tracked(app: FastifyInstance): FastifyInstance {
  opened.push(app);
  return app;
}

/** An application with problems. */
export function makeApp(
  make: Make = Fastify,
  settings: Partial<ProblemSettings> = {},
  options: object = {},
): FastifyInstance {
  const app = tracked(make(options) as FastifyInstance);
  installProblems(app, { ...SETTINGS, ...settings });
  return app;
}

/** Keeps what an application logs, as JSON. */
export function logTo(lines: string[]): object {
  return { logger: { level: 'info', stream: { write: (line: string) => void lines.push(line) } } };
}

/** Listens on a free port of the loopback. */
export async function listen(app: FastifyInstance): Promise<number> {
  await app.listen({ port: 0, host: '127.0.0.1' });
  return (app.server.address() as AddressInfo).port;
}

/** All that a server sends in answer to bytes, until it closes the connection. */
export function exchange(port: number, bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let received = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    socket.setEncoding('latin1').on('data', (text: string) => (received += text));
    socket.on('close', () => resolve(received));
    // A server that has closed may answer what still comes with a reset.
    socket.on('error', (error: Error & { code?: string }) => {
      if (error.code !== 'ECONNRESET' && error.code !== 'EPIPE') reject(error);
    });
  });
}
