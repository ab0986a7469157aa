// Loads the addon, once per isolate.
import { fileURLToPath } from 'node:url';
import { loadNative } from '@catzilla/common';
import { errors } from '../errors.ts';
import type { Addon } from './addon.ts';

let loaded: Addon | undefined;

/** The addon of this package.
 * @throws CATZ_CACHE_NATIVE_UNAVAILABLE */
export function addon(): Addon {
  loaded ??= loadAddon(fileURLToPath(new URL('../..', import.meta.url)));
  return loaded;
}

/** Loads the addon of a package folder.
 * @throws CATZ_CACHE_NATIVE_UNAVAILABLE with platform, arch, the files tried and the loader's words */
export function loadAddon(packageDir: string): Addon {
  return loadNative({
    packageDir,
    name: '@catzilla/cache-core',
    error: ({ summary, cause }) =>
      new errors.NATIVE_UNAVAILABLE(`Node ${process.version}, ${summary}`, { cause }),
  }) as Addon;
}
