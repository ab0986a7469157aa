// What the parts of an application say of themselves: one word each. They make an application degraded and not unready, for
// each goes on with less: without Redis memory serves, without a cache the handlers do. The one exception are tasks whose log
// can no longer be trusted: what is enqueued would be refused until a restart.
import type { FastifyInstance } from 'fastify';

/** State of a part. */
export interface PartState {
  readonly state: 'ok' | 'degraded' | 'failed';
  readonly reason: string | undefined;
}

/** What a part may look like here; only what is there is asked. */
interface Parts {
  readonly cache?: {
    health(): { readonly ok: boolean; readonly tiers: Readonly<Record<string, string>> };
  };
  readonly tasks?: {
    health(): { readonly state: PartState['state']; readonly reasons: readonly string[] };
  };
  readonly isUnderPressure?: () => boolean;
}

/** Asks the parts that answer at once. */
export function partStates(app: FastifyInstance): Readonly<Record<string, PartState>> {
  const { cache, tasks, isUnderPressure } = app as unknown as Parts;
  const states: Record<string, PartState> = {};
  if (cache !== undefined) states['cache'] = cacheState(cache);
  if (tasks !== undefined) {
    const { state, reasons } = tasks.health();
    states['tasks'] = { state, reason: reasons.length === 0 ? undefined : reasons.join('; ') };
  }
  if (isUnderPressure !== undefined) {
    const reason = isUnderPressure.call(app) ? 'there is no room for more work' : undefined;
    states['underPressure'] = stateOf(reason);
  }
  return states;
}

function cacheState(cache: NonNullable<Parts['cache']>): PartState {
  const { ok, tiers } = cache.health();
  if (!ok) return stateOf('responses are not cached');
  const lacking = Object.entries(tiers).filter(([, state]) => !GOOD.has(state));
  return stateOf(
    lacking.length === 0 ? undefined : lacking.map((pair) => pair.join(' is ')).join(', '),
  );
}

// Words of the tiers' health for a tier that is there and serves, or is not wanted.
const GOOD: ReadonlySet<string> = new Set(['ok', 'off', 'ready']);

function stateOf(reason: string | undefined): PartState {
  return { state: reason === undefined ? 'ok' : 'degraded', reason };
}
