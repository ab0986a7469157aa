// What a thread does: loads the application, listens where it is told, answers the main thread, and ends when it is asked to.
// Invariant: whatever fails is told to the main thread, in order; it alone decides what follows. Signals of the process come
// to the main thread only.
import type { FastifyInstance } from 'fastify';
import { loadApp } from '../app-module.ts';
import { answers } from './answers.ts';
import { leave } from './leave.ts';
import { listenAt, openCaches } from './listen-at.ts';
import { failureOf } from './protocol.ts';
import type { FromThread, ListenAt, StopKind, ThreadData, ToThread } from './protocol.ts';
import { nameThread, overridesFor } from './thread-options.ts';

/** The thread's end of the line to the main thread. */
export interface ThreadPort {
  on(event: 'message', listener: (message: ToThread) => void): unknown;
  postMessage(message: FromThread): void;
  /** Nothing is heard any more: with nothing else to do, the thread ends. */
  close(): void;
}

/** Serves one application, until it is told to stop.
 * @param port  to the main thread
 * @param data  what to serve */
export function serve(port: ThreadPort, data: ThreadData): void {
  const loading = load(data);
  const hurry = new AbortController();
  let at: ListenAt | undefined;
  // One after the other: each says how it ended.
  const listen = async (place: ListenAt): Promise<void> => {
    at = place;
    const app = await loading;
    port.postMessage({ type: 'ready', ...(await ready(app, place)) });
  };
  const stop = async (reason: string, kind: StopKind): Promise<void> => {
    const app = await loading;
    if (kind === 'reload') await leave(app, at, hurry.signal);
    const { ok, error } = await app.lifecycle.stop(reason);
    port.postMessage({ type: 'stopped', failure: ok ? undefined : failureOf(error) });
    port.close();
  };
  const fail = (error: unknown): void => {
    port.postMessage({ type: 'failed', failure: failureOf(error) });
  };
  port.on('message', (message) => {
    switch (message.type) {
      case 'listen':
        void listen(message.at).catch(fail);
        break;
      case 'stop':
        void stop(message.reason, message.kind).catch(fail);
        break;
      case 'hurry':
        hurry.abort();
        void loading.then((app) => app.lifecycle.hurry(), fail);
        break;
      default:
        void answer(port, loading, message);
    }
  });
  void loading.then(() => port.postMessage({ type: 'loaded' }), fail);
}

async function load({ file, thread, shutdownDelay }: ThreadData): Promise<FastifyInstance> {
  const overrides = await overridesFor(file, thread, shutdownDelay);
  const app = await loadApp(file, { mode: 'production', overrides });
  nameThread(app, thread);
  // Routes and hooks are complete, or it fails here: not when it is about to replace one that works.
  await app.ready();
  return app;
}

async function ready(
  app: FastifyInstance,
  at: ListenAt,
): Promise<Omit<Extract<FromThread, { type: 'ready' }>, 'type'>> {
  const port = await listenAt(app, at);
  return { port, caches: openCaches(app), stopLimit: app.config.shutdown.killAfter };
}

async function answer(
  port: ThreadPort,
  loading: Promise<FastifyInstance>,
  { id, name, payload }: Extract<ToThread, { type: 'ask' }>,
): Promise<void> {
  try {
    const known = Object.hasOwn(answers, name) ? answers[name] : undefined;
    if (known === undefined) throw new Error(`there is no answer named ${name}`);
    const value = await known(await loading, payload);
    port.postMessage({ type: 'answer', id, value });
  } catch (error) {
    port.postMessage({ type: 'refusal', id, failure: failureOf(error) });
  }
}
