// The application module: a file with a default export that adds routes, and, if it likes, a `config`. What `catzilla dev` and
// `catzilla start` load.
import { access } from 'node:fs/promises';
import { resolve as resolvePath } from 'node:path';
import { pathToFileURL } from 'node:url';
import { show } from '@catzilla/common';
import fp from 'fastify-plugin';
import { appOf } from './app/create-app.ts';
import type { CatzillaApp } from './app/create-app.ts';
import { errors } from './errors.ts';
import type { AppOptions } from './config/app-options.ts';
import type { Mode } from './options/mode.ts';
import { resolve } from './config/resolve.ts';

/** The default export of an application module. `app` is the root instance, with every part in place. */
export type AppFunction = (app: CatzillaApp, options: AppFunctionOptions) => Promise<void> | void;

/** What the default export is told. */
export interface AppFunctionOptions {
  readonly mode: Mode;
}

/** How to load a module. */
export interface LoadOptions {
  /** What defaults go by, unless the module's `config` or the environment says otherwise. */
  readonly mode: Mode;
  /** Options that win over the module's `config` and over the environment. Default: none. */
  readonly overrides?: AppOptions | undefined;
}

/** What an application module exports. */
export interface AppModule {
  readonly default: AppFunction;
  /** Options of createApp(), as of defineConfig(). Default: none. */
  readonly config?: AppOptions;
}

/** Imports an application module, makes the application of its `config`, and runs its default export on it.
 * @param source  the module's file, from the current directory, TypeScript where the process can load it; or the module
 *   itself, as of `import * as module from '../src/app.ts'` in a test
 * @returns the instance, not listening yet; close it
 * @throws CATZ_APP_MODULE where the file is no such module, with what was thrown as `cause`; what createApp() throws for
 *   `config`, and what the default export throws */
export async function loadApp(
  source: string | AppModule,
  options: LoadOptions,
): Promise<CatzillaApp> {
  const { mode, overrides = {} } = options;
  const { add, config } =
    typeof source === 'string'
      ? partsOf(await importModule(source), source)
      : partsOf({ ...source }, 'the module');
  const app = await appOf(resolve({ mode, ...config }, { above: overrides }));
  try {
    // Without a scope of its own: what it decorates and hooks is the application's.
    const plugin = fp(async () => add(app, { mode: app.config.mode }));
    await app.register(plugin);
  } catch (error) {
    await app.close();
    throw error;
  }
  return app;
}

async function importModule(file: string): Promise<Record<string, unknown>> {
  const path = resolvePath(file);
  try {
    await access(path);
  } catch (error) {
    throw new errors.MODULE(file, 'there is no such file, or it may not be read', { cause: error });
  }
  try {
    return (await import(pathToFileURL(path).href)) as Record<string, unknown>;
  } catch (error) {
    throw new errors.MODULE(file, whyNot(error, file), { cause: error });
  }
}

function whyNot(error: unknown, file: string): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ERR_UNKNOWN_FILE_EXTENSION' && /\.[cm]?ts$/.test(file)) {
    return 'this Node cannot load TypeScript; install tsx, or compile the file first';
  }
  return `it could not be imported: ${message}`;
}

function partsOf(
  module: Record<string, unknown>,
  file: string,
): { add: AppFunction; config: object } {
  // A CommonJS module comes as the default of one.
  const inner = module['default'];
  const source = isModule(inner) ? { ...module, ...inner } : module;
  const { default: add, config = {} } = source;
  if (typeof add !== 'function') {
    throw new errors.MODULE(
      file,
      `its default export has to be a function (app, options), got ${show(add)}`,
    );
  }
  if (typeof config !== 'object' || config === null || Array.isArray(config)) {
    throw new errors.MODULE(
      file,
      `its export config has to be an object, as of defineConfig(), got ${show(config)}`,
    );
  }
  return { add: add as AppFunction, config };
}

function isModule(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && 'default' in value;
}
