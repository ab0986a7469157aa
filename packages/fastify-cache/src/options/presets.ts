// The presets, as plain options: what a user could have written. Options beside a preset win over it.
import type { PresetName, RouteCacheOptions } from './types.ts';

/** The options each preset stands for.
 * - api: 5 minutes (404: 10 s); query in any order, cache busters ignored; requests with credentials pass it by
 * - page: one hour; by language; tracking parameters ignored
 * - static: one day; scripts, styles, images, fonts and wasm only, for everybody alike */
export const presets: Readonly<Record<PresetName, RouteCacheOptions>> = Object.freeze({
  api: {
    ttl: { 200: 300_000, 404: 10_000 },
    query: { sort: true, ignore: ['_', 'timestamp', 'cache_buster'] },
    authorization: 'bypass',
    cookies: 'bypass',
  },
  page: {
    ttl: 3_600_000,
    statuses: [200],
    vary: { add: ['accept-language'] },
    query: { ignore: ['utm_*', 'gclid', 'fbclid'] },
  },
  static: {
    ttl: 86_400_000,
    statuses: [200, 301, 308],
    authorization: 'share',
    cookies: 'ignore',
    types: [
      'text/css',
      'text/javascript',
      'application/javascript',
      'image/*',
      'font/*',
      'application/wasm',
    ],
  },
});
