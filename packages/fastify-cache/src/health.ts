// app.cache.health(): is the cache doing its work, on which engine, by which way of answering.
// Invariant: tells facts, repairs nothing, and never throws, also when the cache is closed or broken.
import { selfTestState } from './answer/self-test.ts';
import type { TierName } from '@catzilla/tiers';
import type { CacheFault, Scope } from './scope.ts';

/** State of a response cache. */
export interface ResponseCacheHealth {
  /** false when the cache cannot be read now, or the self-test failed. */
  readonly ok: boolean;
  /** Engine below: 'native' or 'js'; 'unreachable' when it does not answer. */
  readonly backend: 'native' | 'js' | 'unreachable';
  /** Proof that raw answers are byte for byte those of Node; 'off' in mode 'send'. */
  readonly selfTest: 'pending' | 'passed' | 'failed' | 'off';
  readonly selfTestReason: string | undefined;
  /** State of each tier when it last changed, as `app.cache.tiers.health()` names it; 'off': there is none. */
  readonly tiers: Readonly<Record<TierName, string>>;
  /** The last fault of the cache; each was answered as a miss. */
  readonly lastFault: CacheFault | undefined;
}

/** Looks at a scope. */
export function healthOf(scope: Scope): ResponseCacheHealth {
  let backend: ResponseCacheHealth['backend'] = 'unreachable';
  try {
    ({ backend } = scope.memory.stats());
  } catch (error) {
    scope.fault('stats', error);
  }
  const test = scope.settings.mode === 'send' ? undefined : selfTestState();
  return {
    ok: backend !== 'unreachable' && test?.state !== 'failed',
    backend,
    selfTest: test?.state ?? 'off',
    selfTestReason: test?.reason,
    tiers: { ...scope.states, memory: backend === 'unreachable' ? 'down' : 'ok' },
    lastFault: scope.lastFault,
  };
}
