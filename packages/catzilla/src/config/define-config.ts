// defineConfig(): types a configuration where it is written.
import type { AppOptions } from './app-options.ts';

/** Gives back the options as they are, typed: for `export const config = defineConfig({ … })` in an application module, and
 * for configurations in files of their own.
 * @example
 * export const config = defineConfig({ cache: { ttl: 60_000 }, builtins: { cors: { origin: ['https://app.example'] } } }); */
export function defineConfig<const T extends AppOptions>(options: T): T {
  return options;
}
