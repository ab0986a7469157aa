// The one way to make a tiered cache.
import { DEFAULT_LIFETIME, resolveLifetime } from './cache/entry-options.ts';
import { openCore } from './cache/open.ts';
import { View } from './cache/view.ts';
import { resolveLoadDefaults } from './load/plan.ts';
import { resolveOptions } from './options.ts';
import type { TieredOptions } from './options.ts';
import type { TieredCache } from './tiered-cache.ts';

/** Makes a cache of up to three tiers. Returns at once: a server that is down, or a disk still being verified, is no error.
 * @throws CATZ_TIERS_OPTION, CATZ_TIERS_TAG; CATZ_TIERS_DEPENDENCY where a package that was asked for cannot be loaded;
 *   CATZ_TIERS_DISK_ACCESS; what @catzilla/cache-core throws for options of `memory`
 * @example
 * const cache = createTieredCache({ remote: { url: 'redis://127.0.0.1' }, disk: { dir: '/var/cache/app' } });
 * const city = await cache.getOrSet('city:1', () => loadCity(1), { ttl: 60_000, tags: ['cities'] }); */
export function createTieredCache(options?: TieredOptions): TieredCache {
  const settings = resolveOptions(options);
  const lifetime = resolveLifetime(settings.entry, DEFAULT_LIFETIME);
  const loadDefaults = resolveLoadDefaults(settings.load);
  const core = openCore(settings);
  const root = new View(core, '', lifetime, loadDefaults);
  core.views.set('', root);
  return root;
}
