// Puts the parts of an application onto a Fastify instance, bottom floor first: hooks of onClose run in reverse, so that what
// stands on a part ends before it. No logic of its own: each part is a plugin that works alone. A part that is off is not
// imported.
import type { TieredCache } from '@catzilla/tiers';
import type { FastifyInstance } from 'fastify';
import { builtins } from '../builtins/register.ts';
import type { CheckedBuiltins } from '../builtins/options.ts';
import type { CheckedAppOptions } from '../config/app-options.ts';
import { effective } from '../config/effective.ts';
import { explain } from '../config/environment.ts';
import type { Resolved } from '../config/resolve.ts';
import { addLifecycle } from '../shutdown/lifecycle.ts';
import { takeSignals } from '../shutdown/signals.ts';
import { addTasks } from './tasks.ts';
import { addTiers } from './tiers.ts';

/** The effective configuration of an application, as `app.config`: frozen; printed, it hides what is secret. */
export type AppConfig = CheckedAppOptions;

declare module 'fastify' {
  interface FastifyInstance {
    readonly config: AppConfig;
    /** The tiered cache of the application; only with the option `tiers`. */
    readonly tiers: TieredCache;
  }
}

/** Registers every part that is on. Resolves when all have loaded.
 * @param early  what has to come before all other parts: the router, whose options the instance was made with
 * @throws what the parts throw; CATZ_APP_ENV where a variable of the environment is at fault */
export async function compose(
  app: FastifyInstance,
  { checked, overrides }: Resolved,
  early?: (app: FastifyInstance) => unknown,
): Promise<void> {
  const lifecycle = addLifecycle(app, checked.shutdown);
  app.decorate('config', effective(checked));
  const attempt = async (part: string, register: () => unknown): Promise<void> => {
    try {
      await register();
    } catch (error) {
      throw explain(error, part, overrides);
    }
  };
  const add = async (part: string, register: () => unknown): Promise<void> => {
    await attempt(part, register);
    lifecycle.mark(part);
  };

  const { tiers, di, validation, openapi, middleware, cache, tasks, realtime } = checked;
  const { static: files } = checked;
  const { monitor: own } = checked;
  // A mode that is given as undefined is none: it must not fall back to the environment.
  const watching = own !== false && { ...own, mode: own.mode ?? checked.mode };
  // What others refuse is a request, too.
  if (watching !== false) {
    await attempt('monitor', async () =>
      (await import('@catzilla/monitor')).watchFirst(app, watching),
    );
  }
  if (early !== undefined) await add('router', () => early(app));
  if (tiers !== false) await add('tiers', () => addTiers(app, tiers));
  if (di !== false) {
    await add('di', async () => app.register((await import('@catzilla/di')).di, di));
  }
  const around = { mode: checked.mode, isCached: cache !== false };
  for (const name of Object.keys(builtins) as (keyof CheckedBuiltins)[]) {
    const options = checked.builtins[name];
    if (options === false) continue;
    // The union of options does not follow the name into the table.
    const register = builtins[name] as (...args: unknown[]) => Promise<unknown>;
    await add(`builtins.${name}`, () => register(app, options, around));
  }
  if (validation !== false) {
    await add('validation', async () =>
      app.register((await import('@catzilla/validation')).validation, validation),
    );
  }
  if (openapi !== false) {
    await add('openapi', async () =>
      app.register((await import('@catzilla/validation')).openapi, openapi),
    );
  }
  if (middleware !== false) {
    await add('middleware', async () =>
      app.register((await import('@catzilla/router')).middleware, middleware),
    );
  }
  if (cache !== false) {
    await add('cache', async () => {
      const { fastifyCache } = await import('@catzilla/fastify-cache');
      const shared = tiers === false ? {} : { cache: app.tiers };
      await app.register(fastifyCache, { ...shared, ...cache });
    });
  }
  // After the cache, so that handlers have it until they are drained.
  if (tasks !== false) await add('tasks', () => addTasks(app, tasks));
  if (files !== false) {
    await add('static', async () =>
      app.register((await import('@catzilla/static')).staticFiles, files),
    );
  }
  if (realtime !== false) {
    await add('realtime', async () =>
      app.register((await import('@catzilla/realtime')).realtime, realtime),
    );
  }
  if (watching !== false) {
    await add('monitor', async () =>
      app.register((await import('@catzilla/monitor')).monitor, watching),
    );
  }
  if (checked.shutdown.signals) takeSignals(app);
}
