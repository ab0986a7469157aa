// Finds the addon of this package.
import { fileURLToPath } from 'node:url';
import { loadNative } from '@catzilla/common';
import type { NativeFailure } from '@catzilla/common';

/** What loading came to: the addon's exports, or why there are none. */
export type Loading =
  | { readonly exports: unknown; readonly failure?: undefined }
  | { readonly exports?: undefined; readonly failure: NativeFailure };

/** Carries the reason out of the loader, which throws what it is told to. */
class LoadError extends Error {
  readonly failure: NativeFailure;
  constructor(failure: NativeFailure) {
    super(failure.summary);
    this.failure = failure;
  }
}

/** Loads the addon of a package folder; default: ours. */
export function loadAddon(
  packageDir: string = fileURLToPath(new URL('../..', import.meta.url)),
): Loading {
  try {
    const name = '@catzilla/router';
    return { exports: loadNative({ packageDir, name, error: (why) => new LoadError(why) }) };
  } catch (error) {
    if (error instanceof LoadError) return { failure: error.failure };
    throw error;
  }
}
