// An application for looking at: complete, but neither listening nor logging, and seen while its routes are declared.
// Invariant: what the application itself opens (databases, timers) it opens here too; close it. No job of its tasks is run.
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { resolve } from 'node:path';
import type { FastifyBaseLogger, FastifyInstance, RouteOptions } from 'fastify';
import { loadApp } from '../../app-module.ts';
import type { AppOptions } from '../../config/app-options.ts';
import { modeOf } from '../../options/mode.ts';
import { configOf } from '../../threads/thread-options.ts';
import type { CommandContext } from '../command.ts';

/** A route as it was declared, before other plugins have changed it. */
export interface DeclaredRoute {
  /** Of the scope it stands in. */
  readonly instance: FastifyInstance;
  /** Its `config.cache`. */
  readonly cache: unknown;
  /** As other plugins leave them: with the hooks they have added. */
  readonly options: RouteOptions;
}

type Declared = Map<string, DeclaredRoute>;

/** What was loaded. */
export interface LoadedApp {
  readonly app: FastifyInstance;
  /** By `GET /path`; of several with the same, the first. */
  readonly declared: ReadonlyMap<string, DeclaredRoute>;
}

/** Loads an application module, up to where it could listen.
 * @throws what loadApp() and the application throw */
export async function loadQuietly({ cwd, env }: CommandContext, file: string): Promise<LoadedApp> {
  const path = resolve(cwd, file);
  // Plugins make instances of their own, to try things out.
  const seen = new WeakMap<object, Declared>();
  const watch = (message: unknown): void => {
    const { fastify } = message as { fastify: FastifyInstance };
    seen.set(fastify, watchRoutes(fastify));
  };
  const overrides = await quietened(path);
  // Before anything can declare a route on it.
  subscribe(CHANNEL, watch);
  try {
    const app = await loadApp(path, { mode: modeOf(env), overrides });
    try {
      await app.ready();
    } catch (error) {
      await app.close();
      throw error;
    }
    return { app, declared: seen.get(app) ?? new Map<string, DeclaredRoute>() };
  } finally {
    unsubscribe(CHANNEL, watch);
  }
}

const CHANNEL = 'fastify.initialization';

function watchRoutes(app: FastifyInstance): Declared {
  const declared: Declared = new Map();
  app.addHook('onRoute', function (this: FastifyInstance, route: RouteOptions) {
    const cache = (route.config as { cache?: unknown } | undefined)?.cache;
    for (const method of ([] as string[]).concat(route.method)) {
      const name = `${method} ${route.url}`;
      if (!declared.has(name)) declared.set(name, { instance: this, cache, options: route });
    }
  });
  return declared;
}

async function quietened(path: string): Promise<AppOptions> {
  const { server = {}, tasks } = (await configOf(path)) as { server?: object; tasks?: unknown };
  // Fastify refuses both at once.
  const logs = 'loggerInstance' in server ? { loggerInstance: silent } : { logger: false as const };
  // An application that runs holds the folder of its tasks, and its jobs are none of ours.
  const idle = tasks === undefined || tasks === false ? {} : { tasks: { autoStart: false } };
  return { server: logs, ...idle } as AppOptions;
}

const nothing = (): void => undefined;

const silent = {
  level: 'silent',
  fatal: nothing,
  error: nothing,
  warn: nothing,
  info: nothing,
  debug: nothing,
  trace: nothing,
  silent: nothing,
  child: () => silent,
} as unknown as FastifyBaseLogger;
