// The process of the application under `catzilla dev`: loads it, listens, answers, and ends when it is told to, or when whoever
// told it is gone. Ctrl-C in a terminal comes to every process there; the one of `catzilla dev` decides.
import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { loadApp } from '../app-module.ts';
import type { AppOptions } from '../config/app-options.ts';
import { errors } from '../errors.ts';
import { answers } from '../threads/answers.ts';
import { failureOf } from '../threads/protocol.ts';
import { configOf } from '../threads/thread-options.ts';
import { watchImports } from './imports.ts';
import type { DevTarget, FromChild, ToChild } from './messages.ts';

/** How long a process that has stopped may go on, ms. */
const LAST_WORDS = 200;

let app: FastifyInstance | undefined;
const tellRest = watchImports((file) => tell({ type: 'file', file }));

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => undefined);
process.on('disconnect', () => void stop('catzilla dev is gone'));
process.on('message', (message: ToChild) => {
  if (message.type === 'start') void start(message);
  else if (message.type === 'stop') void stop(message.reason);
  else void answer(message);
});

async function start({ file, host, port }: DevTarget): Promise<void> {
  tell({ type: 'file', file });
  try {
    app = await loadApp(file, { mode: 'development', overrides: await overridesFor(file) });
    await app.listen({ host, port });
    tellRest();
    const { port: chosen } = app.server.address() as AddressInfo;
    const { monitor } = app as Partial<FastifyInstance>;
    const dashboard = monitor?.paths.dashboard ?? false;
    tell({ type: 'ready', address: app.listeningOrigin, port: chosen, dashboard });
  } catch (error) {
    tellRest();
    tellMissing(error);
    const thrown = rootOf(error);
    // Node itself shows best what was thrown where: of a syntax error, the line. It ends the process, too.
    tell({ type: 'failed', failure: failureOf(error) }, () => {
      setImmediate(() => {
        throw thrown;
      });
    });
  }
}

// An application that says nothing of its log has one here; what it says stays.
async function overridesFor(file: string): Promise<AppOptions> {
  const { server = {} } = (await configOf(file)) as { server?: object };
  const isSaid = 'logger' in server || 'loggerInstance' in server;
  return { shutdown: { shutdownDelay: 0 }, ...(!isSaid && { server: { logger: true } }) };
}

// What the application threw, without the sentence we put around it.
function rootOf(error: unknown): unknown {
  const { code, cause } = error as { code?: unknown; cause?: unknown };
  return code === errors.MODULE.code && cause !== undefined ? cause : error;
}

// A file that is not there may be soon.
function tellMissing(error: unknown): void {
  for (let at = error; at instanceof Error; at = at.cause) {
    const { url } = at as { url?: unknown };
    if (typeof url !== 'string' || !url.startsWith('file:')) continue;
    tell({ type: 'file', file: decodeURIComponent(new URL(url).pathname) });
  }
}

async function stop(reason: string): Promise<void> {
  // Each step of an end is told in production; here it ends with each change.
  if (app !== undefined) app.log.level = 'warn';
  await app?.lifecycle.stop(reason);
  if (process.connected) process.disconnect();
  // Whatever the application has left open would keep it.
  setTimeout(() => process.kill(process.pid, 'SIGKILL'), LAST_WORDS).unref();
}

async function answer({ id, name, payload }: Extract<ToChild, { type: 'ask' }>): Promise<void> {
  try {
    const known = Object.hasOwn(answers, name) ? answers[name] : undefined;
    if (known === undefined || app === undefined) throw new Error(`there is no answer ${name}`);
    tell({ type: 'answer', id, value: await known(app, payload) });
  } catch (error) {
    tell({ type: 'refusal', id, failure: failureOf(error) });
  }
}

function tell(message: FromChild, then: () => void = () => undefined): void {
  if (process.connected) process.send?.(message, then);
}
