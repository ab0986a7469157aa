// What a reply that came from its handler says about the cache: our Cache-Status member, x-cache, and a Vary as wide as the
// key. Invariant: members and names of others are kept, ours stand last.
import type { FastifyReply } from 'fastify';
import { unionVary } from '../answer/compose.ts';
import { appendCacheStatus, formatCacheStatus } from '../rfc/cache-status.ts';
import type { FieldValue } from '../rfc/fields.ts';
import type { FillPass, ForwardPass } from './pass.ts';

/** Sets Cache-Status and x-cache of a miss.
 * @param facts.stored  undefined: nobody meant to store it
 * @param facts.detail  why it was not stored */
export function announce(
  reply: FastifyReply,
  pass: FillPass | ForwardPass,
  facts: { readonly stored?: boolean; readonly detail?: string },
): void {
  const style = pass.route.scope.styles.choose(reply.request);
  if (style.xCache) reply.header('x-cache', 'MISS');
  if (style.status === false) return;
  const detail = pass.kind === 'forward' ? pass.detail : facts.detail;
  const member = formatCacheStatus({
    fwd: pass.fwd,
    ...(facts.stored === undefined ? {} : { stored: facts.stored }),
    ...(pass.kind === 'fill' && pass.collapsed !== undefined ? { collapsed: pass.collapsed } : {}),
    ...(style.status === 'full' && pass.kind === 'fill' ? { key: pass.key } : {}),
    ...(detail === undefined ? {} : { detail }),
  });
  const existing = reply.getHeader('cache-status') as FieldValue;
  reply.header('cache-status', appendCacheStatus(existing, member));
}

/** Adds the names to Vary that the policy lets select a variant. */
export function announceVary(reply: FastifyReply, pass: FillPass): void {
  const names = pass.policy.announceVary;
  if (names.length === 0 || pass.failed) return;
  reply.header('vary', unionVary(reply.getHeader('vary') as FieldValue, names.join(', ')));
}
