// Options of the shutdown, and their check.
import { bool, checkOptions, duration } from '@catzilla/common';
import type { OptionSite } from '@catzilla/common';
import type { Mode } from '../options/mode.ts';

/** Options of the part `shutdown`. */
export interface ShutdownOptions {
  /** How long requests are served as ever after readiness went off, for load balancers to notice, ms. It is waited for only
   * while the application listens. Default: 5000 in mode 'production', 0 in 'development'. */
  readonly shutdownDelay?: number;
  /** From the start of the stop to its hard end, ms: what is left then is named and cut off. Default: 25_000, below the 30 s
   * that Kubernetes gives. */
  readonly killAfter?: number;
  /** Whether SIGTERM, SIGINT and uncaught exceptions of the process stop this application, and then the process. Default:
   * false, for a library does not take signals unasked; `catzilla start` sees to them itself. */
  readonly signals?: boolean;
}

/** The options, complete. */
export interface CheckedShutdown {
  readonly shutdownDelay: number;
  readonly killAfter: number;
  readonly signals: boolean;
}

/** Delay in mode 'production', ms. */
const DELAY = 5000;
const KILL_AFTER = 25_000;

/** @throws site.error */
export function checkShutdown(options: unknown, mode: Mode, site: OptionSite): CheckedShutdown {
  return checkOptions<CheckedShutdown>(
    options,
    {
      shutdownDelay: duration({ allowZero: true, default: mode === 'production' ? DELAY : 0 }),
      killAfter: duration({ default: KILL_AFTER }),
      signals: bool(false),
    },
    site,
  );
}

/** What holds with `shutdown: false`: no delay, no signals. */
export const NO_SHUTDOWN: CheckedShutdown = Object.freeze({
  shutdownDelay: 0,
  killAfter: KILL_AFTER,
  signals: false,
});
