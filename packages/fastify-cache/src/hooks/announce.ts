// What a reply that came from its handler says about the cache: our Cache-Status member, x-cache, and a Vary as wide as the
// key. Invariant: members and names of others are kept, ours stand last.
import type { FastifyReply } from 'fastify';
import type { FieldValue } from '@catzilla/http';
import { unionVary } from '../answer/compose.ts';
import type { Style } from '../answer/style.ts';
import { appendCacheStatus, formatCacheStatus } from '../rfc/cache-status.ts';
import type { ForwardStatus } from '../rfc/cache-status.ts';
import type { ForwardReason } from '../rfc/reasons.ts';
import type { FillPass, ForwardPass } from './pass.ts';
import { compresses } from './reply-policy.ts';

/** What a miss came to. `stored` undefined: nobody meant to store it; `detail`: why it was not stored; `fwdStatus`: of the
 * handler, where the client gets another; `ttl`: seconds, of a stored response that is sent after all. */
export type MissFacts = Pick<ForwardStatus, 'stored' | 'detail' | 'fwdStatus' | 'ttl'>;

/** Nothing gives the reply a lifetime. */
export const UNFRESH: MissFacts = Object.freeze({ stored: false, detail: 'no-freshness' });

/** Sets Cache-Status and x-cache of a miss. */
export function announce(
  reply: FastifyReply,
  pass: FillPass | ForwardPass,
  facts: MissFacts,
): void {
  const style = pass.route.scope.styles.choose(reply.request, undefined);
  if (style.xCache) reply.header('x-cache', 'MISS');
  if (style.status === false) return;
  const member = write(style, pass, facts);
  const existing = reply.getHeader('cache-status') as FieldValue;
  reply.header(
    'cache-status',
    existing === undefined ? member : appendCacheStatus(existing, member),
  );
}

/** Our Cache-Status member for a miss. */
export function memberOf(
  reply: FastifyReply,
  pass: FillPass | ForwardPass,
  facts: MissFacts,
): string {
  return write(pass.route.scope.styles.choose(reply.request, undefined), pass, facts);
}

function write(style: Style, pass: FillPass | ForwardPass, facts: MissFacts): string {
  if (facts === UNFRESH && style.status !== 'full' && pass.kind === 'fill') {
    if (pass.collapsed === undefined) {
      return (unfresh[pass.fwd] ??= formatCacheStatus({ fwd: pass.fwd, ...UNFRESH }));
    }
  }
  const isFill = pass.kind === 'fill';
  const detail = isFill ? facts.detail : pass.detail;
  return formatCacheStatus({
    fwd: pass.fwd,
    ...facts,
    ...(isFill && pass.collapsed !== undefined ? { collapsed: pass.collapsed } : {}),
    ...(style.status === 'full' && isFill ? { key: pass.key } : {}),
    ...(detail === undefined ? {} : { detail }),
  });
}

// By why it went to its handler: what most replies of an application say.
const unfresh: Partial<Record<ForwardReason, string>> = {};

/** Adds the names to Vary that the policy lets select a variant, and the one by which @fastify/compress does: that names it
 * in what it compresses alone, which is neither the body that stayed plain nor a later 304 (RFC 9110 15.4.5). */
export function announceVary(reply: FastifyReply, pass: FillPass): void {
  const { announceVary: own } = pass.policy;
  const names = compresses(reply) ? [...own, 'Accept-Encoding'] : own;
  if (names.length === 0 || pass.failed) return;
  reply.header('vary', unionVary(reply.getHeader('vary') as FieldValue, names.join(', ')));
}
