// What is known of one request on its way through its chain. It lies on the request under a registered symbol, so that a
// cache of another package, or another installed copy of this one, finds it.
// Invariant: `begun` counts the `pre` that were called, `done` those that have ended well; both only grow, and neither is
// taken back when the request goes on in another chain.
import type { FastifyRequest } from 'fastify';
import type { Chain, Context, PostStep } from './chain.ts';

/** Key of the state in a request. */
export const STATE: unique symbol = Symbol.for('catzilla.router.middleware.state');

/** The state. */
export interface RequestState {
  /** `config` of the route that the chain is of: another object when the request has gone on to another route. */
  config: object;
  chain: Chain;
  readonly ctx: Context;
  begun: number;
  done: number;
  /** How often the reply came to our onSend hook: more than once, and it is the reply to an error. */
  sends: number;
  /** How many `post` were called. */
  posted: number;
  /** The reply came from a cache, and its perRequest posts have run. */
  isStored: boolean;
  /** One that has failed for a reply from a cache: it is not called again for the error. */
  failed: PostStep | undefined;
  /** Durations go into the series. */
  isSampled: boolean;
  /** Members of Server-Timing; undefined: there is none to send. */
  serverTiming: string[] | undefined;
  /** The end of the response is waited for. */
  isWatched: boolean;
  /** Fields that perRequest posts have set, by name; undefined: nobody wants to know. */
  perRequestFields: Record<string, unknown> | undefined;
}

/** Begins a request. HOT */
export function makeState(config: object, chain: Chain): RequestState {
  return {
    config,
    chain,
    ctx: { ...chain.template },
    begun: 0,
    done: 0,
    sends: 0,
    posted: 0,
    isStored: false,
    failed: undefined,
    isSampled: false,
    serverTiming: undefined,
    isWatched: false,
    perRequestFields: undefined,
  };
}

/** The state of a request; undefined where it has none (yet). */
export function stateOf(request: FastifyRequest): RequestState | undefined {
  return (request as unknown as { [STATE]?: RequestState | null })[STATE] ?? undefined;
}

/** Notes the state of a request. */
export function setState(request: FastifyRequest, state: RequestState): void {
  (request as unknown as { [STATE]: RequestState })[STATE] = state;
}
