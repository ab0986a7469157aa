// Where an application stands, in one word: its life first, then its checks, then what its parts lack.
import type { FastifyInstance } from 'fastify';
import type { CheckState } from './check-runner.ts';
import type { PartState } from './parts.ts';

/** 'degraded' is ready: something is missing that the application does without. 'failing': a required check fails, or a part
 * that only a restart helps. */
export type Readiness = 'starting' | 'ready' | 'degraded' | 'failing' | 'draining' | 'closing';

/** States of a life; 'closed' is after the last hook of onClose. */
type Stage = 'starting' | 'ready' | 'draining' | 'closing' | 'closed';

/** An application that keeps its own life, as those of createApp() do. */
interface WithLifecycle {
  readonly lifecycle?: { readonly state: Stage };
}

/** The life of an application as its readiness sees it. */
export class Life {
  readonly #app: WithLifecycle;
  #stage: Stage = 'starting';

  constructor(app: FastifyInstance) {
    this.#app = app as WithLifecycle;
    app.addHook('onReady', async () => {
      if (this.#stage === 'starting') this.#stage = 'ready';
    });
    app.addHook('preClose', async () => {
      this.#stage = 'closing';
    });
  }

  /** Readiness is off from now on; the application serves as ever. */
  drain(): void {
    if (this.#stage !== 'closing') this.#stage = 'draining';
  }

  /** The later of what hooks have told and what the application says of itself. */
  get stage(): Stage {
    const told = this.#app.lifecycle?.state;
    return told === undefined || ORDER.indexOf(told) < ORDER.indexOf(this.#stage)
      ? this.#stage
      : told;
  }
}

const ORDER: readonly Stage[] = ['starting', 'ready', 'draining', 'closing', 'closed'];

/** The one word. */
export function readiness(
  stage: Stage,
  checks: readonly CheckState[],
  parts: readonly PartState[],
): Readiness {
  if (stage === 'closed') return 'closing';
  if (stage !== 'ready') return stage;
  const required = checks.filter((check) => check.required);
  if ([...required, ...parts].some(({ state }) => state === 'failed')) return 'failing';
  if (required.some(({ state }) => state === 'pending')) return 'starting';
  const isWhole = [...checks, ...parts].every(({ state }) => state === 'ok' || state === 'pending');
  return isWhole ? 'ready' : 'degraded';
}
