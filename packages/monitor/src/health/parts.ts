// What the parts of an application say of themselves: one word each. They make an application degraded and not unready, for
// each goes on with less: without Redis memory serves, without a cache the handlers do. The one exception are tasks whose log
// can no longer be trusted: what is enqueued would be refused until a restart.
// Invariant: asks only what answers at once, and nothing that a part throws gets out.
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
  readonly realtime?: {
    health(): { readonly state: string; readonly reasons: readonly string[] };
  };
  readonly static?: { stats(): object };
  readonly isUnderPressure?: () => boolean;
}

type Ask<T> = (part: NonNullable<T>, app: FastifyInstance) => PartState;

// By the name that it has at the application.
const ask: { readonly [K in keyof Parts]-?: Ask<Parts[K]> } = {
  cache: (cache) => {
    const { ok, tiers } = cache.health();
    if (!ok) return stateOf('responses are not cached');
    const lacking = lackingTiers(tiers);
    return stateOf(lacking === '' ? undefined : lacking);
  },
  tasks: (tasks) => {
    const { state, reasons } = tasks.health();
    return { state, reason: reasons.length === 0 ? undefined : reasons.join('; ') };
  },
  realtime: (realtime) => {
    const { state, reasons } = realtime.health();
    if (state === 'ok') return stateOf(undefined);
    return stateOf(reasons.length === 0 ? `it is ${state}` : reasons.join('; '));
  },
  // It has no state of its own, but does not answer without its cache.
  static: (files) => {
    files.stats();
    return stateOf(undefined);
  },
  isUnderPressure: (isUnderPressure, app) =>
    stateOf(isUnderPressure.call(app) ? 'there is no room for more work' : undefined),
};

/** Asks the parts that the application has. */
export function partStates(app: FastifyInstance): Readonly<Record<string, PartState>> {
  const states: Record<string, PartState> = {};
  for (const name of Object.keys(ask) as (keyof Parts)[]) {
    const part: unknown = (app as unknown as Parts)[name];
    if (!isPart(part, name)) continue;
    states[name === 'isUnderPressure' ? 'underPressure' : name] = stateOfPart(
      ask[name] as Ask<unknown>,
      part,
      app,
    );
  }
  return states;
}

// An application may have something else of that name: @fastify/caching has a `cache`.
function isPart(value: unknown, name: keyof Parts): value is NonNullable<unknown> {
  if (name === 'isUnderPressure') return typeof value === 'function';
  const { [name === 'static' ? 'stats' : 'health']: tells } = (value ?? {}) as {
    readonly [method: string]: unknown;
  };
  return typeof tells === 'function';
}

/** Names tiers that are wanted and do not serve, with their states; '': none.
 * @param tiers  state by name */
export function lackingTiers(tiers: Readonly<Record<string, string>>): string {
  return Object.entries(tiers)
    .filter(([, state]) => !GOOD.has(state))
    .map((pair) => pair.join(' is '))
    .join(', ');
}

// Words of the tiers' health for a tier that is there and serves, or is not wanted.
const GOOD: ReadonlySet<string> = new Set(['ok', 'off', 'ready']);

function stateOfPart(
  of: Ask<unknown>,
  part: NonNullable<unknown>,
  app: FastifyInstance,
): PartState {
  try {
    return of(part, app);
  } catch (error) {
    return stateOf(
      error instanceof Error ? `it does not tell: ${error.message}` : 'it does not tell',
    );
  }
}

function stateOf(reason: string | undefined): PartState {
  return { state: reason === undefined ? 'ok' : 'degraded', reason };
}
