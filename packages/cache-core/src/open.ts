// openCache: names, options and the choice of backend.
// Invariant: one name has one backend, scope and path per isolate; the first opener decides on every shared option. Named
// caches stay open until they are closed, private ones until nobody can reach them.
import { show } from '@catzilla/common';
import type { Cache } from './cache.ts';
import { errors } from './errors.ts';
import { JsCache } from './js/js-cache.ts';
import { NativeCache } from './native/native-cache.ts';
import { compareOptions, settle } from './options.ts';
import type { CacheOptions, OpenAs, Settings, SharedOptions } from './options.ts';

/** What this isolate has open under one name. */
interface OpenName extends OpenAs {
  readonly handles: Set<Cache>;
}

const openNames = new Map<string, OpenName>();

/** Opens a cache.
 * @param name     1 to 64 characters of A-Z a-z 0-9 . _ -; the same name gives the same cache in every thread of the
 *   process (with backend 'js': in every part of this isolate; with scope 'machine': also in other processes of the
 *   user). Without a name: a private cache.
 * @param options  see CacheOptions
 * @throws CATZ_CACHE_NAME, CATZ_CACHE_OPTION; CATZ_CACHE_OPTIONS_MISMATCH when an option that was given differs from
 *   what the first opener decided; CATZ_CACHE_NO_MEMORY; CATZ_CACHE_NATIVE_UNAVAILABLE. With scope 'machine' also
 *   CATZ_CACHE_UNSUPPORTED_BACKEND, _UNSUPPORTED_PLATFORM, _SHM_ACCESS, _SHM_SPACE, _SHM_FOREIGN, _SHM_BUSY, _LAYOUT,
 *   _PID_NAMESPACE, _TOO_MANY_PROCESSES: there is no silent fallback to another scope
 * @example
 * const cache = openCache('pages', { maxBytes: 256 * 1024 * 1024, ttl: 60_000 });
 * cache.set('/', '<h1>Hello</h1>');
 * cache.get('/')?.toString(); // '<h1>Hello</h1>' */
export function openCache(name: string, options?: CacheOptions): Cache;
export function openCache(options?: CacheOptions): Cache;
export function openCache(first?: string | CacheOptions, second?: CacheOptions): Cache {
  if (typeof first === 'object' && first !== null) {
    return create(undefined, settle(first), () => {});
  }
  if (first === undefined) return create(undefined, settle(second), () => {});
  if (typeof first !== 'string' || !/^[A-Za-z0-9._-]{1,64}$/.test(first)) {
    throw new errors.NAME(show(first));
  }
  return openNamed(first, second);
}

function openNamed(name: string, options: CacheOptions | undefined): Cache {
  const current = openNames.get(name);
  const settings = settle(options, current, name);
  if (current !== undefined) compareOpening(name, settings, current);
  const cache = create(name, settings, () => forget(name, cache));
  const { backend, scope, path } = settings;
  const open = current ?? { backend, scope, path, handles: new Set() };
  open.handles.add(cache);
  openNames.set(name, open);
  try {
    compareOptions(name, settings, cache.shared);
  } catch (error) {
    cache.close();
    throw error;
  }
  return cache;
}

// Before it is opened: another backend, scope or path would be another cache.
function compareOpening(name: string, asked: OpenAs, current: OpenAs): void {
  for (const option of ['backend', 'scope', 'path'] as const) {
    if (asked[option] === current[option]) continue;
    const words = [current[option], asked[option]].map((value) => show(value ?? 'default'));
    throw new errors.OPTIONS_MISMATCH(name, option, ...words);
  }
}

function create(
  name: string | undefined,
  settings: Settings,
  onClose: () => void,
): Cache & { readonly shared: SharedOptions } {
  const Backend = settings.backend === 'js' ? JsCache : NativeCache;
  return new Backend(name, settings, onClose);
}

function forget(name: string, cache: Cache): void {
  const open = openNames.get(name);
  open?.handles.delete(cache);
  if (open?.handles.size === 0) openNames.delete(name);
}
