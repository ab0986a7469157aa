// What becomes of routes that contradict each other, at start.
import type { FastifyBaseLogger } from 'fastify';
import { errors } from '../errors.ts';
import { findConflicts } from '../introspect/conflicts.ts';
import type { Conflict } from '../introspect/conflicts.ts';
import type { Router } from '../find-my-way/router.ts';
import type { RouterSettings } from './options.ts';

/** How many conflicts a log line or an error tells. */
const SHOWN = 5;

/** Reports the conflicts that are worth a warning.
 * @throws CATZ_ROUTER_CONFLICT with onConflict 'error' */
export function reportConflicts(
  router: Router,
  { onConflict }: RouterSettings,
  log: FastifyBaseLogger,
): void {
  if (onConflict === 'ignore') return;
  const found = conflictsOf(router, log).filter(({ severity }) => severity !== 'info');
  if (found.length === 0) return;
  const more = found.length > SHOWN ? `; and ${found.length - SHOWN} more` : '';
  const text = `${found.slice(0, SHOWN).map(describe).join('; ')}${more}`;
  if (onConflict === 'error') throw new errors.CONFLICT(text);
  log.warn({ conflicts: found.length }, `routes contradict each other: ${text}`);
}

// What only looks at routes is no reason not to start.
function conflictsOf(router: Router, log: FastifyBaseLogger): readonly Conflict[] {
  try {
    return findConflicts(router);
  } catch (error) {
    log.error({ err: error }, 'conflicts of routes could not be looked for');
    return [];
  }
}

function describe({ kind, routes, why }: Conflict): string {
  return `${routes.join(' and ')} (${kind}): ${why}`;
}
