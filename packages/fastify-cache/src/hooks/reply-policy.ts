// The route's policy and tags with what one reply adds to them.
import type { FastifyReply, FastifyRequest } from 'fastify';
import { originOf } from '../key/origin.ts';
import type { RoutePolicy } from '../options/policy.ts';
import { tagFault } from '../options/tag.ts';
import { wishesOf } from '../reply-cache.ts';
import { groupTag, parseGroups } from '../rfc/cache-groups.ts';
import type { Fields } from '../rfc/fields.ts';
import { responseTags } from '../rfc/response-tags.ts';

/** The policy a reply is judged by. @fastify/compress names Accept-Encoding in Vary only when it compresses, so the plain
 * body would go to everybody: with it the field always counts.
 * @param ttl     what the handler asked for, ms
 * @param status  of the response that may be stored */
export function policyFor(
  reply: FastifyReply,
  policy: RoutePolicy,
  ttl: number | undefined,
  status: number,
): RoutePolicy {
  let result = policy;
  const added = [...(wishesOf(reply)?.vary ?? [])];
  if (ttl !== undefined) {
    const table = { exact: new Map([[status, ttl]]), classes: [] };
    result = { ...result, ttl: table, ttlMode: 'override' };
  }
  if (compresses(reply)) added.push('accept-encoding');
  const news = added.filter((name) => !policy.vary.add.includes(name));
  if (news.length === 0) return result;
  const { vary } = policy;
  return { ...result, vary: { ...vary, add: [...new Set([...vary.add, ...news])] } };
}

/** Whether @fastify/compress may choose a coding for a reply. */
export function compresses(reply: FastifyReply): boolean {
  return typeof (reply as { compress?: unknown }).compress === 'function';
}

/** All groups a response belongs to: those of the policy, of the handler, and of its own fields.
 * @param headers  of the response */
export function tagsFor(
  request: FastifyRequest,
  reply: FastifyReply,
  policy: RoutePolicy,
  headers: Fields,
): readonly string[] {
  const own = wishesOf(reply)?.tags;
  const named = responseTags(headers);
  const groups = parseGroups(headers['cache-groups']);
  if (own === undefined && named.length + groups.length + policy.tagsOf.length === 0) {
    return policy.tags;
  }
  const { scheme = '', host = '' } = originOf(request) ?? {};
  return [
    ...new Set([
      ...policy.tags,
      ...policy.tagsOf.flatMap((tagsOf) => [...tagsOf(request)].filter(isTag)),
      ...(own ?? []),
      ...named,
      ...groups.map((group) => groupTag(scheme, host, group)),
    ]),
  ];
}

function isTag(tag: unknown): tag is string {
  return tagFault(tag) === undefined;
}
