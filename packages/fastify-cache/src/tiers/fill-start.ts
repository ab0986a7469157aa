// What a fill notes when its handler starts, to tell at its end whether what it made may still be stored.
// Three ways to hear that it may not: tokens, of purges in this engine, by whatever thread; the engine's epoch, of tags that
// another thread invalidated; the ticket, of purges, tags and emptied namespaces that other instances told of; and gaps,
// times at which they may have told something that never came.
// Invariant: `created` is a stamp from before the handler ran. Every entry and index is stored with it, or one that follows
// from what was stored before, so that a tier refuses what is older than a purge.
import type { Ticket } from '@catzilla/tiers';
import { engineKey } from '../key/primary-key.ts';
import type { TokenMark } from '../purge-token.ts';
import type { Scope } from '../scope.ts';
import { pathGuard, patternGuard } from './guard-tags.ts';
import { softGuard } from './own-tags.ts';

/** The start of a fill. */
export interface FillStart {
  readonly mark: TokenMark;
  /** Hybrid stamp, microseconds. */
  readonly created: number;
  /** Of the engine. */
  readonly epoch: number;
  readonly gaps: number;
  /** Tags to be watched that entries do not carry; none where no other instance could purge. */
  readonly guards: readonly string[];
}

/** Key of a probe: an engine refuses it where it would refuse an entry with the same tags. */
const PROBE = 'x1|';

/** Notes the start of a fill; to be ended by `scope.tokens.release(start.mark)`.
 * @returns undefined where the cache cannot be read: nothing is stored then */
export function startFill(scope: Scope, target: string, key: string): FillStart | undefined {
  const { namespace } = scope.settings;
  try {
    const { created } = scope.tiered.ticket(engineKey(key));
    const epoch = scope.memory.epoch();
    const guards = scope.isShared ? [pathGuard(namespace, target), patternGuard(namespace)] : [];
    return { mark: scope.tokens.mark(target), created, epoch, gaps: scope.gaps, guards };
  } catch (error) {
    scope.fault('get', error);
    return undefined;
  }
}

/** True while nothing is known here that forbids to store; what only the tiers know, the ticket tells them.
 * @param tags  of the response
 * @throws whatever the cache throws */
export function isCurrent(scope: Scope, start: FillStart, tags: readonly string[]): boolean {
  if (start.gaps !== scope.gaps || !scope.tokens.isCurrent(start.mark)) return false;
  if (scope.memory.epoch() === start.epoch) return true;
  return isUntouched(scope, start, tags) && isUntouched(scope, start, tags.map(softGuard));
}

function isUntouched(scope: Scope, start: FillStart, tags: readonly string[]): boolean {
  return scope.memory.set(`${PROBE}${scope.settings.namespace}`, '', {
    tags,
    since: start.epoch,
    ttl: 1,
  });
}

/** A ticket for what the fill stores under a key, be it a variant whose key nobody knew when the handler started: the
 * key's version is that of now, the moment that guards and tags are compared with is the start.
 * @param created  a stamp not before the start's
 * @param tags  of the response: a soft purge of one of them is heard too */
export function ticketOf(
  scope: Scope,
  start: FillStart,
  key: string,
  created: number,
  tags: readonly string[],
): Ticket {
  const guards = scope.isShared ? [...start.guards, ...tags.map(softGuard)] : start.guards;
  return { ...scope.tiered.ticket(key, guards), created };
}
