// What the command line adds to an application's own options: its shutdown delay, and log lines that name the thread.
// Invariant: what the application says of its log stays; one that says nothing logs in production, but not every request.
import { hostname } from 'node:os';
import { pathToFileURL } from 'node:url';
import { LogController } from 'fastify';
import type { FastifyInstance } from 'fastify';
import type { AppOptions } from '../config/app-options.ts';
import { isPlain } from '../options/plain.ts';

/** Options over those of a module.
 * @param file  absolute path of the application module */
export async function overridesFor(
  file: string,
  thread: number,
  shutdownDelay: number | undefined,
): Promise<AppOptions> {
  const server = serverOptions(await configOf(file), thread);
  return {
    ...(server !== undefined && { server }),
    ...(shutdownDelay !== undefined && { shutdown: { shutdownDelay } }),
  };
}

/** Names the thread in the lines of a logger that the application has made itself, from now on. */
export function nameThread({ log }: FastifyInstance, thread: number): void {
  const { bindings, setBindings } = log as {
    bindings?: () => object;
    setBindings?: (more: object) => void;
  };
  if (setBindings === undefined || bindings === undefined) return;
  if (!('thread' in bindings.call(log))) setBindings.call(log, { thread });
}

function serverOptions(config: object, thread: number): AppOptions['server'] {
  const { server = {} } = config as { server?: object };
  const { logger, loggerInstance } = server as { logger?: unknown; loggerInstance?: unknown };
  if (loggerInstance !== undefined || logger === false) return undefined;
  const own = isPlain(logger) ? logger['base'] : undefined;
  const base = own === undefined ? { pid: process.pid, hostname: hostname() } : own;
  const isSilent = ['logger', 'logController', 'disableRequestLogging'].every(
    (name) => !(name in server),
  );
  return {
    logger: { base: { ...(base as object | null), thread } },
    ...(isSilent && { logController: new LogController({ disableRequestLogging: true }) }),
  };
}

/** The `config` that an application module exports; {} where it has none, or where the module is no such: what is wrong with it
 * is told by who loads it. */
export async function configOf(file: string): Promise<object> {
  try {
    const { config, default: inner } = (await import(pathToFileURL(file).href)) as {
      config?: unknown;
      default?: { config?: unknown } | null;
    };
    const found = config ?? inner?.config;
    return isPlain(found) ? found : {};
  } catch {
    return {};
  }
}
