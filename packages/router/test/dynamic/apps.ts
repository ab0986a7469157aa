// What the tests of dynamic tables share: applications that are closed at the end, gates, and requests in flight.
import { connect } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { FastifyInstance, FastifyServerOptions } from 'fastify';
import { afterEach, expect, vi } from 'vitest';
import type { VERSIONS } from '../fastify/versions.ts';
import { dynamicRoutes } from '../../src/dynamic/dynamic-routes.ts';
import type { DynamicRoutes } from '../../src/dynamic/dynamic-routes.ts';
import type { DynamicRoutesOptions } from '../../src/dynamic/options.ts';

/** Makes an application of one version. */
export type Make = (typeof VERSIONS)[number][1];

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** Runs at the end of the test, last first. */
export function atEnd(close: () => unknown): void {
  closing.push(close);
}

/** An application that is closed at the end of the test. */
export function makeApp(make: Make, options: FastifyServerOptions = {}): FastifyInstance {
  const app = make(options) as FastifyInstance;
  atEnd(() => app.close());
  return app;
}

/** A dynamic table below /t of a ready application. `before` may give the root hooks and decorators. */
export async function makeTable(
  make: Make,
  options: Partial<DynamicRoutesOptions> = {},
  setup: { fastify?: FastifyServerOptions; before?: (app: FastifyInstance) => unknown } = {},
): Promise<{ app: FastifyInstance; table: DynamicRoutes }> {
  const app = makeApp(make, setup.fastify);
  setup.before?.(app);
  const table = dynamicRoutes({ name: 'test', prefix: '/t', ...options });
  app.register(table.plugin);
  await app.ready();
  return { app, table };
}

/** What an error of ours looks like. */
export function coded(code: string, message?: string | RegExp): unknown {
  return expect.objectContaining({
    code,
    ...(message === undefined ? {} : { message: expect.stringMatching(message) }),
  });
}

/** The body of a GET by inject. */
export async function get(app: FastifyInstance, url: string): Promise<string> {
  return (await app.inject(url)).body;
}

/** A promise and its resolver. */
export function gate(): { readonly opened: Promise<void>; readonly open: () => void } {
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open };
}

/** A gate that also says when somebody has come to it. */
export function turnstile(): {
  pass: () => Promise<void>;
  reached: Promise<void>;
  open: () => void;
} {
  const reached = gate();
  const { opened, open } = gate();
  return {
    pass() {
      reached.open();
      return opened;
    },
    reached: reached.opened,
    open,
  };
}

/** Lets everything that is ready run. */
export async function settle(rounds = 5): Promise<void> {
  for (let i = 0; i < rounds; i++) await new Promise((resolve) => setImmediate(resolve));
}

/** Whether a promise has settled once everything that is ready has run. */
export async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let settled = false;
  const note = (): void => void (settled = true);
  promise.then(note, note);
  await settle();
  return settled;
}

/** Waits for a claim to hold. */
export async function until(holds: () => boolean): Promise<void> {
  await vi.waitFor(() => expect(holds(), String(holds)).toBe(true), { interval: 5 });
}

/** Listens on a free port of the loopback. */
export async function listen(app: FastifyInstance): Promise<number> {
  await app.listen({ port: 0, host: '127.0.0.1' });
  return (app.server.address() as AddressInfo).port;
}

/** Sends raw text to a port. */
export function send(port: number, text: string): Socket {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  atEnd(() => socket.destroy());
  socket.write(text);
  return socket;
}

/** What comes until the server closes the connection. */
export async function received(socket: Socket): Promise<string> {
  let text = '';
  socket.setEncoding('latin1').on('data', (chunk: string) => (text += chunk));
  await new Promise((resolve) => socket.on('close', resolve));
  return text;
}

setFlagsFromString('--expose-gc');
/** Collects garbage. */
export const collect = runInNewContext('gc') as () => void;
