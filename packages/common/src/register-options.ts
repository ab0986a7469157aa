// Fastify's own options of register(): `prefix`, `logLevel` and `logSerializers` are those of the scope that it makes for a plugin.
// A plugin that is wrapped by fastify-plugin has none: it finds them among its options, and they do nothing.
// Invariant: a plugin that declares routes refuses them, or its routes would stand elsewhere than was asked for; one that declares
// none passes them over, as @fastify/autoload gives a prefix to all that it finds in a folder, also where nothing goes by it.
import type { OptionSite } from './check-options.ts';
import { show } from './show.ts';

/** Their names, for `ignore` of checkOptions. */
export const registerOptions: readonly string[] = Object.freeze([
  'prefix',
  'logLevel',
  'logSerializers',
]);

/** Refuses them. An empty one says nothing to Fastify, and passes.
 * @param input   what the plugin was given
 * @param plugin  its name, as it is imported, for the message
 * @param paths   options of its own that name its paths, for the message: `options.path`
 * @throws site.error: `expected options.prefix to be given to a scope around realtime, got "/api": app.register(async (scope) => …` */
export function refuseRegisterOptions(
  input: unknown,
  plugin: string,
  paths: string,
  { path, error }: OptionSite,
): void {
  const given = Object(input) as Readonly<Record<string, unknown>>;
  for (const name of registerOptions) {
    const value = given[name];
    if (!value) continue;
    const way = `app.register(async (scope) => { await scope.register(${plugin}, options); }, { ${name} })`;
    const or = name === 'prefix' ? `, or set ${paths}` : '';
    throw error(
      `expected ${path}.${name} to be given to a scope around ${plugin}, got ${show(value)}: ${way}${or}`,
    );
  }
}
