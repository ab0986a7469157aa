// Whether native code runs: the cache engine, and the router's.
import { openCache } from '@catzilla/cache-core';
import type { Cache } from '@catzilla/cache-core';
import { catzillaRouter } from '@catzilla/router';
import Fastify from 'fastify';
import { findingsOf, reasonOf } from './finding.ts';
import type { Finding } from './finding.ts';

const REMEDY =
  'Install again, with optional dependencies and for this platform; without native code all works, more slowly.';

/** Tries both. */
export async function checkNative(): Promise<readonly Finding[]> {
  return [...engine(), await router()];
}

/** Tries the engine.
 * @param open  opens a cache with the native backend */
export function engine(open: () => Cache = openNative): readonly Finding[] {
  const { ok, warn, error } = findingsOf('engine');
  try {
    const cache = open();
    try {
      const { layoutVersion, policy, allocator } = cache.stats();
      const memory = findingsOf('allocator').ok(
        allocator === 'segments+jemalloc' ? 'segments, and jemalloc beside them' : allocator,
      );
      return [ok(`native, ${policy}, format ${layoutVersion}`), memory];
    } finally {
      cache.close();
    }
  } catch (failure) {
    if ((failure as { code?: string }).code === 'CATZ_CACHE_NATIVE_UNAVAILABLE') {
      return [warn(`JavaScript: ${reasonOf(failure)}`, REMEDY)];
    }
    return [error(`it does not open: ${reasonOf(failure)}`, 'Look at the limits of memory above.')];
  }
}

function openNative(): Cache {
  return openCache({ backend: 'native', nearCache: false, sweepInterval: false });
}

async function router(): Promise<Finding> {
  const made = catzillaRouter({ engine: 'native' });
  const app = Fastify({ routerOptions: made.options() });
  try {
    await app.register(made);
    app.get('/', async () => 'ok');
    await app.ready();
    const { nativeFailure, fallback } = app.routerStats();
    return judgeRouter(nativeFailure ?? fallback);
  } finally {
    await app.close();
  }
}

/** Judges the router by what kept it from native code. */
export function judgeRouter(failure: string | undefined): Finding {
  const { ok, warn } = findingsOf('router');
  if (failure === undefined) return ok('native where it pays');
  return warn(`JavaScript: ${failure}`, REMEDY);
}
