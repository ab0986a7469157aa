// SIGTERM, SIGINT and uncaught exceptions end an application, and then the process. Installed only where `shutdown.signals`
// asks for it. The first signal drains, the second skips the wait, the third ends the process at once.
// Invariant: the listeners are gone when the application is closed, by whomever. The process ends by itself where nothing
// keeps it, else a second later.
import type { FastifyInstance } from 'fastify';

const SIGNALS = ['SIGTERM', 'SIGINT'] as const;
/** How long a stop after an uncaught exception may take, ms: the process is in an unknown state. */
const CRASH_LIMIT = 5000;
/** How long the process may still write its logs, ms. */
const FLUSH = 1000;

/** The process, or what stands in for it. */
export type Signalled = Pick<NodeJS.Process, 'on' | 'off' | 'exit' | 'exitCode'>;

/** Listens for signals until the application is closed. */
export function takeSignals(app: FastifyInstance, target: Signalled = process): void {
  let received = 0;
  const onSignal = (signal: NodeJS.Signals): void => {
    received++;
    if (received === 2) app.lifecycle.hurry();
    else if (received > 2) target.exit(1);
    else void end(app, target, signal, 0);
  };
  const onCrash = (error: Error): void => {
    app.log.fatal({ err: error }, 'an exception was not caught: the application stops');
    // A second one, of what is left running, changes nothing.
    if (received > 0) return;
    received = 2;
    app.lifecycle.hurry();
    setTimeout(() => target.exit(1), CRASH_LIMIT).unref();
    void end(app, target, 'uncaughtException', 1);
  };
  for (const signal of SIGNALS) target.on(signal, onSignal);
  target.on('uncaughtException', onCrash);
  app.addHook('onClose', async () => {
    for (const signal of SIGNALS) target.off(signal, onSignal);
    target.off('uncaughtException', onCrash);
  });
}

async function end(
  app: FastifyInstance,
  target: Signalled,
  reason: string,
  code: number,
): Promise<void> {
  const { ok } = await app.lifecycle.stop(reason);
  target.exitCode = ok ? code : 1;
  setTimeout(() => target.exit(ok ? code : 1), FLUSH).unref();
}
